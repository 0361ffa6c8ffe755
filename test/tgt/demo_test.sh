#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The demo, with small archives: twice in a row, ended, started again on what it left, and kept off what is not its own.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tgtd.sh
. test/lib/tap.sh
work=$(mktemp -d) || exit 2
export DIR="$work/demo dir" ENOUGH=2000
trap 'sh tools/demo.sh stop >/dev/null 2>&1; rm -rf "$work"' EXIT

demo() {
	timeout 600 sh tools/demo.sh "$1" >"$work/out" 2>&1 </dev/null
}
works() {
	demo "$1" || { sed 's/^/# /' "$work/out"; return 1; }
}
says() {
	grep -q -- "$1" "$work/out" || { sed 's/^/# /' "$work/out"; return 1; }
}
pid() {
	cut -d' ' -f1 "$DIR/pid"
}
gone() {
	! kill -0 "$1" 2>/dev/null || [ "$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -c1)" = Z ]
}

tgtd_require
for program in tgt-admin jq; do
	command -v $program >/dev/null || { echo "$program is not installed"; exit 77; }
done
# On some port that is free.
run_on_a_free_port() {
	for try in 1 2 3 4 5; do
		PORT=$(shuf -i 20000-29999 -n 1)
		export PORT
		demo run && return 0
		grep -q 'is taken; PORT=' "$work/out" || break
	done
	sed 's/^/# /' "$work/out"
	return 1
}

check_not "without a demo there is nothing to start" demo start
check "it backs up and restores" run_on_a_free_port
check "every byte is equal" says 'two.restored: all [0-9]* bytes are equal'
check "and the figures are printed" says 'MB written, .* MB stored'
first=$(pid)
check "a second time as well" works run
check "which ends what the first had started" says "pid $first"
check "truly" gone "$first"
second=$(pid)
check "stop ends it" works stop
check "truly" gone "$second"
check "and says that there is none, if asked again" works stop
check "start serves the library again" works start
check "as it was left" says 'slot:5 .*VTL005L8'
check_not "but not twice" demo start
third=$(pid)
echo "$$ 1 1" >"$DIR/pid"
check "a pid that is now another process is left alone" works stop
check "which is still there" kill -0 $$
kill -9 "$third"
mkdir "$work/other" && : >"$work/other/file"
export DIR="$work/other"
check_not "a folder with other things in it is left alone" demo run
check "and says so" says 'holds other things'
check "with what is in it" [ -e "$work/other/file" ]
tap_end
