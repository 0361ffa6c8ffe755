#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A killed daemon leaves every cartridge where it was; a new one serves the library as it was left.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tgtd.sh
. test/lib/tap.sh
work=$(mktemp -d)
trap 'tgtd_cleanup; rm -rf "$work"' EXIT

tgtd_require
tgtd_dir "$work"
"$BUILD/vtl" library create main --model STK-L700 --drives 2×IBM-LTO8 --slots 6 --import-export 1 \
	--media LTO-8:3:RES001L8 >"$work/create" 2>&1 || { cat "$work/create"; exit 1; }
library=$VTL_LIBRARY_ROOT/main
name=iqn.2026-01.test:restart

serve() {
	tgtd_start && tgtd_target 1 $name && tgtd_lun 1 1 changer "$library/library.conf" &&
	tgtd_lun 1 2 tape "$library/drives/D1.drive" && tgtd_lun 1 3 tape "$library/drives/D2.drive"
}

# The barcode in a place, by `vtl status`; "-" where there is none.
in_place() {
	"$BUILD/vtl" status main --json | python3 -c '
import json, sys
library = json.load(sys.stdin)["libraries"][0]
for element in library["elements"]:
    if element["place"] == sys.argv[1]:
        print(element["cartridge"]["barcode"] if element["cartridge"] else "-")' "$1"
}

holds() {
	[ "$(in_place "$1")" = "$2" ] || { echo "# $1 has $(in_place "$1")"; return 1; }
}

drive_is() {
	"$BUILD/vtl" status main --json | python3 -c '
import json, sys
drive = json.load(sys.stdin)["libraries"][0]["drives"][int(sys.argv[1]) - 1]
sys.exit(drive["state"] != sys.argv[2])' "$1" "$2"
}

serve || exit 1
check "a cartridge is loaded" "$BUILD/vtl" load main 2 RES002L8
check "another is moved to the import/export slot" "$BUILD/vtl" move main slot:3 io:1
tgtd_kill
check "after SIGKILL the cartridge is in the drive" holds drive:2 RES002L8
check "and the other where it was moved" holds io:1 RES003L8
serve || exit 1
check "a new daemon serves the library that the killed one held" holds drive:2 RES002L8
check "and loads the drive" eventually drive_is 2 ready
check "which can be unloaded" "$BUILD/vtl" unload main 2
check "to the slot it came from" holds slot:2 RES002L8
check "a drive loaded before an orderly end" "$BUILD/vtl" load main 1 RES001L8
check "tgtd ends in peace" tgtd_stop
check "is loaded after it" holds drive:1 RES001L8
check_not "and nobody holds the library" sh -c "'$BUILD/vtl' status main | grep -q 'served by tgtd'"

serve || exit 1
TGTD_FIRST=$TGTD_PID
(
	tgtd_dir "$work/second"
	TGTD_PID=
	trap '[ -z "$TGTD_PID" ] || tgtd_kill' EXIT
	tgtd_start && tgtd_target 1 $name && ! tgtd_lun 1 1 changer "$library/library.conf" 2>/dev/null &&
	tgtd_log "pid $TGTD_FIRST"
)
check "a second daemon is refused the library, and its log names the first" [ $? = 0 ]
check "the first ends in peace" tgtd_stop
tap_end
