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

# Waits for a command to succeed, at most two minutes: on a machine that is slow, or busy with others, all takes long.
eventually() {
	tap_n=0
	read -r tap_begin _ </proc/uptime
	until "$@"; do
		read -r tap_now _ </proc/uptime
		[ $((${tap_now%.*} - ${tap_begin%.*})) -lt 120 ] || {
			echo "# $*: not in two minutes"
			return 1
		}
		tap_n=$((tap_n + 1))
		[ $tap_n -lt 100 ] && sleep 0.05 || sleep 0.5
	done
}

# After a failure, the end of the log of the daemon that ran last, if there was one.
tap_end() {
	echo "1..$TAP_COUNT"
	[ $TAP_FAILED != 0 ] || exit 0
	[ ! -s "${TGTD_DIR:-}/log" ] || tail -n 40 "$TGTD_DIR/log" | sed 's/^/# tgtd: /'
	exit 1
}
