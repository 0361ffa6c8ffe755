# SPDX-License-Identifier: GPL-2.0-only
"""Measures what bench.sh has started, in interleaved rounds, and prints one table; called by it.

ROUNDS=3 rounds at most, none is begun after LIMIT=420 seconds; BYTES=1073741824 a run; FULL=1 the whole grid of block
sizes, commands in flight and codecs; ROWS="TEXT|..." only rows whose name has one of the texts; DATA=FILE in place of a
tar of /usr/lib; OUT=FILE in place of build/bench.json.

Cold is what has to come from the disk, warm what the page cache has all of. A write's clock stops at the answer to a
synchronous WRITE FILEMARKS, stock tape's when fdatasync of its file is done.
"""
import json
import os
import mmap
import platform
import statistics
import subprocess
import sys
import threading
import time
import zlib

DIR, BUILD = os.environ['BENCH_DIR'], os.environ['BENCH_BUILD']
BENCH = BUILD + '/tape_bench'
BYTES = int(os.environ['BYTES'])
ROUNDS = int(os.environ.get('ROUNDS', 3))
LIMIT = float(os.environ.get('LIMIT', 420))
FULL = os.environ.get('FULL', '') not in ('', '0')
ONLY = os.environ.get('ROWS', '')
KIB = 1024
DATA_BYTES = 256 << 20
PLAIN, CODECS = 1, {'zlib': 5, 'lz4': 6, 'zstd': 7, 'lzo': 8}	# LUNs of library `one`; zlib is the default of 1 to 5
CHANGER = 9
OTHERS = ('packaged', 'tuned', 'null', 'disk')


# ---- data -------------------------------------------------------------------

def make_tar(path):
    """A tar of /usr/lib: where it is larger than what is kept in memory, every so many megabytes of it."""
    size = sum(os.lstat(f).st_size for f in files_below('/usr/lib'))
    step = max(1, size // DATA_BYTES)
    source = subprocess.Popen(['tar', '-C', '/usr', '-c', 'lib'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with open(path, 'wb') as out:
        n = 0
        while out.tell() < DATA_BYTES:
            piece = source.stdout.read(1 << 20)
            if not piece:
                break
            if n % step == 0:
                out.write(piece)
            n += 1
    source.stdout.close()
    source.kill()
    source.wait()


def make_data():
    """Its path, and that of random bytes."""
    tar, noise = os.environ.get('DATA') or DIR + '/tar', DIR + '/random'
    if not os.environ.get('DATA'):
        make_tar(tar)
    with open(noise, 'wb') as out:
        for _ in range(64):
            out.write(os.urandom(1 << 20))
    return tar, noise


# ---- one run ----------------------------------------------------------------

def bench(url, *args):
    out = subprocess.run([BENCH, url, *map(str, args)], stdout=subprocess.PIPE, check=True)
    return json.loads(out.stdout) if out.stdout.strip() else {}


def together(runs):
    """Several at once, begun together: all bytes over the time from the first beginning to the last end."""
    env = dict(os.environ, BENCH_WAIT='1')
    procs = [subprocess.Popen([BENCH, *map(str, r)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
             for r in runs]
    for p in procs:
        if p.stdout.readline() != 'ready\n':
            sys.exit('bench: a run failed')
    for p in procs:
        p.stdin.write('go\n')
        p.stdin.flush()
    out = [json.loads(p.communicate()[0]) for p in procs]
    if any(p.returncode for p in procs):
        sys.exit('bench: a run failed')
    return sum(o['bytes'] for o in out), max(o['end'] for o in out) - min(o['begin'] for o in out)


def files_below(path):
    for base, _, names in os.walk(path):
        for name in names:
            yield os.path.join(base, name)


def drop_cache(path):
    """What is durable is taken out of the page cache."""
    for name in [path] if os.path.isfile(path) else files_below(path):
        fd = os.open(name, os.O_RDONLY)
        os.fdatasync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)


def warm_cache(path):
    """All of it is brought into the page cache: our writes, and our reads in a row, go past that."""
    for name in files_below(path):
        fd = os.open(name, os.O_RDONLY)
        while os.read(fd, 4 << 20):
            pass
        os.close(fd)


def cartridge(lun, library='one'):
    return '%s/lib/%s/media/BEN%03dL8' % (DIR, library, lun)


def ours(runs, op, block, depth, data, total=BYTES):
    """(library, lun) each; MB/s of all."""
    for library, lun in runs:
        if op != 'write':
            (drop_cache if op == 'read-cold' else warm_cache)(cartridge(lun, library))
    urls = {'one': os.environ['ONE'], 'two': os.environ['TWO']}
    what = 'write' if op == 'write' else 'read'
    done, seconds = together([[urls[library] + '/%d' % lun, what, block, depth, total] +
                              ([data] if what == 'write' else []) for library, lun in runs])
    return done / seconds / 1e6


def stock(who, op, block, depth, data):
    image = DIR + '/tape-' + who
    if op == 'read-cold':
        drop_cache(image)
    what = 'write' if op == 'write' else 'read'
    done, seconds = together([[os.environ[who.upper()] + '/1', what, block, depth, BYTES] +
                              ([data] if what == 'write' else [])])
    if what == 'write':
        begin = time.monotonic()
        fd = os.open(image, os.O_RDWR)
        os.fdatasync(fd)
        os.close(fd)
        seconds += time.monotonic() - begin
    return done / seconds / 1e6


def null(op, block, depth, data):
    what = 'disk-write' if op == 'write' else 'disk-read'
    done, seconds = together([[os.environ['TUNED'] + '/2', what, block, depth, BYTES] +
                              ([data] if op == 'write' else [])])
    return done / seconds / 1e6


def disk(op):
    """The file system itself: four threads, 4 MiB at a time, O_DIRECT; writing is to a new file, and ends with fsync."""
    path, size, threads = DIR + '/limit', 4 << 20, 4
    flags = os.O_RDWR | os.O_CREAT
    if op == 'write' and os.path.exists(path):
        os.unlink(path)
    try:
        fd = os.open(path, flags | os.O_DIRECT)
    except OSError:
        fd = os.open(path, flags)
    if op != 'write' and os.fstat(fd).st_size < BYTES:
        os.close(fd)
        disk('write')
        return disk(op)
    os.posix_fallocate(fd, 0, BYTES)

    def work(first):
        buf = mmap.mmap(-1, size)
        for off in range(first * size, BYTES, threads * size):
            if op == 'write':
                os.pwrite(fd, buf, off)
            else:
                os.preadv(fd, [buf], off)
    begin = time.monotonic()
    team = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    for t in team:
        t.start()
    for t in team:
        t.join()
    if op == 'write':
        os.fsync(fd)
    seconds = time.monotonic() - begin
    os.close(fd)
    return BYTES / seconds / 1e6


# ---- rows -------------------------------------------------------------------

class Row:
    """One figure of ours; with the same block size, commands in flight and direction, the others'."""

    def __init__(self, name, op, run, block=256 * KIB, depth=4):
        self.name, self.op, self.run, self.block, self.depth = name, op, run, block, depth

    @property
    def key(self):
        return '%s, %s' % (self.name, self.op)


def rows(tar, noise, ratios):
    def add(name, runs, block=256 * KIB, depth=4, data=tar, before=None, ops=('write', 'read-cold', 'read-warm')):
        for op in ops:
            def run(op=op):
                if before:
                    before(True)
                try:
                    return ours(runs, op, block, depth, data)
                finally:
                    if before:
                        before(False)
                    if op == 'write' and name in CODECS:
                        ratios[name] = BYTES / stored(CODECS[name])
            out.append(Row(name, op, run, block, depth))

    def codec(name):
        return lambda on: bench(os.environ['ONE'] + '/%d' % CODECS[name], 'compression', 'on' if on else 'off')

    def encryption(on):
        bench(os.environ['ONE'] + '/%d' % PLAIN, 'encryption', 'on' if on else 'off')

    out, plain = [], [('one', PLAIN)]
    add('256 KiB, 4 in flight', plain)
    for block in (64, 512, 1024):
        add('%d KiB blocks' % block, plain, block=block * KIB)
    for depth in (1, 16):
        add('%d in flight' % depth, plain, depth=depth)
    for name, lun in CODECS.items():
        cold = ('read-cold',) if name in ('zlib', 'lz4') else ()
        add(name, [('one', lun)], before=codec(name), ops=('write',) + cold + ('read-warm',))
    add('random data', plain, data=noise, ops=('write',))
    add('zlib, random data', [('one', CODECS['zlib'])], data=noise, before=codec('zlib'), ops=('write', 'read-warm'))
    add('encryption', plain, before=encryption, ops=('write', 'read-warm'))
    for n in (2, 4):
        add('%d drives' % n, [('one', lun) for lun in range(1, n + 1)], ops=('write', 'read-warm'))
    add('2 daemons', [('one', PLAIN), ('two', PLAIN)], ops=('write', 'read-warm'))
    if FULL:
        for block in (64, 256, 512, 1024):
            for depth in (1, 4, 16):
                add('%d KiB, %d in flight' % (block, depth), plain, block=block * KIB, depth=depth)
                for name, lun in CODECS.items():
                    add('%d KiB, %d in flight, %s' % (block, depth, name), [('one', lun)], block=block * KIB,
                        depth=depth, before=codec(name), ops=('write', 'read-warm'))
    # Reading needs what the same row has written.
    names = {r.name for r in out if any(text in r.key for text in ONLY.split('|'))}
    return [r for r in out if r.name in names]


def other(who, op, block, depth, data):
    if who == 'disk':
        return disk(op) if op != 'read-warm' else None
    if who == 'null':
        return null(op, block, depth, data)
    return stock(who, op, block, depth, data)


def measure(table, tar):
    """Rounds over all rows; the others once in a round for each combination."""
    figures = {r.key: [] for r in table}
    others = {}
    began, done = time.monotonic(), 0
    while done < ROUNDS and (not done or time.monotonic() - began < LIMIT * done / (done + 1)):
        seen = set()
        for n, row in enumerate(table):
            print('\rround %d of %d, %d of %d ' % (done + 1, ROUNDS, n + 1, len(table)), end='', file=sys.stderr)
            figures[row.key].append(row.run())
            for who in OTHERS:
                what = (who, row.op) if who == 'disk' else (who, row.op, row.block, row.depth)
                if what not in seen:
                    seen.add(what)
                    others.setdefault(what, []).append(other(who, row.op, row.block, row.depth, tar))
        done += 1
    print(file=sys.stderr)
    return figures, others, done


# ---- ratios, places, the changer ----------------------------------------------

def stored(lun):
    """Bytes in the segments, once what was allocated ahead was given back."""
    url = os.environ['ONE'] + '/%d' % lun
    bench(url, 'unload')
    size = stored_bytes(lun)
    bench(url, 'load')
    return size


def stored_bytes(lun):
    return sum(os.stat(f).st_blocks * 512 for f in files_below(cartridge(lun)) if f.endswith('.log'))


def reference(tar):
    """One thread of zlib -1 on the same data, every fourth block of it: MB/s and ratio."""
    begin, done, out = time.thread_time(), 0, 0
    with open(tar, 'rb') as f:
        for off in range(0, os.fstat(f.fileno()).st_size, 1024 * KIB):
            data = os.pread(f.fileno(), 256 * KIB, off)
            out += len(zlib.compress(data, 1))
            done += len(data)
    return {'mb_per_s': done / (time.thread_time() - begin) / 1e6, 'ratio': done / out}


def resident(pid):
    with open('/proc/%s/statm' % pid) as f:
        return int(f.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def places():
    """Tapes of a million and ten million blocks, and of a million filemarks, on drives 2 to 4."""
    out = {}
    for lun, name, blocks, marks in ((2, '1 million blocks', 10 ** 6, 0), (3, '10 million blocks', 10 ** 7, 0),
                                     (4, '1 million filemarks', 1000, 10 ** 6)):
        url = os.environ['ONE'] + '/%d' % lun
        print('\r%s ' % name, end='', file=sys.stderr)
        bench(url, 'fill', blocks, marks)
        bench(url, 'unload')
        drop_cache(cartridge(lun))
        look = json.loads(subprocess.run([BUILD + '/media_bench', '--look', cartridge(lun)], stdout=subprocess.PIPE,
                                         check=True).stdout)
        drop_cache(cartridge(lun))
        row = bench(url, 'places', blocks + marks, marks, 1000)
        row['libmedia'] = look
        out[name] = row
    print(file=sys.stderr)
    return out


# ---- the table ----------------------------------------------------------------

def median(values):
    values = [v for v in values if v is not None]
    return statistics.median(values) if values else None


def print_table(table, figures, others):
    result = {}
    print('%-38s%8s   %s' % ('MB/s', 'ours', ''.join('%9s%7s' % (w, '') for w in
                                                     ('packaged', 'tuned', 'null', 'disk'))))
    for row in table:
        mine = figures[row.key]
        line = {'median': median(mine), 'all': mine, 'beside': {}}
        text = '%-38s%8.0f   ' % (row.key, line['median'])
        for who in OTHERS:
            what = (who, row.op) if who == 'disk' else (who, row.op, row.block, row.depth)
            theirs = median(others[what])
            if theirs is None:
                text += '%9s%7s' % ('', '')
                continue
            ratio = median([a / b for a, b in zip(mine, others[what])])
            line['beside'][who] = {'median': theirs, 'ratio': ratio}
            text += '%9.0f %5.2f×' % (theirs, ratio)
        print(text)
        result[row.key] = line
    return result


def fresh():
    """What bench.sh has timed of daemons that had just begun to run: all of ours, all of stock tape's; MB/s."""
    out = {'ours': [], 'packaged': []}
    with open(DIR + '/fresh') as f:
        for line in f:
            who, run = line.split(' ', 1)
            run = json.loads(run)
            out[who].append(run['bytes'] / (run['end'] - run['begin']) / 1e6)
    ratio = median([a / b for a, b in zip(out['ours'], out['packaged'])])
    print('first reading of fresh daemons, 4 in flight, read-warm: ours %.0f, stock tape as packaged %.0f: %.2f×' % (
        median(out['ours']), median(out['packaged']), ratio))
    return dict(out, ratio=ratio)


def print_places(found, changer):
    for name, row in found.items():
        look = row['libmedia']
        print('%s: opened in %.1f ms with %.2f MB of memory, first LOCATE %.2f ms cold; over iSCSI: load %.1f ms, first '
              'LOCATE %.2f ms,' % (name, look['open_us'] / 1e3, look['memory'] / 1e6, look['first_locate_us'] / 1e3,
                                   row['load_us'] / 1e3, row['first_locate_us'] / 1e3))
        print('    median (slowest) in µs: ' + ', '.join('%s %.0f (%.0f)' % (what, t['median'], t['max'])
                                                          for what, t in row.items() if isinstance(t, dict) and 'median' in t))
    print('changer of %d elements, median (slowest) in µs: element status %.0f (%.0f), move %.0f (%.0f)' % (
        changer['elements'], changer['element_status']['median'], changer['element_status']['max'],
        changer['move']['median'], changer['move']['max']))


def machine():
    with open('/proc/cpuinfo') as f:
        model = [line.split(':')[1].strip() for line in f if line.startswith('model name')]
    return {'cores': os.cpu_count(), 'processor': model[0] if model else platform.machine(),
            'kernel': platform.release(), 'load': os.getloadavg()[0]}


def main():
    tar, noise = make_data()
    for lun in range(1, 9):
        bench(os.environ['ONE'] + '/%d' % lun, 'compression', 'off')
        bench(os.environ['TWO'] + '/%d' % lun, 'compression', 'off')
    ratios = {}
    table = rows(tar, noise, ratios)
    where = machine()
    figures, others, done = measure(table, tar)
    print('MB/s over loopback iSCSI, %d MB a run, medians of %d rounds; blocks of 256 KiB, 4 in flight, no compression, '
          'a tar of /usr/lib, but for what a row names.' % (BYTES / 1e6, done))
    print('Beside it stock tgt\'s tape as packaged, the same with our settings, its null store with our settings, the '
          'disk itself (a new file); and how many times that ours is.')
    print('%(processor)s, %(cores)d cores, load %(load).1f' % where)
    result = {'rows': print_table(table, figures, others), 'rounds': done, 'bytes': BYTES, 'machine': where}
    zlib1 = reference(tar)
    result['codecs'] = {'zlib1': zlib1, 'ratio': ratios}
    print('one thread of zlib -1 on the same data: %.0f MB/s, %.2f : 1; ours: %s' % (
        zlib1['mb_per_s'], zlib1['ratio'], ', '.join('%s %.2f : 1' % r for r in ratios.items())))
    if not ONLY:
        result['fresh'] = fresh()
        result['places'] = places()
        result['changer'] = bench(os.environ['ONE'] + '/%d' % CHANGER, 'changer', 200)
        result['resident'] = resident(os.environ['ONE_PID'])
        print_places(result['places'], result['changer'])
    with open(os.environ.get('OUT', BUILD + '/bench.json'), 'w') as f:
        json.dump(result, f, indent=1)


main()
