#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: load the driver, start the daemon, add and remove devices, kill the daemon, remove the driver; again and again.
set -u
. test/kernel/lib.sh
. test/lib/tap.sh
cycles=${KERNEL_CYCLES:-20}
name=iqn.2026-01.test:local
tgtd_require
tgtd_dir "$(mktemp -d)"
export TGTD_MODULES="$BUILD/vtl.so $BUILD/vtl_hba.so"
bridge_load
bridge_library || exit 1
rmmod vtl_hba

one_cycle() {
	bridge_load && tgtd_start && bridge_target 1 $name && bridge_wait $name 2 || return 1
	sg_turs "$SG" >/dev/null 2>&1
	if [ $(($1 % 2)) = 0 ]; then
		dd if=/dev/zero of="$SG" bs=36 count=0 2>/dev/null
		tgtd_adm --lld hba --op delete --mode logicalunit --tid 1 --lun 3 || return 1
	fi
	if [ $(($1 % 3)) = 0 ]; then
		tgtd_adm --lld hba --op delete --mode target --tid 1 --force || return 1
	fi
	tgtd_kill
	bridge_unload || return 1
	[ -z "$(ls /sys/class/scsi_host 2>/dev/null)" ]
}

available() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo
}

n=0 failed=
while [ $n -lt "$cycles" ] && [ -z "$failed" ]; do
	n=$((n + 1))
	one_cycle $n || failed=$n
	[ $n != 4 ] || memory=$(available)
done
check "$cycles cycles" [ -z "$failed" ]
[ -z "$failed" ] || { echo "# cycle $failed failed"; tgtd_log | tail -n 20; }
grown=$((memory - $(available)))
echo "# MemAvailable went down by $grown KiB from the fourth cycle on"
check 'memory comes back' [ $grown -lt 20000 ]
check 'vmalloc areas of ours are all gone' sh -c '! grep -q vtl_hba /proc/vmallocinfo'
tap_end
