#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A drive that takes its time holds up nobody else: not the robot, not another drive, not tgtd.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tgtd.sh
. test/lib/tap.sh
. test/lib/vtl.sh
work=$(mktemp -d) || exit 2
trap 'tgtd_cleanup; rm -rf "$work"' EXIT
IQN=iqn.2026-01.test:delay

tgtd_require
tgtd_dir "$work/tgtd"
vtl library create lib --model STK-L700 --drives 2xIBM-LTO8 --slots 6 --media LTO-8:3:VTL001L8 ||
	{ cat "$work/err"; exit 1; }
vtl media create lib LTO-8:1:TIN001L8 --capacity 12M || { cat "$work/err"; exit 1; }
# What the first drive does takes this long: a day, while it is looked what goes on meanwhile, and little to see its end.
DAY=86400000
serve() { # MILLISECONDS-TO-LOAD TO-WIND
	sed -i "/^\t[a-z]*_ms = /d; /^drive \"D1\"/a\\	load_ms = $1\n	unload_ms = 100\n	rewind_ms = $2\n	position_ms = $2" \
		"$VTL_LIBRARY_ROOT/lib/library.conf"
	tgtd_start && tgtd_target 1 $IQN && tgtd_lun 1 1 changer "$VTL_LIBRARY_ROOT/lib/library.conf" &&
		tgtd_lun 1 2 tape "$VTL_LIBRARY_ROOT/lib/drives/D1.drive" &&
		tgtd_lun 1 3 tape "$VTL_LIBRARY_ROOT/lib/drives/D2.drive" || exit 1
	slow=$(tgtd_url $IQN 2) fast=$(tgtd_url $IQN 3)
}
state() {
	vtl tape "$slow" status --json && jq -e "$1" "$work/out" >/dev/null
}
activity() { # of the slow drive, as the daemon tells
	vtl status lib --json && jq -e --arg is "$1" '.libraries[0].drives[0].activity == $is' "$work/out" >/dev/null
}
comes_back() {
	"$VTL" tape "$slow" read 2>/dev/null | cmp - "$work/data"
}
head -c 1000000 /dev/urandom >"$work/data"

serve $DAY $DAY
check "the robot puts a cartridge into a drive that takes its time" exits 0 vtl load lib 1 TIN001L8
check "which is not ready yet" state '.ready == false'
check "while the robot loads the other drive" exits 0 vtl load lib 2 VTL002L8
check "and that is written to" sh -c "head -c 1000000 /dev/zero | '$VTL' tape '$fast' write 2>/dev/null"
check "the slow drive is not ready still" activity loading
tgtd_kill

serve 1000 $DAY
check "the slow drive gets ready by itself" eventually state .ready
check "it writes without taking time" sh -c "'$VTL' tape '$slow' write --block 100000 <'$work/data' 2>/dev/null"
# A tenth of a small cartridge is many wraps: they end somewhere along the tape, and the way back takes long.
"$VTL" tape "$slow" rewind >/dev/null 2>&1 </dev/null &
rewinding=$!
check "it begins to rewind" eventually activity rewinding
check "while it does, the other drive goes on" exits 0 vtl tape "$fast" status
check "with what it is told" sh -c "'$VTL' tape '$fast' rewind && '$VTL' tape '$fast' read >/dev/null 2>&1"
check "and tgtd answers" sh -c "'$TGTADM' -C $TGTD_CONTROL --op show --mode target | grep -q $IQN"
check "and the robot moves" exits 0 vtl move lib slot:3 slot:6
check "and it still rewinds then" activity rewinding
tgtd_kill
wait $rewinding

serve 1000 1000
check "the drive that was never there gets ready again" eventually state .ready
check "it winds to the end" exits 0 vtl tape "$slow" eod
check "and back" exits 0 vtl tape "$slow" rewind
check "to what was written" comes_back
check "an unload that takes its time ends" exits 0 vtl unload lib 1
check "and one that does not" exits 0 vtl unload lib 2
check "tgtd ends in peace" tgtd_stop
tap_end
