#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Kills tgtd at random moments of a write, and looks each time that nothing is gone of what was acknowledged as durable.
#
# KILLS=n turns (30), SEED=n to repeat a run, LONGEST=n milliseconds of writing at most (250).
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tgtd.sh
KILLS=${KILLS:-30} LONGEST=${LONGEST:-250}
SEED=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
dir=$(mktemp -d) || exit 2
trap 'tgtd_cleanup; rm -rf "$dir"' EXIT

result() {
	if [ "$1" = 0 ]; then
		echo "ok $2"
		return 0
	fi
	tgtd_log | tail -n 20 | sed 's/^/# /'
	echo "not ok $2"
	exit 1
}

serve() {
	tgtd_start &&
	tgtd_target 1 iqn.2026-01.test:kill &&
	tgtd_lun 1 1 changer "$library/library.conf" &&
	tgtd_lun 1 2 tape "$library/drives/$drive.drive"
}

# $1: the pid to be killed, or 0 to read back only
turn() {
	"$BUILD/kill_cycle" "$dir/state" "$SEED" "$1" "$LONGEST" \
		"$(tgtd_url iqn.2026-01.test:kill 2)" "$(tgtd_url iqn.2026-01.test:kill 1)" 2>&1 | sed 's/^/# /' >"$dir/turn"
	cat "$dir/turn"
	! grep -q '^# cycle:' "$dir/turn"
}

# The daemon is gone: what it left lies on the disk as it is.
verify() {
	"$BUILD/vtl" media verify kill >"$dir/verify" 2>&1 || {
		sed 's/^/# /' "$dir/verify"
		return 1
	}
}

tgtd_require
tgtd_dir "$dir"
echo "# SEED=$SEED KILLS=$KILLS"
"$BUILD/vtl" library create kill --model STK-L700 --drives 1×IBM-LTO8 --slots 4 --import-export 1 \
	--media LTO-8:2:KIL001L8 >"$dir/create" 2>&1 || {
	sed 's/^/# /' "$dir/create"
	echo "not ok 1 - a library is made"
	exit 1
}
library=$VTL_LIBRARY_ROOT/kill
drive=$(basename "$library"/drives/*.drive .drive)

fault=0 n=0
while [ $fault = 0 ] && [ $n -lt "$KILLS" ]; do
	n=$((n + 1))
	if ! serve >"$dir/serve" 2>&1; then
		sed 's/^/# /' "$dir/serve"
		fault=1
	elif ! turn "$TGTD_PID"; then
		fault=1
	fi
	tgtd_kill
	[ $fault != 0 ] || verify || fault=1
done
[ $fault != 0 ] || { serve && turn 0; } || fault=1
if [ $fault != 0 ]; then
	tgtd_kill
	rm -rf "$BUILD/killed" && cp -r "$dir" "$BUILD/killed" && echo "# kept in $BUILD/killed"
fi
result $fault "1 - after each of $n kills every durable block, filemark and place was as acknowledged (SEED=$SEED)"
tgtd_stop
verify
result $? "2 - and every cartridge was sound, at the end too"
echo 1..2
