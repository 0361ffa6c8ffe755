# SPDX-License-Identifier: GPL-2.0-only
# Shell functions for tests that speak TAP: `check SENTENCE COMMAND...` for each behaviour, `tap_end` at the end.

TAP_COUNT=0
TAP_FAILED=0

ok() {
	TAP_COUNT=$((TAP_COUNT + 1))
	echo "ok $TAP_COUNT - $1"
}

not_ok() {
	TAP_COUNT=$((TAP_COUNT + 1))
	TAP_FAILED=$((TAP_FAILED + 1))
	echo "not ok $TAP_COUNT - $1"
}

check() {
	tap_name=$1
	shift
	if "$@"; then
		ok "$tap_name"
	else
		not_ok "$tap_name"
		echo "# $* failed"
	fi
}

check_not() {
	tap_name=$1
	shift
	if "$@"; then
		not_ok "$tap_name"
		echo "# $* succeeded"
	else
		ok "$tap_name"
	fi
}

# Waits at most ten seconds for a command to succeed.
eventually() {
	tap_n=0
	while ! "$@"; do
		tap_n=$((tap_n + 1))
		[ $tap_n -lt 200 ] || return 1
		sleep 0.05
	done
}

tap_end() {
	echo "1..$TAP_COUNT"
	[ $TAP_FAILED = 0 ]
	exit
}
