#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The driver builds without a warning for Debian's other kernels, and boots with one of them.
#
# 5.10 (bullseye), the newest (sid) and 6.12 (trixie), each with its own compiler; 6.12 also runs the short suite.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
CACHE=${CACHE:-$BUILD/cache}
rc=0
for suite in bullseye sid; do
	why=$(sh test/kernel/fetch-kernel.sh "$CACHE/kernel-$suite" $suite headers)
	case $? in
	0) ;;
	77)
		echo "ok - the driver builds for $suite # SKIP $why"
		continue
		;;
	*)
		echo "not ok - headers of $suite: $why"
		rc=1
		continue
		;;
	esac
	version=$(cat "$CACHE/kernel-$suite/version")
	if test/kernel/build-module.sh "$CACHE/kernel-$suite/root" "$version" "$BUILD/kernel-$suite"; then
		echo "ok - the driver builds for $version without a warning"
	else
		echo "not ok - the driver builds for $version without a warning"
		rc=1
	fi
done
KERNEL_FROM=trixie test/kernel/short_test.sh
status=$?
[ $status != 77 ] || status=0
[ $status = 0 ] || rc=1
exit $rc
