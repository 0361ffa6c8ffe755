#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""An operator at a library whose daemon is killed: what the last answered request made of it has to be there.

library_operator.py STATE SEED PID LONGEST SOCKET LIBRARY VTL: PID is killed after at most LONGEST milliseconds of random
requests; 0: only compare. STATE keeps from turn to turn what is known of the library.
"""
import copy
import json
import os
import random
import signal
import socket
import subprocess
import sys

STATE, SEED, PID, LONGEST, SOCKET, LIBRARY, VTL = sys.argv[1:]
NAMES = 'operator', 'operator-2'
MOST_SLOTS, MOST_DRIVES, MOST_MEDIA = 16, 4, 10


def fail(text):
    sys.exit('operator: ' + text)


class Daemon:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(SOCKET)
        self.file = self.socket.makefile('rw')

    def ask(self, **request):
        """The answer; None: the daemon is gone."""
        try:
            self.file.write(json.dumps(request) + '\n')
            self.file.flush()
            line = self.file.readline()
        except OSError:
            return None
        return json.loads(line) if line.endswith('\n') else None


def look(daemon):
    """What there is, as the daemon sees it; the doors of stations as the files say."""
    status = daemon.ask(do='status')['libraries'][0]
    bays = json.loads(subprocess.run([VTL, 'io', 'list', LIBRARY, '--json'], check=True, stdout=subprocess.PIPE).stdout)
    where = {e['cartridge']['id']: e['place'] for e in status['elements'] if e['cartridge']}
    for cartridge in status['shelf']:
        if cartridge['id'] in where:
            fail(cartridge['id'] + ' is on the shelf and in ' + where[cartridge['id']])
        where[cartridge['id']] = 'shelf'
    places = [e['place'] for e in status['elements']]
    return {
        'name': status['name'],
        'slots': sum(p.startswith('slot:') for p in places),
        'stations': [len(b['places']) for b in bays['bays'] if b['bay'].startswith('station:')],
        'open': [b['bay'] for b in bays['bays'] if b['state'] == 'open'],
        'drives': [d['state'] != 'absent' for d in status['drives']],
        'where': where,
    }


def places(m):
    """Those that a robot gets at."""
    io = []
    for n, count in enumerate(m['stations'], 1):
        first = sum(m['stations'][:n - 1]) + 1
        if 'station:%d' % n not in m['open']:
            io += ['io:%d' % i for i in range(first, first + count)]
    return (['slot:%d' % (i + 1) for i in range(m['slots'])] + io +
            ['drive:%d' % (i + 1) for i, there in enumerate(m['drives']) if there])


def at(m, place):
    return next((c for c, p in m['where'].items() if p == place), None)


def apply(m, r):
    """What a request makes of the library; None: it is not possible."""
    m = copy.deepcopy(m)
    verb = r['do']
    if verb == 'move':
        cartridge = at(m, r['from'])
        if not cartridge or at(m, r['to']) or r['to'] not in places(m) or r['from'] not in places(m):
            return None
        m['where'][cartridge] = r['to']
    elif verb == 'io' and r['action'] in ('open', 'close'):
        m['open'] = [r['what']] if r['action'] == 'open' else []
    elif verb == 'io':
        if r['what'] not in m['where'] or (m['where'][r['what']] == 'shelf') != (r['action'] == 'insert'):
            return None
        if r['action'] == 'insert' and at(m, r['to']) or r['action'] == 'remove' and m['where'][r['what']][:3] != 'io:':
            return None
        m['where'][r['what']] = r['to'] if r['action'] == 'insert' else 'shelf'
    elif verb == 'add':
        if r['barcode'] in m['where'] or at(m, r['place']):
            return None
        m['where'][r['barcode']] = r['place']
    elif verb == 'delete':
        if m['where'].get(r['barcode'], 'drive:').startswith('drive:'):
            return None
        del m['where'][r['barcode']]
    elif verb == 'rename':
        m['name'] = r['name']
    elif verb == 'change':
        return change(m, r)
    return m


def change(m, r):
    if 'slots' in r:
        if any(at(m, 'slot:%d' % n) for n in range(r['slots'] + 1, m['slots'] + 1)):
            return None
        m['slots'] = r['slots']
    if 'stations' in r:
        if m['open'] or any(at(m, 'io:%d' % n) for n in range(sum(r['stations']) + 1, sum(m['stations']) + 1)):
            return None
        m['stations'] = r['stations']
    for place in r.get('remove', []):
        n = int(place[6:])
        if n > len(m['drives']) or not m['drives'][n - 1] or at(m, place):
            return None
        m['drives'][n - 1] = False
    for row in r.get('add', []):
        for _ in range(row['count']):
            if False in m['drives']:
                m['drives'][m['drives'].index(False)] = True
            else:
                m['drives'].append(True)
    while m['drives'] and not m['drives'][-1]:
        m['drives'].pop()
    return m


def draw(m, chance):
    cartridges = sorted(m['where'])
    there = places(m)
    kind = chance.choice(['move'] * 8 + ['door', 'insert', 'remove', 'add', 'delete', 'rename', 'stations'] +
                         ['slots', 'drives'] * 3)
    if kind == 'door':
        return {'do': 'io', 'action': 'close' if m['open'] else 'open', 'what': m['open'][0] if m['open'] else
                'station:%d' % chance.randint(1, len(m['stations']))}
    if kind == 'insert':
        return {'do': 'io', 'action': 'insert', 'what': chance.choice(cartridges),
                'to': 'io:%d' % chance.randint(1, sum(m['stations']))}
    if kind == 'remove':
        return {'do': 'io', 'action': 'remove', 'what': chance.choice(cartridges)}
    if kind == 'add' and len(cartridges) < MOST_MEDIA:
        return {'do': 'add', 'medium': 'LTO-8', 'kind': 'data', 'barcode': 'OPR%03dL8' % chance.randint(1, 99),
                'place': 'slot:%d' % chance.randint(1, m['slots'])}
    if kind == 'delete' and len(cartridges) > 4:
        return {'do': 'delete', 'barcode': chance.choice(cartridges)}
    if kind == 'rename':
        return {'do': 'rename', 'name': NAMES[m['name'] == NAMES[0]]}
    if kind == 'stations':
        return {'do': 'change', 'stations': chance.choice([[2], [1, 2], [4]])}
    if kind == 'slots':
        return {'do': 'change', 'slots': chance.randint(6, MOST_SLOTS)}
    if kind == 'drives':
        request = {'do': 'change', 'slots': chance.randint(6, MOST_SLOTS)}
        if len(m['drives']) < MOST_DRIVES:
            request['add'] = [{'model': 'IBM-LTO8', 'count': 1}]
        if len(m['drives']) > 1 and chance.randint(0, 1):
            request['remove'] = ['drive:%d' % chance.randint(1, len(m['drives']))]
        return request
    source = m['where'][chance.choice(cartridges)]
    return {'do': 'move', 'from': source, 'to': chance.choice(there)}


def main():
    kept = json.load(open(STATE)) if os.path.exists(STATE) else None
    daemon = Daemon()
    found = look(daemon)
    m = kept['model'] if kept else found
    if found != m and kept['pending'] is not None and apply(m, kept['pending']) is not None:
        m = apply(m, kept['pending'])
    if found != m:
        fail('it is\n%s, expected\n%s, and before that\n%s, from\n%s' % (found, m, kept['model'], kept['pending']))
    chance = random.Random('%s %d' % (SEED, kept['turns'] if kept else 0))
    kept = {'turns': kept['turns'] + 1 if kept else 1, 'answered': kept['answered'] if kept else 0, 'pending': None}
    if PID != '0':
        signal.signal(signal.SIGALRM, lambda *_: os.kill(int(PID), signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, 0.001 + chance.random() * int(LONGEST) / 1000)
    while PID != '0':
        request = draw(m, chance)
        after = apply(m, request)
        answer = daemon.ask(library=m['name'], **request)
        if answer is None:
            kept['pending'] = request
            break
        if answer['ok'] != (after is not None):
            fail('%s was %s: %s' % (request, 'answered' if answer['ok'] else 'refused', answer.get('error')))
        m = after if answer['ok'] else m
        kept['answered'] += 1
    kept['model'] = m
    with open(STATE + '.new', 'w') as f:
        json.dump(kept, f)
    os.rename(STATE + '.new', STATE)
    print('%d requests answered so far, %d cartridges, %d slots, %d drives' %
          (kept['answered'], len(m['where']), m['slots'], sum(m['drives'])))


main()
