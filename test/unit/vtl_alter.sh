#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# vtl library change, library rename and media delete on the files of a library that no daemon serves.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tap.sh
. test/lib/vtl.sh
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
export VTL_LIBRARY_ROOT="$work/root" VTL_RUN="$work/run" VTL_MODEL_PATH="${VTL_MODEL_PATH:-$PWD/conf/models}"
mkdir "$VTL_LIBRARY_ROOT"

change() {
	vtl library change main "$@"
}
conf_has() {
	grep -q "^$1\$" "$VTL_LIBRARY_ROOT/main/library.conf"
}

vtl library create main --model STK-L700 --drives 2xIBM-LTO8 --slots 6 --import-export 2 --media LTO-8:3:VTL001L8 ||
	{ cat "$work/err"; exit 1; }

check "slots are added" exits 0 change --slots 9
check "and are there" conf_has 'slots = 9'
check "a slot that is not empty does not go" exits 4 change --slots 2
check "and is named, with what is in it" says 'slot:3 is not empty: cartridge VTL003L8 is in it'
check "nothing changed" conf_has 'slots = 9'
check "not even what could have been" exits 4 change --slots 2 --add-drives IBM-LTO9
check "no drive came" test "$("$VTL" library show main --json | jq '.drives | length')" = 2
check "stations are divided anew" exits 0 change --stations 3,1
check "as asked for" conf_has 'stations = { 3, 1 }'
check "and all go" exits 0 change --stations 0
check "so that there is none" conf_has 'import_exports = 0'
check "what is no list of stations is a usage error" exits 2 change --stations 3,x
check "nine stations are too many" exits 2 change --stations 1,1,1,1,1,1,1,1,1
check "drives come" exits 0 change --add-drives 2xIBM-LTO9 --json
check "with numbers, ids and models" \
	json '[.drives[] | "\(.number) \(.id) \(.model)"] == ["1 D1 IBM-LTO8", "2 D2 IBM-LTO8", "3 D3 IBM-LTO9", "4 D4 IBM-LTO9"]'
check "and no URL" json 'all(.drives[]; .urls == []) and .busy == 0'
check "with the keys that the help tells" documented --all "library change"
check "a drive model that there is none of is not found" exits 3 change --add-drives IBM-LTO99
check "nor is a drive" exits 3 change --remove-drive D9
check "a drive with a cartridge does not go" sh -c '"$0" load main 2 VTL001L8 && ! "$0" library change main --remove-drive D2 2>/dev/null' "$VTL"
check "it goes when it is empty" sh -c '"$0" unload main 2 && "$0" library change main --remove-drive D2 >/dev/null 2>&1' "$VTL"
check "its bay stays" test "$("$VTL" library show main --json | jq -r '.drives[1].state')" = absent
check "it is no drive to load" exits 3 vtl load main 2 VTL001L8
check "targets.conf has the others, with the units that they had" sh -c '"$0" targets main >"$1/conf" &&
	! grep -q D2.drive "$1/conf" && grep -A1 D3.drive "$1/conf" | grep -q "lun 4"' "$VTL" "$work"
check "more than the model takes is refused" exits 2 change --slots 65000
check "without a change it is a usage error" exits 2 change
check "a drive does not get what it does not take" sh -c '"$0" media create main LTO-5:1:OLD001L5 && ! "$0" load main 1 OLD001L5 2>"$1/err"' "$VTL" "$work"
check "and the reason is told" grep -q 'IBM-LTO8 and does not take cartridge OLD001L5' "$work/err"

check "a library is renamed" exits 0 vtl library rename main other
check "and found by its new name" exits 0 vtl library show other
check "not by the old one" exits 3 vtl library show main
check "a name that is none is a usage error" exits 2 vtl library rename other ../main
vtl library create main --model STK-L700 --slots 1
check "a name that is taken is refused" exits 1 vtl library rename other main
check "and named" says 'root/main: File exists'

check "cartridges are not deleted without --yes" exits 2 vtl media delete other VTL001L8
check "with it they are" exits 0 vtl media delete other VTL001L8 VTL002L8 --yes
check "their files too" test "$(ls "$VTL_LIBRARY_ROOT/other/media" | tr '\n' ' ')" = "OLD001L5 VTL003L8 "
check "one that there is none of is not found" exits 3 vtl media delete other VTL001L8 --yes
check "one in a drive stays" sh -c '"$0" load other 1 VTL003L8 && ! "$0" media delete other VTL003L8 --yes 2>/dev/null' "$VTL"
tap_end
