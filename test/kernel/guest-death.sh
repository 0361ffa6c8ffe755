#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: the daemon is killed at work, and another takes its devices over.
set -u
. test/kernel/lib.sh
. test/lib/tap.sh
bridge_start || exit 1
name=iqn.2026-01.test:local
bridge_target 1 $name || exit 1
bridge_wait $name 2 || exit 1
nst=$NST sg_drive=$SG
bridge_wait $name 1 || exit 1
changer=$SG
host=/sys/class/scsi_host/host$(bridge_host $name)
mtx -f "$changer" load 1 0 >/dev/null 2>&1 || mtx -f "$changer" load 1 0 >/dev/null || exit 1

check_not 'rmmod answers EBUSY while the daemon is there' rmmod vtl_hba 2>/dev/null
mt -f "$nst" rewind
dd if=/dev/zero of="$nst" bs=64k count=20 2>/dev/null
mt -f "$nst" rewind
exec 7>"$nst"
(dd if=/dev/zero bs=64k count=100000 >&7 2>"$TGTD_DIR/dd"; echo $? >"$TGTD_DIR/dd.rc") 8>&- &
dd_pid=$!
check 'it writes' eventually sh -c "[ \$(cat $host/vtl_bytes_out) -gt 4000000 ]"
tgtd_kill
wait $dd_pid
check 'a dd whose daemon is killed fails' [ "$(cat "$TGTD_DIR/dd.rc")" != 0 ]
check 'and with EIO' grep -q 'Input/output error' "$TGTD_DIR/dd"
grep -q 'Input/output error' "$TGTD_DIR/dd" || sed 's/^/# /' "$TGTD_DIR/dd"
check 'the devices stay' [ -e "$nst" ]
check 'the host says that there is no daemon' grep -q 'no daemon' "$host/vtl_state"
check 'new commands fail at once' sh -c "timeout 30 sg_turs $sg_drive 2>&1 | grep -q DID_NO_CONNECT"
check_not 'rmmod answers EBUSY while a device node is open' rmmod vtl_hba 2>/dev/null

tgtd_start 7>&- || exit 1
bridge_target 1 $name || exit 1
check 'another daemon takes the host over' eventually grep -q attached "$host/vtl_state"
check 'the devices are the same' [ "$(cat "$host/vtl_name")" = $name ]
check_not 'what had the tape open writes nothing until it is positioned' \
	sh -c "dd if=/dev/zero bs=64k count=1 2>/dev/null >&7"
exec 7>&-
check 'after positioning it is well' sh -c "
	mt -f $nst rewind || mt -f $nst rewind; dd if=/dev/zero of=$nst bs=64k count=1 2>/dev/null"
check 'both units of the new daemon answer' sh -c "
	sg_turs -n 5 $changer >/dev/null 2>&1; sg_turs $changer && sg_turs $sg_drive"

tgtd_kill
tgtd_start || exit 1
bridge_target 1 $name || exit 1
check 'the first command of each nexus meets 29h' eventually sh -c "
	sg_turs $sg_drive 2>&1 | grep -q 'Power on, reset'"
check 'of the changer too' sh -c "sg_turs $changer 2>&1 | grep -q 'Power on, reset'"
check_not 'a second daemon does not get the host' sh -c "'$BUILD/kernel/fake' $name polite 2>/dev/null"

check 'devices go with the daemon, where that is set' sh -c "
	'$TGTADM' -C $TGTD_CONTROL --lld hba --op update --mode target --tid 1 --name DevicesStay --value No &&
	'$TGTADM' -C $TGTD_CONTROL --lld hba --op show --mode target --tid 1 | grep -q DevicesStay=No"
tgtd_kill
check 'they are gone' eventually [ ! -e "$nst" ]

tgtd_start || exit 1
bridge_target 1 $name || exit 1
bridge_wait $name 3
device=$(readlink -f "/sys/class/scsi_device/$(bridge_host $name):0:0:3/device")
host=/sys/class/scsi_host/host$(bridge_host $name)
load() { # four processes with commands on one unit, until they fail
	loads=
	for load_n in 1 2 3 4; do
		(while sg_turs -n 200 "$1"; "$BUILD/kernel/sgio" "$1" in 96 - 12 0 0 0 60 0; do :; done >/dev/null 2>&1) &
		loads="$loads $!"
	done
}
loads_end() {
	for load_pid in $loads; do
		wait "$load_pid" || true
	done
}
commands() {
	[ "$(cat "$host/vtl_commands")" -gt "$1" ]
}
load "$SG"
check 'a unit has its load' eventually commands $(($(cat "$host/vtl_commands") + 1000))
check 'its device is unbound and deleted under load, in bounded time' timeout 100 sh -c "
	basename $device >$device/driver/unbind && echo 1 >$device/delete"
check 'all commands on it have an end' loads_end
check 'a scan finds it again' sh -c "echo '0 0 3' >$host/scan"
bridge_wait $name 3
load "$SG"
check 'and it has its load' eventually commands $(($(cat "$host/vtl_commands") + 1000))
tgtd_kill
check 'a daemon that dies under load ends all commands' loads_end
check 'rmmod removes orphaned hosts with their devices' rmmod vtl_hba
check 'nothing of them is left' sh -c "! ls /dev/sg* /dev/nst* /dev/sch* 2>/dev/null | grep -q ."
tap_end
