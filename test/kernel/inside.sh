#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the guest: each suite by itself, one after the other; KERNEL_SUITES names some of them.
set -u
rc=0
for suite in ${KERNEL_SUITES:-clients doors udev backup death faults cycles fuzz}; do
	read -r begin _ </proc/uptime
	echo "# ---- $suite"
	# Each has a plan of its own, and only its status counts here.
	{ sh "test/kernel/guest-$suite.sh" 2>&1; echo $? >/run/status; } | sed -u '/^1\.\.[0-9]*$/d'
	read -r suite_rc </run/status
	[ "$suite_rc" = 0 ] || { rc=1; echo "# $suite ended with $suite_rc"; }
	read -r now _ </proc/uptime
	echo "# $suite: $((${now%.*} - ${begin%.*})) s"
done
exit $rc
