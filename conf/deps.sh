#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Installs the packages that building, testing and the demo need. The names stand here and nowhere else.
#
# `deps.sh kernel` installs those of the bridge's virtual machine instead: without them its tests are skipped. The kernel
# itself is fetched, and not installed, by test/kernel/fetch-kernel.sh.
set -eu

DEBIAN="gcc make pkg-config dpkg-dev ca-certificates tgt libisal-dev zlib1g-dev liblz4-dev libzstd-dev liblzo2-dev
	libaio-dev libgcrypt20-dev libconfuse-dev libjansson-dev libiscsi-dev libcmocka-dev libiscsi-bin
	libcunit1-dev patch python3 jq mtx sg3-utils"
FEDORA="gcc make pkgconf scsi-target-utils isa-l-devel zlib-devel lz4-devel libzstd-devel lzo-devel libaio-devel libgcrypt-devel
	libconfuse-devel jansson-devel libiscsi-devel libiscsi-utils
	libcmocka-devel CUnit-devel python3 jq mtx sg3_utils"

# Keep in step with what test/kernel/kernel_test.sh looks for.
DEBIAN_KERNEL="qemu-system-x86 busybox-static kmod cpio xz-utils mt-st mtx sg3-utils lsscsi tar"
if [ "${1:-}" = kernel ]; then
	command -v dpkg-query >/dev/null || exit 0
	DEBIAN=$DEBIAN_KERNEL
fi

if command -v dpkg-query >/dev/null; then
	missing=
	for p in $DEBIAN; do
		dpkg-query -W -f '${db:Status-Abbrev}' "$p" 2>/dev/null | grep -q '^ii' || missing="$missing $p"
	done
	[ -z "$missing" ] && exit 0
	[ "$(id -u)" = 0 ] || { echo "deps: run as root to install:$missing" >&2; exit 1; }
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q
	# tgt would start its service on installation: a policy of ours, for this one call, says no.
	policy=$(mktemp -d)
	trap 'rm -rf "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' >"$policy/policy-rc.d"
	chmod +x "$policy/policy-rc.d"
	had_tgt=$(dpkg-query -W -f '${db:Status-Abbrev}' tgt 2>/dev/null || true)
	POLICYRCD="$policy/policy-rc.d" apt-get install -y -q --no-install-recommends $missing
	case "$had_tgt" in
	ii*) ;;
	*) command -v systemctl >/dev/null && systemctl disable tgt >/dev/null 2>&1 || true ;;
	esac
elif command -v dnf >/dev/null; then
	dnf install -y -q $FEDORA
else
	echo "deps: neither apt nor dnf here; see conf/deps.sh for what is needed" >&2
	exit 1
fi
