# SPDX-License-Identifier: GPL-2.0-only
"""Prints the section of README that has figures, from build/bench.json: readme.py FILE.json."""
import json
import sys

ROWS = (
    ('write, 1 in flight', '1 in flight, write'),
    ('write, 4 in flight', '256 KiB, 4 in flight, write'),
    ('write, zlib', 'zlib, write'),
    ('write, lz4', 'lz4, write'),
    ('write, encrypted', 'encryption, write'),
    ('write, 4 drives at once', '4 drives, write'),
    ('read, from disk', '256 KiB, 4 in flight, read-cold'),
    ('read, from memory', '256 KiB, 4 in flight, read-warm'),
    ('read, lz4, from disk', 'lz4, read-cold'),
)


def main():
    if len(sys.argv) != 2:
        sys.exit('usage: readme.py FILE.json')
    run = json.load(open(sys.argv[1]))
    where = run['machine']
    print('Speed\n-----')
    print('`sudo make bench` compares with stock tgt, in ten minutes. On %d cores of an %s, the initiator beside the '
          'target\non loopback, blocks of 256 KiB of a tar of /usr/lib, four in flight, no compression but where a row says '
          'so, in MB/s,\nand how many times as fast as stock tgt\'s tape as packaged, with our settings, and its null store '
          '(the transport itself):\n' % (where['cores'], where['processor']))
    for name, key in ROWS:
        row = run['rows'].get(key)
        if row:
            print('\t%-26s%7.0f' % (name, row['median']) + ''.join(
                '%8.2f ×' % row['beside'][who]['ratio'] if who in row['beside'] else '' for who in
                ('packaged', 'tuned', 'null')))
    ten = run.get('places', {}).get('10 million blocks')
    if ten:
        print('\nA tape of 10 million blocks is opened in %.1f ms with %.2f MB of memory; LOCATE in it takes %.0f µs over '
              'iSCSI while its\nindex comes from the disk, where TEST UNIT READY takes %.0f.' % (
                  ten['libmedia']['open_us'] / 1e3, ten['libmedia']['memory'] / 1e6, ten['locate']['median'],
                  ten['tur']['median']))


main()
