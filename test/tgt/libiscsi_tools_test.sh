#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The tools and the test suite of libiscsi, as the distribution packages them, against a drive and a changer.
#
# iscsi-test-cu gives up on what has no READ CAPACITY. It is built of Debian's source with a patch that makes that optional
# (build-test-cu.sh); where the source cannot be had, the packaged program runs with preload/no_capacity.c, which does the
# same. Which of its tests apply, and why others do not, is in test/tgt/iscsi-test-cu.table.
set -u
cd "$(dirname "$0")/../.." || exit 2
[ -n "${VTL_TEST_DRIVE1:-}" ] || exec test/lib/with-tgtd "$0"
. test/lib/tap.sh
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
for tool in iscsi-inq iscsi-ls; do
	command -v $tool >/dev/null || { echo "$tool is not installed"; exit 77; }
done
export ASAN_OPTIONS=detect_leaks=0
"$BUILD/vtl" load test 1 TST001L8 >/dev/null || exit 1

# ---- tools ----

shows() { # PATTERN COMMAND...
	shows_want=$1
	shift
	timeout 300 "$@" >"$work/out" 2>&1 || { sed 's/^/# /' "$work/out"; return 1; }
	grep -qE "$shows_want" "$work/out" || { sed 's/^/# /' "$work/out"; return 1; }
}
portal=${VTL_TEST_DRIVE1%/*/*}
check "iscsi-ls finds both targets" shows "$VTL_TEST_TARGET-2" iscsi-ls "$portal"
check "iscsi-ls -s shows a drive as a tape" shows "Lun:2.*(SEQUENTIAL_ACCESS|Sequential)" iscsi-ls -s "$portal"
check "and the changer as one" shows "Lun:1.*(MEDIA_CHANGER|Media|Changer)" iscsi-ls -s "$portal"
check "iscsi-inq shows the drive's type" shows "Device Type:.*SEQUENTIAL" iscsi-inq "$VTL_TEST_DRIVE1"
check "and its name" shows "Product:ULT3580-TD8" iscsi-inq "$VTL_TEST_DRIVE1"
check "iscsi-inq shows the changer's name" shows "Product:L700" iscsi-inq "$VTL_TEST_CHANGER"
"$BUILD/vtl" library show test --json >"$work/show"
serial=$(jq -r '.drives[0].serial' "$work/show")
check "iscsi-inq shows the unit serial number that vtl knows" shows "$serial" iscsi-inq -e 1 -c 128 "$VTL_TEST_DRIVE1"
check "iscsi-inq shows the drive's names" shows "Designator" iscsi-inq -e 1 -c 131 "$VTL_TEST_DRIVE1"
check "and lists its VPD pages" shows "DEVICE_IDENTIFICATION" iscsi-inq -e 1 -c 0 "$VTL_TEST_DRIVE1"

# ---- the suite ----

# The suite is not sanitized, whatever the daemon is.
cc=${CC:-cc}
cc=${cc%% *}
suite=${CACHE:-$BUILD/cache}/iscsi-test-cu/iscsi-test-cu preload=
if CC=$cc timeout 300 test/tgt/build-test-cu.sh "${suite%/*}" >"$work/why"; then
	echo "# iscsi-test-cu built from source"
else
	sed 's/^/# /' "$work/why"
	command -v iscsi-test-cu >/dev/null || { echo "no iscsi-test-cu, neither built nor installed"; exit 77; }
	echo "# the packaged iscsi-test-cu, with READ CAPACITY made up for it"
	suite=iscsi-test-cu preload=$work/optional.so
	$cc -shared -fPIC -D_GNU_SOURCE -o "$preload" test/tgt/preload/no_capacity.c -ldl || exit 1
fi
"$suite" -l | grep -E '^(SCSI|iSCSI)\.[^.]+\.' | sort >"$work/tests"
grep -v '^#' test/tgt/iscsi-test-cu.table | grep . >"$work/table"

units_of() { # TEST: the units of the first row that fits, nothing without one
	while read -r pattern units rest; do
		case $1 in
		$pattern)
			echo "$units"
			return
			;;
		esac
	done <"$work/table"
}

passes() { # TEST URL: it ran, with no failure, and did not skip itself
	LD_PRELOAD=$preload timeout 300 "$suite" -d -n -t "$1" "$2" >"$work/out" 2>&1
	passes_rc=$?
	if [ $passes_rc != 0 ] || ! grep -qE '^ +tests +1 +1 +1 +0 ' "$work/out" ||
		sed -n '/CUnit - A unit/,$p' "$work/out" | grep -q '\[SKIPPED\]'; then
		sed 's/^/# /' "$work/out"
		return 1
	fi
}

covered() {
	while read -r test; do
		[ -n "$(units_of "$test")" ] || echo "# no row for $test"
	done <"$work/tests" >"$work/lost"
	cat "$work/lost"
	[ -s "$work/tests" ] && [ ! -s "$work/lost" ]
}
reasoned() {
	! awk '$2 != "drive,changer" && NF < 3 { print "# no reason: " $0; lacks = 1 } END { exit !lacks }' "$work/table"
}
check "every test of iscsi-test-cu has a row in the table" covered
check "and every exclusion its reason" reasoned
while read -r test <&3; do
	units=$(units_of "$test")
	case $units in *drive*) check "$test on the drive" passes "$test" "$VTL_TEST_DRIVE1" ;; esac
	case $units in *changer*) check "$test on the changer" passes "$test" "$VTL_TEST_CHANGER" ;; esac
done 3<"$work/tests"
tap_end
