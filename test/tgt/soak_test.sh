#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Two initiators do anything with a library; tgtd is killed at random moments, or ended in peace; nothing may be lost.
#
# KILLS=n turns (30), or LIMIT=n seconds instead; SEED=n to begin as another run did; LONGEST=n milliseconds of a turn at
# most (400; with LIMIT every tenth 20000); CHANGER=n percent of actions are the changer's (10; every third turn 70).
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tgtd.sh
KILLS=${KILLS:-30} LIMIT=${LIMIT:-} LONGEST=${LONGEST:-400} CHANGER=${CHANGER:-10}
SEED=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
SOAK=$BUILD/kill_soak VTL=$BUILD/vtl	# the daemon may be another build's
dir=$(mktemp -d) || exit 2
trap 'tgtd_cleanup; rm -rf "$dir"' EXIT

serve() {
	tgtd_start &&
	tgtd_target 1 iqn.2026-01.test:soak &&
	tgtd_lun 1 1 changer "$library/library.conf" &&
	tgtd_lun 1 2 tape "$(ls "$library"/drives/*.drive | sed -n 1p)" &&
	tgtd_lun 1 3 tape "$(ls "$library"/drives/*.drive | sed -n 2p)"
}

# $1: the pid to be killed, peace or last; $2, $3: longest and percent
turn() {
	"$SOAK" "$dir/state" "$SEED" "$1" "$2" "$3" "$(tgtd_url iqn.2026-01.test:soak 1)" \
		"$(tgtd_url iqn.2026-01.test:soak 2)" "$(tgtd_url iqn.2026-01.test:soak 3)" >"$dir/turn" 2>&1
}

# The daemon is gone: what it left lies on the disk as it is.
verify() {
	"$VTL" media verify soak >"$dir/verify" 2>&1 || { sed 's/^/# /' "$dir/verify"; return 1; }
}

one() {
	longest=$LONGEST changer=$CHANGER
	[ -z "$LIMIT" ] || [ $((n % 10)) != 0 ] || longest=20000
	[ $((n % 3)) != 0 ] || changer=70
	serve >"$dir/turn" 2>&1 || return 1
	if [ $((n % 5)) = 0 ]; then
		turn peace "$longest" "$changer" && tgtd_stop
	else
		turn "$TGTD_PID" "$longest" "$changer" || return 1
		tgtd_kill
		kills=$((kills + 1))
	fi
}

go_on() {
	if [ -n "$LIMIT" ]; then [ $(($(date +%s) - begin)) -lt "$LIMIT" ]; else [ $n -lt "$KILLS" ]; fi
}

tgtd_require
tgtd_dir "$dir"
echo "# SEED=$SEED"
library=$VTL_LIBRARY_ROOT/soak
{
	"$VTL" library create soak --model STK-L700 --drives 2×IBM-LTO8 --slots 10 --import-export 2 &&
	"$VTL" media create soak LTO-8:3:SOK001L8 LTO-8:1:SOW001LY --capacity 96M &&
	"$VTL" media create soak LTO-8:2:SOK004L8 --capacity 4M	# whose end is met all the time
} >"$dir/create" 2>&1 || {
	sed 's/^/# /' "$dir/create"
	echo "not ok 1 - a library is made"
	exit 1
}
fault=0 n=0 kills=0 begin=$(date +%s)
while [ $fault = 0 ] && go_on; do
	n=$((n + 1))
	{ one && verify; } || fault=1
	echo "# turn $n: $(tail -n 1 "$dir/turn")"
done
[ $fault != 0 ] || { serve >"$dir/turn" 2>&1 && turn last 0 0 && tgtd_stop && verify; } || fault=1
sed 's/^/# /' "$dir/turn"
if [ $fault = 0 ]; then
	difference='no difference' ok=ok
else
	difference='a DIFFERENCE' ok='not ok'
	tgtd_log | tail -n 20 | sed 's/^/# /'
	[ -z "$TGTD_PID" ] || tgtd_kill
	kept=$(dirname "$SOAK")/killed
	rm -rf "$kept" && cp -r "$dir" "$kept" && echo "# kept in $kept"
fi
echo "$ok 1 - each time, what was acknowledged as durable was on every cartridge, and every cartridge in its place"
echo "# SEED=$SEED: $(($(date +%s) - begin)) s, $n turns, $kills kills, $difference"
echo 1..1
exit $fault
