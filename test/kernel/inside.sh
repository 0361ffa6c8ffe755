#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the guest: each suite by itself, one after the other; KERNEL_SUITES names some of them.
set -u
rc=0
for suite in ${KERNEL_SUITES:-clients doors libraries udev backup death faults limits cycles fuzz}; do
	read -r begin _ </proc/uptime
	echo "# ---- $suite"
	# Each has a plan of its own, and only its status counts here.
	{ sh "test/kernel/guest-$suite.sh" 2>&1; echo $? >/run/status; } | sed -u '/^1\.\.[0-9]*$/d'
	read -r suite_rc </run/status
	[ "$suite_rc" = 0 ] || { rc=1; echo "# $suite ended with $suite_rc"; }
	read -r now _ </proc/uptime
	echo "# $suite: $((${now%.*} - ${begin%.*})) s"
done
# Where the kernel looks for memory that nobody refers to any more, it is asked twice, since what is young is let be.
mount -t debugfs none /sys/kernel/debug 2>/dev/null
leaks=/sys/kernel/debug/kmemleak
if [ -e $leaks ]; then
	for scan in 1 2; do
		echo scan >$leaks && sleep 6
	done
	if grep -q . $leaks; then
		sed 's/^/# /' $leaks
		echo "not ok - nothing of the kernel's memory is lost"
		rc=1
	else
		echo "ok - nothing of the kernel's memory is lost"
	fi
fi
exit $rc
