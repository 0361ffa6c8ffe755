#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: load the driver, start the daemon, add and remove devices, kill the daemon, remove the driver; again and again.
#
# KERNEL_CYCLES= how many (20); KERNEL_CYCLES_SECONDS= no new one after so many seconds. After ten cycles to warm up,
# the kernel's memory is looked at, and again at the end. To be booted with slub_debug=F: objects are counted exactly then.
set -u
. test/kernel/lib.sh
. test/lib/tap.sh
cycles=${KERNEL_CYCLES:-20} limit=${KERNEL_CYCLES_SECONDS:-100000}
warm=10
name=iqn.2026-01.test:local
# Always the same, so that no file is left with each cycle.
TGTD_WANT_CONTROL=77 TGTD_WANT_PORT=3260
tgtd_require
tgtd_dir "$(mktemp -d)"
trap tgtd_cleanup EXIT
bridge_install && bridge_load && bridge_library || exit 1
rmmod vtl_hba

# What the kernel keeps for later is let go of, as far as it goes.
settle() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	for settle_cache in /sys/kernel/slab/*/shrink; do
		echo 1 >"$settle_cache"
	done
}

# Lines "what name number". Pages on the lists of each processor are free, but not counted so.
look() {
	awk '/^MemAvailable:/ { n = $2 } /^ +count:/ { n += 4 * $2 } END { print "memory used", -n }' \
		/proc/meminfo /proc/zoneinfo
	awk 'NR > 2 { print "slab", $1, $2 }' /proc/slabinfo
	awk '!/unpurged/ { n[$3]++ } END { for (c in n) print "vmalloc", c, n[c] }' /proc/vmallocinfo
	echo "sysfs hosts $(ls /sys/class/scsi_host | wc -l)"
	echo "sysfs devices $(ls /sys/bus/scsi/devices | wc -l)"
	echo "sysfs parents $(ls /sys/bus/platform/devices | grep -c vtl_hba)"
	echo "uses attached $uses"
}

# Much is freed a little later, so it is the least of several looks that counts.
measure() {
	for measure_n in 1 2 3 4 5; do
		settle
		look
	done | awk '{ k = $1 " " $2 } !(k in n) || $3 < n[k] { n[k] = $3 } END { for (k in n) print k, n[k] }' >"$1"
}

one_cycle() {
	bridge_load && tgtd_start && bridge_target 1 $name && bridge_wait $name 2 || return 1
	sg_turs "$SG" >/dev/null 2>&1
	read -r uses </sys/module/vtl_hba/refcnt
	if [ $(($1 % 2)) = 0 ]; then
		tgtd_adm --lld hba --op delete --mode logicalunit --tid 1 --lun 3 || return 1
	fi
	if [ $(($1 % 3)) = 0 ]; then
		tgtd_adm --lld hba --op delete --mode target --tid 1 --force || return 1
	fi
	tgtd_kill
	bridge_unload && [ ! -e /dev/vtl_hba ] && [ -z "$(ls /sys/class/scsi_host)" ]
}

n=0 failed= uses=0
read -r begin _ </proc/uptime
while [ $n -lt "$cycles" ] && [ -z "$failed" ]; do
	n=$((n + 1))
	one_cycle $n || failed=$n
	[ $n != $warm ] || measure "$TGTD_DIR/before"
	read -r now _ </proc/uptime
	took=$((${now%.*} - ${begin%.*}))
	[ $((n % 100)) != 0 ] || echo "# $n cycles, $took s"
	[ $took -lt "$limit" ] || break
done
check "$cycles cycles" [ -z "$failed" -a $n = "$cycles" ]
[ -z "$failed" ] || { echo "# cycle $failed failed"; tgtd_log | tail -n 20; }
[ $n = "$cycles" ] || echo "# $n of them in $took s"

measure "$TGTD_DIR/after"
# What the suites before it used may still be in use, or not yet: twenty cycles find a coarse loss, a thousand a fine one.
measured=$((n - warm))
grown() {
	awk -v what="$1" -v limit="$2" '
		$1 != what { next }
		NR == FNR { was[$2] = $3; next }
		$3 - was[$2] >= limit { print "# " $2 " went from " was[$2] + 0 " to " $3; bad = 1 }
		END { exit !bad }' "$TGTD_DIR/before" "$TGTD_DIR/after"
}
lost=$(awk '$1 == "memory" { n = $3 - n } END { print n }' "$TGTD_DIR/before" "$TGTD_DIR/after")
check 'MemAvailable comes back' [ "$lost" -lt $((1024 + 4 * measured)) ]
check_not 'no slab cache grows' grown slab $((400 + measured / 2))
check_not 'no caller keeps areas of vmalloc' grown vmalloc $((4 + measured / 2))
check_not 'hosts and devices are all gone' grown sysfs 1
check_not 'an attached daemon uses the module as often as at first' grown uses 1
echo "# soak: $n cycles of $cycles in $took s; after $warm to warm up, $measured cycles took $lost KiB of memory"
tap_end
