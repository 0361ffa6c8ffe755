#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: a daemon that writes anything into the rings and calls anything, under load.
set -u
. test/kernel/lib.sh
. test/lib/tap.sh
bridge_load
seconds=${KERNEL_FUZZ:-30}
echo 1 >/sys/module/vtl_hba/parameters/tmf_timeout
echo "# seed $$"
deletes=0
(while :; do
	for sg in /dev/sg*; do
		[ -e "$sg" ] && timeout 5 sg_raw -t 1 -r 64k "$sg" 12 0 0 0 60 0 >/dev/null 2>&1
	done
	for host in /sys/class/scsi_host/host*/scan; do
		[ ! -e "$host" ] || echo '- - -' >"$host"
	done
	# Nor does an operator wait until the daemon has told all that it has to tell of a unit.
	deletes=$(((deletes + 1) % 4))
	[ $deletes != 0 ] || for device in /sys/class/scsi_device/*/device/delete; do
		[ ! -e "$device" ] || echo 1 >"$device"
	done
	sleep 0.1
done) 2>/dev/null &
load=$!
check 'the driver lives through it' "$BUILD/kernel/fuzz" "$seconds" $$
kill $load
wait $load 2>/dev/null
# The fuzzer's hosts may still be there; their units were no good ones, and are replaced.
"$BUILD/kernel/fake" fuzz polite &
fake=$!
served() {
	bridge_wait fuzz 1 && sg_turs "$SG" >/dev/null 2>&1 && sg_inq "$SG" 2>/dev/null | grep -q FAKE
}
check 'a good daemon is served afterwards' eventually served
lsscsi -g | sed 's/^/# /'
kill -9 $fake
check 'the driver is removed' bridge_unload
tap_end
