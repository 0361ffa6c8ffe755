#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# How far it goes: a library of 65,000 elements, 1,024 drives and 100,000 cartridges in one tgtd, in numbers.
#
# DRIVES=1024 and CARTRIDGES=100000 may be set. The cartridges (26 KB each) lie in MANY= (/dev/shm where there is room,
# else TMPDIR); the library whose moves are measured lies in TMPDIR (/var/tmp), for they are to be durable on a disk.
# The table is also written as JSON to build/bench-scale.json, and into build/bench.json where that is. Needs root, as
# bench.sh does.
set -eu
cd "$(dirname "$0")/../.."
. test/lib/tgtd.sh

DRIVES=${DRIVES:-1024} CARTRIDGES=${CARTRIDGES:-100000}
TMPDIR=${TMPDIR:-/var/tmp}
IQN=iqn.2026-01.org.tgt-vtl
LIBRARY_DRIVES=256 LIBRARY_SLOTS=64511 LIBRARY_IO=256	# what the addresses of a GENERIC library have room for
need=$((CARTRIDGES * 30 + 100000))			# KiB
if [ -z "${MANY:-}" ]; then
	MANY=/dev/shm
	[ "$(df -k --output=avail "$MANY" 2>/dev/null | tail -n 1 || echo 0)" -gt "$need" ] || MANY=$TMPDIR
fi
dir=$(mktemp -d "$TMPDIR/tgt-vtl-scale.XXXXXX") many=$(mktemp -d "$MANY/tgt-vtl-scale.XXXXXX")
finish() {
	tgtd_cleanup
	rm -rf "$dir" "$many"
}
trap finish EXIT
trap 'exit 1' INT TERM

now() {
	date +%s%N
}
rss() { # KiB
	sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$TGTD_PID/status"
}
# Asked by way of the last library, which has no cartridges: the status of all of them would take memory of its own.
buffers() {
	"$BUILD/vtl" status "lib$n" --json | value buffers | head -n 1
}
row() { # name value unit limit
	printf '  %-52s%12s %-6s%s\n' "$1" "$2" "$3" "${4:+  at most $4}"
	printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4:-}" >>"$dir/rows"
}
value() { # key of a line of JSON
	sed -n "s/.*\"$1\": *\([0-9.]*\).*/\1/p"
}

tgtd_dir "$dir/tgtd"
VTL_LIBRARY_ROOT=$many

# As many libraries as the drives need; the first two have the cartridges.
began=$(now)
left=$DRIVES cartridges=$CARTRIDGES n=0 names=
while [ "$left" -gt 0 ]; do
	n=$((n + 1))
	drives=$((left < LIBRARY_DRIVES ? left : LIBRARY_DRIVES)) left=$((left - LIBRARY_DRIVES))
	here=$((cartridges < 60000 ? cartridges : 60000)) cartridges=$((cartridges - here))
	media=
	[ $here = 0 ] || media="--media LTO-8:$here:$(printf '%c00001L8' "$(printf "\\10$n")")"
	"$BUILD/vtl" library create "lib$n" --model GENERIC --drives "${drives}xIBM-LTO8" --slots $LIBRARY_SLOTS \
		--import-export $LIBRARY_IO $media >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
	names="$names lib$n"
done
made=$((($(now) - began) / 1000000))

tgtd_start
empty=$(rss)
began=$(now)
for name in $names; do "$BUILD/vtl" targets "$name"; done >"$dir/targets.conf"
tgt-admin -C "$TGTD_CONTROL" -e -c "$dir/targets.conf" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
# libiscsi cannot address logical units from 256 on.
"$BUILD/vtl" tape "$(tgtd_url "$IQN:lib$n" $((drives < 254 ? drives + 1 : 255)))" status >/dev/null
start=$((($(now) - began) / 1000000))
served=$(rss)

began=$(now) k=0
while [ $k -lt "$DRIVES" ]; do
	sh -c "tgtadm -C $TGTD_CONTROL --op show --mode sys >/dev/null"
	k=$((k + 1))
done
idle=$((($(now) - began) / 1000000))

echo "$DRIVES drives and $CARTRIDGES cartridges in $n libraries of one tgtd, made in $made ms"
row "start: tgt-admin -e, all logical units ready" $start ms 10000
row "beside it: as many runs of tgtadm that only ask" $idle ms
row "memory of the daemon without a library" "$empty" KiB
row "memory with all libraries, for each of the drives" $(((served - empty) / DRIVES)) KiB 256
row "file descriptors" "$(ls "/proc/$TGTD_PID/fd" | wc -l)" ""
row "threads" "$(ls "/proc/$TGTD_PID/task" | wc -l)" ""

changer=$(tgtd_url $IQN:lib1 1)
"$BUILD/scale_bench" "$changer" elements 20 >"$dir/elements"
row "READ ELEMENT STATUS: elements in the answer" "$(value elements <"$dir/elements")" ""
row "READ ELEMENT STATUS: bytes" "$(value bytes <"$dir/elements")" ""
row "READ ELEMENT STATUS: median" "$(value median_ms <"$dir/elements")" ms 20

# Drives that have worked, and rest.
used=$((DRIVES < 16 ? DRIVES : 16)) k=0
while [ $k -lt $used ] && [ "$CARTRIDGES" -ge $used ]; do
	k=$((k + 1))
	"$BUILD/vtl" load lib1 $k "$(printf 'A%05dL8' $k)" >/dev/null
done
while [ $k -gt 0 ]; do
	head -c 134217728 /dev/zero | "$BUILD/vtl" tape "$(tgtd_url $IQN:lib1 $((k + 1)))" write 2>/dev/null
	k=$((k - 1))
done
row "file descriptors, $used drives mounted" "$(ls "/proc/$TGTD_PID/fd" | wc -l)" ""
row "buffers of all drives, just used" "$(buffers)" bytes
# What the buffers were is given back to the system behind that, in the background.
tries=0
until { [ "$(buffers)" = 0 ] && [ $((($(rss) - empty) / DRIVES)) -le 256 ]; } || [ $tries -ge 300 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
row "memory with all libraries, drives that wrote at rest" $((($(rss) - empty) / DRIVES)) KiB 256
row "buffers of all drives, at rest" "$(buffers)" bytes
tgtd_stop

# Moves on a disk.
VTL_LIBRARY_ROOT=$dir/root
mkdir "$VTL_LIBRARY_ROOT"
"$BUILD/vtl" library create disk --model GENERIC --drives 1xIBM-LTO8 --slots 1000 --media LTO-8:10:A00001L8 >/dev/null
tgtd_start
tgtd_target 1 $IQN:disk
tgtd_lun 1 1 changer "$VTL_LIBRARY_ROOT/disk/library.conf"
"$BUILD/scale_bench" "$(tgtd_url $IQN:disk 1)" move 1024 2000 500 "$VTL_LIBRARY_ROOT/sync" >"$dir/move"
move=$(value move_us <"$dir/move") sync=$(value fdatasync_us <"$dir/move")
row "durable MOVE MEDIUM: median" "$move" us
row "one fdatasync of 4 KiB there: median" "$sync" us
row "durable move in fdatasyncs" "$(awk "BEGIN { printf \"%.2f\", $move / $sync }")" "" 5

python3 - "$dir/rows" "$BUILD" <<'PY'
import json, os, sys
rows = [line.rstrip('\n').split('\t') for line in open(sys.argv[1])]
rows = [{'what': r[0], 'value': float(r[1]), 'unit': r[2], 'at_most': float(r[3]) if r[3] else None} for r in rows]
json.dump(rows, open(sys.argv[2] + '/bench-scale.json', 'w'), indent=1)
whole = sys.argv[2] + '/bench.json'
if os.path.exists(whole):
    table = json.load(open(whole))
    table['scale'] = rows
    json.dump(table, open(whole, 'w'), indent=1)
PY
