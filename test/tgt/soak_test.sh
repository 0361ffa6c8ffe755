#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Kills tgtd at random moments of moves, exchanges, loads, imports and exports; looks each time where every cartridge is.
#
# KILLS=n turns (50), SEED=n to repeat a run, LONGEST=n milliseconds of moving at most (150).
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tgtd.sh
KILLS=${KILLS:-50} LONGEST=${LONGEST:-150}
SEED=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
dir=$(mktemp -d) || exit 2
trap 'tgtd_cleanup; rm -rf "$dir"' EXIT

serve() {
	tgtd_start &&
	tgtd_target 1 iqn.2026-01.test:soak &&
	tgtd_lun 1 1 changer "$VTL_LIBRARY_ROOT/soak/library.conf"
}

# $1: the pid to be killed, or 0 to compare only
turn() {
	"$BUILD/kill_soak" "$dir/state" "$SEED" "$1" "$LONGEST" "$(tgtd_url iqn.2026-01.test:soak 1)" >"$dir/turn" 2>&1
}

tgtd_require
tgtd_dir "$dir"
echo "# SEED=$SEED KILLS=$KILLS"
"$BUILD/vtl" library create soak --model STK-L700 --drives 2×IBM-LTO8 --slots 10 --import-export 2 \
	--media LTO-8:7:SOK001L8 >"$dir/create" 2>&1 || {
	sed 's/^/# /' "$dir/create"
	echo "not ok 1 - a library is made"
	exit 1
}
fault=0 n=0
while [ $fault = 0 ] && [ $n -lt "$KILLS" ]; do
	n=$((n + 1))
	{ serve >"$dir/turn" 2>&1 && turn "$TGTD_PID"; } || fault=1
	tgtd_kill
done
[ $fault != 0 ] || { serve >"$dir/turn" 2>&1 && turn 0; } || fault=1
sed 's/^/# /' "$dir/turn"
if [ $fault = 0 ]; then
	tgtd_stop
	"$BUILD/vtl" io list soak >/dev/null || fault=1
else
	tgtd_log | tail -n 20 | sed 's/^/# /'
	tgtd_kill
fi
[ $fault = 0 ] && ok=ok || ok='not ok'
echo "$ok 1 - after each of $n kills every cartridge was where the last answered command had put it (SEED=$SEED)"
echo 1..1
exit $fault
