#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# tgtd is killed at random moments while an operator moves, loads, imports, exports, and changes the library itself.
#
# KILLS=n turns (50), SEED=n to begin as another run did, LONGEST=n milliseconds of a turn at most (150). Every other turn
# the drives have logical units, else only the changer has.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tgtd.sh
KILLS=${KILLS:-50} LONGEST=${LONGEST:-150}
SEED=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
dir=$(mktemp -d) || exit 2
trap 'tgtd_cleanup; rm -rf "$dir"' EXIT

# The one folder that is the library, whatever its name is now.
find_library() {
	library=$(ls -d "$VTL_LIBRARY_ROOT"/*)
	[ "$(echo "$library" | wc -l)" = 1 ]
}
serve() {
	find_library && tgtd_start && tgtd_target 1 iqn.2026-01.test:operator &&
	tgtd_lun 1 1 changer "$library/library.conf" || return 1
	[ "$1" = doors ] || return 0
	for id in $("$BUILD/vtl" library show "$library" --json | jq -r '.drives[] | select(.state != "absent") | .id'); do
		tgtd_lun 1 $((lun = lun + 1)) tape "$library/drives/$id.drive" || return 1
	done
}
# $1: the pid to be killed, or 0 to compare only
turn() {
	python3 test/kill/library_operator.py "$dir/state" "$SEED" "$1" "$LONGEST" "$VTL_RUN/$TGTD_CONTROL.sock" "$library" "$BUILD/vtl"
}

tgtd_require
tgtd_dir "$dir/tgtd"
echo "# SEED=$SEED KILLS=$KILLS"
"$BUILD/vtl" library create operator --model STK-L700 --drives 2×IBM-LTO8 --slots 10 --import-export 2 \
	--media LTO-8:6:OPR101L8 >"$dir/create" 2>&1 || {
	sed 's/^/# /' "$dir/create"
	echo "not ok 1 - a library is made"
	exit 1
}
fault=0 n=0
while [ $fault = 0 ] && [ $n -lt "$KILLS" ]; do
	n=$((n + 1)) lun=1
	doors=closed
	[ $((n % 2)) = 0 ] || doors=doors
	{ serve $doors && turn "$TGTD_PID"; } >"$dir/turn" 2>&1 || fault=1
	tgtd_kill
done
[ $fault != 0 ] || { { serve closed && turn 0; } >"$dir/turn" 2>&1 && tgtd_stop && "$BUILD/vtl" media verify "$library" >"$dir/turn.2" 2>&1; } ||
	fault=1
sed 's/^/# /' "$dir/turn"
[ $fault = 0 ] || tgtd_log | tail -n 20 | sed 's/^/# /'
[ $fault = 0 ] && ok=ok || ok='not ok'
echo "$ok 1 - after each of $n kills the library was as the last answered request, or the one after it, had made it (SEED=$SEED)"
echo 1..1
exit $fault
