# SPDX-License-Identifier: GPL-2.0-only
"""What changed between two runs of the bench: compare.py OLD.json NEW.json.

Machines are rarely equally busy twice: beside each change stands that of the null store, or of the bridge's scsi_debug,
measured in the same rounds.
"""
import json
import sys


def flat(value, name=''):
    """Every number below, by its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, name + (' ' if name else '') + key)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield name, value


def floor(beside):
    return beside.get('null') or beside.get('scsi_debug') or {}


def main():
    if len(sys.argv) != 3:
        sys.exit('usage: compare.py OLD.json NEW.json')
    old, new = (json.load(open(path)) for path in sys.argv[1:])
    print('%-38s%9s%9s%9s%12s' % ('MB/s', 'old', 'new', 'change', 'floor'))
    for key, row in new['rows'].items():
        before = old['rows'].get(key)
        if not before:
            print('%-38s%9s%9.0f' % (key, '', row['median']))
            continue
        line = '%-38s%9.0f%9.0f%+8.1f%%' % (key, before['median'], row['median'],
                                             100 * (row['median'] / before['median'] - 1))
        ceiling = [floor(r['beside']).get('median') for r in (before, row)]
        if all(ceiling):
            line += '%+11.1f%%' % (100 * (ceiling[1] / ceiling[0] - 1))
        print(line)
    for key in old['rows']:
        if key not in new['rows']:
            print('%-38s%9.0f%9s' % (key, old['rows'][key]['median'], 'gone'))
    for part in ('codecs', 'places', 'changer', 'bridge'):
        before = dict(flat(old.get(part, {})))
        for name, value in flat(new.get(part, {})):
            if before.get(name):
                print('%-58s%12.1f%12.1f%+8.1f%%' % (part + ' ' + name, before[name], value,
                                                     100 * (value / before[name] - 1)))


main()
