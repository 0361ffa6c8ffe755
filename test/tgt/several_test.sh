#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Several libraries in one tgtd, several tgtd beside each other: each library is one's own, and vtl finds whose it is.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tgtd.sh
. test/lib/tap.sh
. test/lib/vtl.sh
work=$(mktemp -d) || exit 2
first=
trap 'tgtd_cleanup; [ -z "$first" ] || kill -9 $first 2>/dev/null; rm -rf "$work"' EXIT

serve() { # TID LIBRARY
	tgtd_target "$1" "iqn.2026-01.test:$2" && tgtd_lun "$1" 1 changer "$VTL_LIBRARY_ROOT/$2/library.conf" &&
	tgtd_lun "$1" 2 tape "$VTL_LIBRARY_ROOT/$2/drives/D1.drive"
}
in_drive() { # LIBRARY BARCODE, as an initiator sees it
	vtl changer "iscsi://127.0.0.1:$(port_of "$1")/iqn.2026-01.test:$1/1" status --json &&
		json ".elements[] | select(.type == \"drive\") | .barcode == \"$2\""
}
port_of() {
	[ "$1" = three ] && echo "$TGTD_PORT" || echo "$first_port"
}
daemon_of() {
	vtl status "$1" --json && jq -r '.libraries[0].daemon.pid' "$work/out"
}

tgtd_require
tgtd_dir "$work/first"
for name in one two three; do
	vtl library create $name --model STK-L700 --drives 1xIBM-LTO8 --slots 4 \
		--media "LTO-8:2:$(echo $name | tr a-z A-Z)1L8" || { cat "$work/err"; exit 1; }
done
tgtd_start || exit 1
check "a daemon serves one library" serve 1 one
check "and a second" serve 2 two
first=$TGTD_PID first_port=$TGTD_PORT
TGTD_PID=
tgtd_dir "$work/second"
tgtd_start || exit 1
check "another daemon serves a third" serve 3 three
tgtd_target 4 iqn.2026-01.test:stolen
check_not "it is refused a library of the first one's" tgtd_lun 4 1 changer "$VTL_LIBRARY_ROOT/one/library.conf"
check "by the name of its holder" tgtd_log "tgtd pid $first "
check_not "and a drive of it" tgtd_lun 4 2 tape "$VTL_LIBRARY_ROOT/one/drives/D1.drive"
for name in one two three; do
	check "vtl loads a drive of $name" exits 0 vtl load $name 1 "$(echo $name | tr a-z A-Z)1L8"
	check "where initiators find it" in_drive $name "$(echo $name | tr a-z A-Z)1L8"
done
check "vtl tells that the first daemon has one" test "$(daemon_of one)" = "$first"
check "and two" test "$(daemon_of two)" = "$first"
check "and the second three" test "$(daemon_of three)" = "$TGTD_PID"
check "a library grows in its daemon" exits 0 vtl library change two --slots 9 --add-drives IBM-LTO9
check "with a drive" vtl tape "iscsi://127.0.0.1:$first_port/iqn.2026-01.test:two/3" status
check "and the others stay" test "$("$VTL" library show one --json | jq '.drives | length')" = 1
tgtd_kill
check "when the second daemon is killed, the first serves on" exits 0 vtl unload one 1
check "and what it left can be changed" exits 0 vtl library change three --slots 5
check "a drive's cartridge is still in it" test "$("$VTL" library show three --json | jq -r '.drives[0].cartridge.id')" = THREE1L8
kill -9 "$first"
wait "$first" 2>/dev/null
first=
tap_end
