#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The bridge in a virtual machine: builds the driver for Debian's kernel, boots it, and runs what is in test/kernel/guest-*.sh.
#
# KERNEL_FROM= a suite of Debian's (trixie, say) whose kernel it is to be, instead of this machine's; or `debug`, for the
# one that fetch-debug.sh builds.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
CACHE=${CACHE:-$BUILD/cache}
for tool in mt mtx sg_turs lsscsi busybox qemu-system-x86_64; do
	command -v $tool >/dev/null || { echo "$tool is not installed (see conf/deps.sh)"; exit 77; }
done
from=${KERNEL_FROM:-}
export GUEST_KERNEL="$CACHE/kernel${from:+-$from}" KERNEL_DRIVER="$BUILD/kernel${from:+-$from}"
if [ "$from" = debug ]; then
	sh test/kernel/fetch-debug.sh "$GUEST_KERNEL" || exit
else
	sh test/kernel/fetch-kernel.sh "$GUEST_KERNEL" $from || exit
fi
version=$(cat "$GUEST_KERNEL/version")
test/kernel/build-module.sh "$GUEST_KERNEL/root" "$version" "$KERNEL_DRIVER" || {
	echo "not ok - the driver builds for $version without a warning"
	exit 1
}
echo "ok - the driver builds for $version without a warning"
out=$(mktemp -d) || exit 2
trap 'rm -rf "$out"' EXIT
trap 'exit 143' HUP INT TERM
# The cycles count objects of the kernel's, exactly only with slub_debug=F; what is timed is not to have it.
case ${KERNEL_SUITES:-cycles} in
*cycles*) export GUEST_APPEND="slub_debug=F ${GUEST_APPEND:-}" ;;
esac
GUEST_ENV="KERNEL_DRIVER KERNEL_SUITES KERNEL_CYCLES KERNEL_CYCLES_SECONDS KERNEL_FUZZ KERNEL_ROUNDS KERNEL_BENCH" test/kernel/guest \
	-c "${KERNEL_CPUS:-2}" -m "${KERNEL_MEMORY:-1536}" -t "${KERNEL_SECONDS:-5200}" -o "$out" sh test/kernel/inside.sh
rc=$?
bad='WARNING:|BUG:|Oops|Call Trace|blocked for more than|refcount_t|use-after-free'
log=$out/dmesg
grep -qE "$bad" "$log" 2>/dev/null || log=$out/console
if grep -qE "$bad" "$log" 2>/dev/null; then
	echo "not ok - the kernel's log has no warning"
	grep -E -m 1 -B 5 -A 50 "$bad" "$log" | sed 's/^/# /'
	exit 1
fi
[ ! -s "$out/dmesg" ] || echo "ok - the kernel's log has no warning"
exit $rc
