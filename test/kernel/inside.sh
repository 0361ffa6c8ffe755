#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the guest: each suite by itself, one after the other; KERNEL_SUITES names some of them.
set -u
rc=0
for suite in ${KERNEL_SUITES:-clients doors death faults cycles fuzz}; do
	begin=$(date +%s)
	echo "# ---- $suite"
	sh "test/kernel/guest-$suite.sh" 2>&1 || rc=1
	echo "# $suite: $(($(date +%s) - begin)) s"
done
exit $rc
