# SPDX-License-Identifier: GPL-2.0-only
"""The table of the bridge's bench, out of what guest-bench.sh printed: bench_table.py LOG [JSON].

Each figure is the median of the rounds; each ratio is the median of the rounds' own ratios, since what is divided was
measured one after the other.
"""
import json
import os
import statistics
import sys

IDLES = [('tur-after-0ms', 'back to back', 8, 17), ('tur-after-20ms', 'after 20 ms', 3, 18),
         ('tur-after-300ms', 'after 300 ms', 3, 23)]
SIZES = [4096, 65536, 262144, 1048576, 16777216]
# What 256 KiB blocks have to reach of scsi_debug's disk, and what mhVTL does.
REACH = {('write', 262144): (0.45, 0.19), ('read', 262144): (0.25, 0.10)}
FLOOR = 'scsi_debug'


def load(path):
    """{what: {who: {round: numbers}}}, and what the guest says of itself."""
    rows, about = {}, {}
    for line in open(path, errors='replace'):
        words = line.split()
        if words[:1] == ['bench-is']:
            about[words[1]] = ' '.join(words[2:])
        if words[:1] == ['bench']:
            rows.setdefault(words[2], {}).setdefault(words[3], {})[words[1]] = [float(w) for w in words[4:]]
    return rows, about


class Table:
    def __init__(self, rows):
        self.rows, self.missed = rows, []
        self.json = {'rows': {}, 'bridge': {}}

    def value(self, what, who, column=0):
        rounds = self.rows.get(what, {}).get(who)
        return statistics.median(r[column] for r in rounds.values()) if rounds else None

    def ratio(self, what, who, other, other_what=None, column=0):
        above, below = self.rows[what].get(who, {}), self.rows[other_what or what].get(other, {})
        both = [above[r][column] / below[r][column] for r in above if r in below and below[r][column]]
        return statistics.median(both) if both else None

    def verdict(self, name, ratio, reach, at_most):
        good = ratio is not None and (ratio <= reach if at_most else ratio >= reach)
        if not good:
            self.missed.append(name)
        return '%s %.4g%s' % ('at most' if at_most else 'at least', reach, '' if good else '  MISSED')

    def round_trip(self, what, key):
        cells = []
        for who in (FLOOR, 'ours', 'open-iscsi'):
            mean = self.value(what, who)
            cells.append('-' if mean is None else '%.1f (%.1f)' % (mean, self.value(what, who, 1)))
        ratio, medians = self.ratio(what, 'ours', FLOOR), self.ratio(what, 'ours', FLOOR, column=1)
        self.json['bridge'][key + ', us'] = self.value(what, 'ours')
        self.json['bridge'][key + ', of scsi_debug'] = ratio
        self.json['bridge'][key + ', medians of scsi_debug'] = medians
        return ratio, '%18s%18s%18s%8.2fx%10s' % (*cells, ratio, '(%.2fx)' % medians)

    def round_trips(self):
        print('\nTEST UNIT READY through sg, us: mean (median)')
        print('%-16s%18s%18s%18s%9s%10s  %s' % ('', FLOOR, 'ours', 'open-iscsi', 'ratio', '', 'reach (mhVTL)'))
        for what, name, reach, mhvtl in IDLES:
            if what not in self.rows:
                continue
            ratio, cells = self.round_trip(what, 'TEST UNIT READY ' + name)
            print('%-16s%s  %s (%d)' % (name, cells, self.verdict('TEST UNIT READY ' + name, ratio, reach, True), mhvtl))
        if any('awake-' + what in self.rows for what, _, _, _ in IDLES):
            print('where idle processors do not halt:')
        for what, name, _, _ in IDLES:
            if 'awake-' + what in self.rows:
                _, cells = self.round_trip('awake-' + what, 'TEST UNIT READY %s, processors awake' % name)
                print('%-16s%s' % (name, cells))

    def keep(self, key, what, others):
        beside = {who: {'median': self.value(w, who)} for who, w in others if self.value(w, who)}
        self.json['rows'][key] = {'median': self.value(what, 'ours'), 'beside': beside,
                                  'daemon_user': self.value(what, 'ours', 1),
                                  'daemon_system': self.value(what, 'ours', 2), 'kernel': self.value(what, 'ours', 3)}

    def streams(self):
        print('\nOne process, MB/s; processors that the daemon (user + system) and the kernel as a whole kept busy with ours')
        print('%-16s%12s%10s%10s%12s%16s%9s%9s  %s' % ('', FLOOR + ' sg', 'ours sg', 'ours st', 'iscsi st', 'daemon u+s',
                                                        'kernel', 'sg ratio', 'reach (mhVTL)'))
        for way in ('write', 'read'):
            for size in SIZES:
                self.stream(way, size)

    def stream(self, way, size):
        sg, st = '%s-%d-sg' % (way, size), '%s-%d-st' % (way, size)
        if 'ours' not in self.rows.get(sg, {}):
            return
        name = '%s %s' % (way, '%d MiB' % (size >> 20) if size >> 20 else '%d KiB' % (size >> 10))
        cells = ['-' if v is None else '%.0f' % v for v in
                 (self.value(sg, FLOOR), self.value(sg, 'ours'), self.value(st, 'ours'), self.value(st, 'open-iscsi'))]
        cpu = st if self.value(st, 'ours') else sg
        ratio, reach = self.ratio(sg, 'ours', FLOOR), ''
        if (way, size) in REACH:
            wanted, mhvtl = REACH[way, size]
            reach = '  %s (%.2f)' % (self.verdict(name, ratio, wanted, False), mhvtl)
        print('%-16s%12s%10s%10s%12s%16s%9.2f%9s%s' % (name, *cells,
              '%.2f + %.2f' % (self.value(cpu, 'ours', 1), self.value(cpu, 'ours', 2)), self.value(cpu, 'ours', 3),
              '-' if ratio is None else '%.2f' % ratio, reach))
        self.keep(name + ' sg', sg, [(FLOOR, sg)])
        if self.value(st, 'ours'):
            self.keep(name + ' st', st, [('open-iscsi', st)])

    def drives(self, cpus):
        two = 1.3 if cpus >= 4 else 0.95
        print('\nSeveral drives at once, 256 KiB through st, MB/s together (%d processors in the guest)' % cpus)
        print('%-16s%10s%10s%10s%12s%14s  %s' % ('', 'one', 'two', 'four', 'two : one', 'four : two', 'reach'))
        for way in ('write', 'read'):
            what = ['%s-262144-%s' % (way, n) for n in ('1-drive', '2-drives', '4-drives')]
            if any(w not in self.rows for w in what):
                continue
            ratios = self.ratio(what[1], 'ours', 'ours', what[0]), self.ratio(what[2], 'ours', 'ours', what[1])
            print('%-16s%10.0f%10.0f%10.0f%12.2f%14.2f  %s; %s' % (
                way, *(self.value(w, 'ours') for w in what), *ratios,
                self.verdict(way + ', two drives', ratios[0], two, False),
                self.verdict(way + ', four drives', ratios[1], 1, False)))
            for w, n in zip(what, ('one drive', 'two drives', 'four drives')):
                self.keep('%s 256 KiB, %s' % (way, n), w, [])

    def idling(self):
        what = 'idle-10s'
        if what not in self.rows:
            return
        ours, stock = self.value(what, 'ours'), self.value(what, 'stock')
        good = ours <= stock + 1	# a timer that ticks at the edge of the ten seconds
        if not good:
            self.missed.append('idle wake-ups')
        print('\nThe daemon wakes in 10 idle seconds: %d times; stock tgtd without our modules: %d%s' %
              (ours, stock, '' if good else '  MISSED'))
        self.json['bridge']['wake-ups in 10 idle s'] = ours


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit('usage: bench_table.py LOG [JSON]')
    rows, about = load(sys.argv[1])
    if not rows:
        sys.exit('bench_table: nothing was measured')
    table = Table(rows)
    print('Guest: Linux %s, %s processors, emulated; host: %d processors for it, load %.1f. scsi_debug: %s' %
          (about.get('kernel'), about.get('cpus'), len(os.sched_getaffinity(0)), os.getloadavg()[0], about.get('scsi_debug')))
    table.round_trips()
    table.streams()
    table.drives(int(about.get('cpus', 1)))
    table.idling()
    print('\n' + ('Short of reach: ' + ', '.join(table.missed) if table.missed else 'All within reach.'))
    if len(sys.argv) == 3:
        table.json.update(about=about, missed=table.missed, load=os.getloadavg()[0])
        with open(sys.argv[2], 'w') as f:
            json.dump(table.json, f, indent=1)
            f.write('\n')


main()
