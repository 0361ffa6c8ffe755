#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: what people use tapes with, on the devices that the bridge makes of a library.
set -u
. test/kernel/lib.sh
. test/lib/tap.sh
bridge_start || exit 1
name=iqn.2026-01.test:local
bridge_target 1 $name || exit 1
bridge_wait $name 3 || exit 1
nst2=$NST sg_drive2=$SG
bridge_wait $name 2 || exit 1
nst=$NST st=$ST sg_drive=$SG
bridge_wait $name 1 || exit 1
changer=$SG sch=$CH
work=$TGTD_DIR/work
sgio=$BUILD/kernel/sgio
mkdir -p "$work"

host=/sys/class/scsi_host/host$(bridge_host $name)
check 'the host says that its daemon is there' grep -q attached "$host/vtl_state"
check 'the host knows the process' [ "$(cat "$host/vtl_daemon")" = "$TGTD_PID" ]
check 'REPORT LUNS names the four units' \
	[ "$(sg_luns -q "$changer" | grep -c '^ *0')" = 4 ]
check 'an INQUIRY of a LUN that is not there finds nothing' sh -c "
	echo '0 0 9' >/sys/class/scsi_host/host$(bridge_host $name)/scan 2>/dev/null
	[ ! -e /sys/class/scsi_device/$(bridge_host $name):0:0:9 ]"
check 'a scan of the host finds nothing twice' sh -c "
	n=\$(ls /sys/class/scsi_device | wc -l)
	echo '- - -' >$host/scan
	[ \$(ls /sys/class/scsi_device | wc -l) = \$n ]"

check 'the first command of a nexus meets 29h' sh -c "sg_turs $sg_drive2 2>&1 | grep -q 'Power on, reset'"
sg_turs -n 5 "$sg_drive2" >/dev/null 2>&1
sg_turs -n 5 "$changer" >/dev/null 2>&1
check 'mtx status shows slots and barcodes' sh -c "mtx -f $changer status | grep -q 'Storage Element 1:Full :VolumeTag=TST001L8'"
check 'mtx loads a drive' mtx -f "$changer" load 1 0
check 'mtx loads the other drive' mtx -f "$changer" load 2 1
check 'the changer says what is in the drive' sh -c "mtx -f $changer status | grep -q 'Data Transfer Element 0:Full.*TST001L8'"
check 'mt status: online, at the beginning' sh -c "mt -f $nst status | grep -q BOT"

dd if=/dev/urandom of="$work/data" bs=1M count=24 2>/dev/null
for bs in 512 4096 65536 262144 1048576 8388608; do
	count=$((bs < 65536 ? 64 : 25165824 / bs))
	[ $((count * bs)) -le 25165824 ] || count=$((25165824 / bs))
	check "blocks of $bs come back as they were" sh -c "
		mt -f $nst rewind && mt -f $nst setblk 0 &&
		dd if=$work/data of=$nst bs=$bs count=$count iflag=fullblock 2>/dev/null &&
		mt -f $nst rewind && dd if=$nst of=$work/back bs=$bs 2>/dev/null &&
		cmp -n $((count * bs)) $work/data $work/back && [ \$(stat -c %s $work/back) = $((count * bs)) ]"
done
check 'a block of one byte' sh -c "
	mt -f $nst rewind && printf x | dd of=$nst bs=1 2>/dev/null && mt -f $nst rewind &&
	[ \"\$(dd if=$nst bs=1024 2>/dev/null)\" = x ]"
check 'a block that is shorter than the buffer comes with its own length' sh -c "
	mt -f $nst rewind && dd if=$work/data of=$nst bs=1000 count=3 2>/dev/null && mt -f $nst rewind &&
	dd if=$nst of=$work/back bs=64k 2>/dev/null && [ \$(stat -c %s $work/back) = 3000 ]"
check_not 'a block that is longer than the buffer is an error' sh -c "
	mt -f $nst rewind && dd if=$nst of=/dev/null bs=100 count=1 2>/dev/null"
check 'st in fixed mode: 64 blocks of 256 KiB at a time' sh -c "
	mt -f $nst rewind && mt -f $nst setblk 262144 &&
	dd if=$work/data of=$nst bs=16M count=1 iflag=fullblock 2>/dev/null && mt -f $nst rewind &&
	dd if=$nst of=$work/back bs=16M count=1 2>/dev/null && cmp -n 16777216 $work/data $work/back &&
	[ \$(stat -c %s $work/back) = 16777216 ]; rc=\$?; mt -f $nst setblk 0; exit \$rc"
check 'one byte more than the drive takes is refused by the drive: 05/24/00' sh -c "
	mt -f $nst rewind && head -c 8388609 $work/data >$work/big
	$sgio $sg_drive out 8388609 $work/big 0a 00 80 00 01 00 | grep 'sense 5/24/00'"
check '16 MiB at once through sg' sh -c "
	head -c 16777216 $work/data >$work/16
	mt -f $nst rewind && mt -f $nst setblk 262144 &&
	$sgio $sg_drive out 16777216 $work/16 0a 01 00 00 40 00 && mt -f $nst rewind &&
	$sgio $sg_drive in 16777216 $work/back 08 01 00 00 40 00 && cmp $work/16 $work/back
	rc=\$?; mt -f $nst setblk 0; exit \$rc"
check 'SG_IO on nst with 8 MiB of scattered pages' sh -c "
	mt -f $nst rewind && head -c 8388608 $work/data >$work/8 &&
	$sgio $nst outs 8388608 $work/8 0a 00 80 00 00 00 && mt -f $nst rewind &&
	$sgio $nst ins 8388608 $work/back 08 00 80 00 00 00 && cmp $work/8 $work/back"
check 'the residual of a short block is exact, and the data come with the sense' sh -c "
	mt -f $nst rewind && dd if=$work/data of=$nst bs=1000 count=1 2>/dev/null && mt -f $nst rewind &&
	$sgio $sg_drive in 65536 $work/back 08 00 01 00 00 00 | grep 'status 02.*resid 64536' &&
	cmp -n 1000 $work/data $work/back && [ \$(stat -c %s $work/back) = 1000 ]"

check 'filemarks: space, tell, seek' sh -c "
	mt -f $nst rewind && for i in 1 2 3; do dd if=$work/data of=$nst bs=64k count=2 2>/dev/null || exit 1; done
	mt -f $nst rewind && mt -f $nst fsf 2 && mt -f $nst status | grep -q 'File number=2' &&
	mt -f $nst bsf 1 && mt -f $nst tell | grep -q 'At block' &&
	mt -f $nst seek 1 && mt -f $nst eod && mt -f $nst status | grep -q EOD"
check 'sg_inq, sg_vpd, sg_logs, sg_modes and sg_opcodes are content' sh -c "
	sg_inq $sg_drive && sg_vpd -p 0x83 $sg_drive && sg_vpd -p 0x80 $sg_drive && sg_logs -a $sg_drive &&
	sg_modes -a $sg_drive && sg_opcodes -t $sg_drive && sg_read_attr $sg_drive && sg_requests $sg_drive &&
	sg_persist -i -k $sg_drive" >"$work/log" 2>&1 || tail -n 5 "$work/log"
grep '^ok\|^not ok' "$work/log"
check 'resets at idle' sh -c "
	n=\$(cat $host/vtl_tmfs)
	sg_reset -d $sg_drive && sg_reset -t $sg_drive && sg_reset -H $sg_drive && sg_turs $sg_drive
	[ \$(cat $host/vtl_tmfs) -ge \$((n + 3)) ]"
check 'a reset in the middle of a file: st does not write before it is positioned' sh -c "
	mt -f $nst rewind || exit 1
	exec 7>$nst
	dd if=$work/data bs=64k count=4 2>/dev/null >&7 || exit 1
	sg_reset -d $sg_drive
	dd if=$work/data bs=64k count=1 2>/dev/null >&7 && exit 1
	exec 7>&-
	mt -f $nst rewind; mt -f $nst rewind"
check 'two processes on two drives at once' sh -c "
	mt -f $nst rewind || mt -f $nst rewind; mt -f $nst2 rewind || mt -f $nst2 rewind
	dd if=$work/data of=$nst bs=256k 2>/dev/null & one=\$!
	dd if=$work/data of=$nst2 bs=256k 2>/dev/null && wait \$one || exit 1
	mt -f $nst rewind && mt -f $nst2 rewind
	dd if=$nst of=$work/back bs=256k 2>/dev/null & one=\$!
	dd if=$nst2 of=$work/back2 bs=256k 2>/dev/null && wait \$one &&
	cmp $work/data $work/back && cmp $work/data $work/back2"
check 'tar writes and compares' sh -c "
	mt -f $nst rewind && tar -C $PWD -b 128 -cf $nst test/kernel && mt -f $nst rewind &&
	tar -C $PWD -b 128 -df $nst"
check 'mt offline and mtx unload' sh -c "
	mt -f $nst offline && mtx -f $changer unload 1 0 && mt -f $nst2 offline && mtx -f $changer unload 2 1"
check 'no answer was malformed or late' sh -c "cat $host/vtl_malformed $host/vtl_late | grep -vq '^[1-9]'"

check_not 'without --force a target in use is not deleted' \
	tgtd_adm --lld hba --op delete --mode target --tid 1 2>/dev/null
check 'a unit is removed' tgtd_adm --lld hba --op delete --mode logicalunit --tid 1 --lun 3
check 'and its device goes' eventually [ ! -e "$nst2" ]
check 'it is added again' bridge_lun 1 3 tape "$(ls "$LIBRARY"/drives/*.drive | sed -n 2p)"
check 'and its device comes' bridge_wait $name 3
check_not 'a second target of the same name is refused' \
	tgtd_adm --lld hba --op new --mode target --tid 2 -T $name 2>/dev/null
check 'a stock disk is served beside it' sh -c "truncate -s 16M $TGTD_DIR/disk"
tgtd_adm --lld hba --op new --mode target --tid 3 -T iqn.2026-01.test:disk &&
	bridge_lun 3 1 disk "$TGTD_DIR/disk" && bridge_wait iqn.2026-01.test:disk 1
# sd names its disk later than sg does.
eventually sh -c "ls -d /sys/class/scsi_device/$bridge_hctl/device/block/sd* >/dev/null 2>&1"
disk=/dev/$(basename /sys/class/scsi_device/"$bridge_hctl"/device/block/sd*)
eventually [ -b "$disk" ]
check 'what is written to it comes back' sh -c "
	dd if=$work/data of=$disk bs=1M count=8 oflag=direct 2>/dev/null &&
	dd if=$disk of=$work/back bs=1M count=8 iflag=direct 2>/dev/null && cmp -n 8388608 $work/data $work/back"
check 'targets are deleted with --force' sh -c "
	'$TGTADM' -C $TGTD_CONTROL --lld hba --op delete --mode target --tid 3 --force &&
	'$TGTADM' -C $TGTD_CONTROL --lld hba --op delete --mode target --tid 1 --force"
check 'and their devices go' eventually sh -c "! ls /dev/sg* 2>/dev/null | grep -q ."
check 'tgtd ends in peace' tgtd_stop
check 'the driver is removed' bridge_unload
tap_end
