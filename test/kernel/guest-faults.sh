#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: commands that the daemon answers badly, late, or never.
set -u
. test/kernel/lib.sh
. test/lib/tap.sh
bridge_load
log=$(mktemp)
fake() {
	"$BUILD/kernel/fake" "$1" "$2" &
	fake_pid=$!
	bridge_wait "$1" 1
}
fake_end() {
	kill -9 $fake_pid 2>/dev/null
	wait $fake_pid 2>/dev/null
	eventually sh -c "! grep -qs '^$1$' /sys/class/scsi_host/host*/vtl_name"
}
timed_out='host 03'
# One command, its end to the log: raw SECONDS SG OPCODE [LENGTH]
raw() {
	SGIO_SECONDS=$1 "$BUILD/kernel/sgio" "$2" "$([ "${4:-0}" = 0 ] && echo none || echo in)" "${4:-0}" "$log.data" \
		"$3" 0 0 0 0 0 >"$log" 2>&1
}

# A program of its own, with numbers of its own.
"$BUILD/kernel/calls" || TAP_FAILED=1
check 'the kernel says of it what was refused' sh -c "dmesg | grep -q 'vtl_hba: process .* is refused: version 0'"
echo 1 >/sys/module/vtl_hba/parameters/tmf_timeout
fake polite polite || exit 1
sg=$SG host=/sys/class/scsi_host/host$(bridge_host polite)
check 'a command is answered' sg_turs "$sg"
check_not 'a command that is never answered fails when its time is over' raw 1 "$sg" c0
check 'with a timeout, not GOOD' grep "$timed_out" "$log"
check 'the daemon was told to abort it' [ "$(cat "$host/vtl_tmfs")" -ge 1 ]
check_not 'neither is one that is answered too late good' raw 1 "$sg" c1
check 'it is an error of the transport' grep 'host 0[1-9]' "$log"
check 'what came late was dropped' eventually sh -c "[ \$(cat $host/vtl_late) -ge 1 ]"
check 'and the unit goes on' sg_turs "$sg"
late=$(cat "$host/vtl_late")
check_not 'more data than the command has is an error' raw 9 "$sg" c2 16
check 'and it is counted' [ "$(cat "$host/vtl_malformed")" -ge 1 ]
check 'a command that is answered twice, and under wrong tags, is answered once' raw 9 "$sg" c3 16
check 'the others are counted' [ "$(cat "$host/vtl_late")" -gt "$late" ]
raw 9 "$sg" c4 4
cp "$log.data" "$log.seq1"
raw 9 "$sg" c4 4
cp "$log.data" "$log.seq2"
check 'commands of a unit are numbered one after the other' \
	[ $(($(od -An -tu1 -j3 -N1 "$log.seq1") + 1)) = "$(od -An -tu1 -j3 -N1 "$log.seq2" | tr -d ' ')" ]
raw 9 "$sg" c5 16
check 'sense and data come together, with an exact residual' sh -c "
	cat $log; grep -q 'status 02.*sense 5/a5/a5 resid 12' $log && [ \"\$(cat $log.data)\" = data ]"
check 'a host stays responsible beside all that' sg_turs -n 50 "$sg"
begin=$(date +%s) sent=$(cat "$host/vtl_commands")
(SGIO_SECONDS=100 "$BUILD/kernel/sgio" "$sg" none 0 - c0 0 0 0 0 0 >"$log.long" 2>&1; echo $? >"$log.rc") &
long=$!
check 'the daemon has the command' eventually sh -c "[ \$(cat $host/vtl_commands) -gt $sent ]"
fake_end polite
wait $long
check 'a command ends at once when its daemon dies' [ $(($(date +%s) - begin)) -lt 20 ]
check 'and not well' [ "$(cat "$log.rc")" != 0 ]

fake deaf deaf || exit 1
sg=$SG host=/sys/class/scsi_host/host$(bridge_host deaf)
begin=$(date +%s)
check_not 'a daemon that does not hear of aborts: the command fails nevertheless' raw 1 "$sg" c0
check 'with an error of the transport, not GOOD' grep 'host 0[1-9]' "$log"
check 'in bounded time' [ $(($(date +%s) - begin)) -lt 60 ]
check 'the host goes on' sg_turs "$sg"
fake_end deaf
check 'the driver is removed' bridge_unload
rm -f "$log"*
tap_end
