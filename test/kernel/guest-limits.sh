#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: a daemon that holds all room, several hosts at once, long sense data, resets of all units, LUNs above 255.
set -u
. test/kernel/lib.sh
. test/lib/tap.sh
bridge_load
work=$(mktemp -d)
sgio=$BUILD/kernel/sgio
pids=
fake() { # $1 name $2 kind: sets SG, other (of LUN 2) and host
	"$BUILD/kernel/fake" "$1" "$2" &
	eval "fake_$1=$!"
	bridge_wait "$1" 2 && other=$SG && bridge_wait "$1" 1 && host=/sys/class/scsi_host/host$(bridge_host "$1")
}
fake_end() {
	eval "kill -9 \$fake_$1; wait \$fake_$1" 2>/dev/null
	eventually gone "$1"
}
gone() {
	[ -z "$(bridge_host "$1")" ]
}
raw() { # one command in the background, its end to a file: raw SECONDS NAME SG LENGTH OPCODE; sets raw_pid
	{
		SGIO_SECONDS=$1 "$sgio" "$3" "$([ "$4" = 0 ] && echo none || echo in)" "$4" "$work/$2.data" "$5" 0 0 0 0 0
		echo "ended $?"
	} >"$work/$2" 2>&1 &
	raw_pid=$!
}
bytes() { # the answer of an operation code, four bytes as decimal numbers
	"$sgio" "$1" in 4 "$work/bytes" "$2" 0 0 0 0 0 >/dev/null && od -An -tu1 "$work/bytes" | tr -s ' '
}
number() { # what the next command of the unit would be
	set -- $(bytes "$1" c4)
	echo $((($3 << 8) + $4))
}
more_than() { # $1 file of sysfs $2 number
	[ "$(cat "$1")" -gt "$2" ]
}

fake room polite || exit 1
sg=$SG
check 'sense data of 252 bytes come as long as the midlayer keeps them' sh -c "
	'$sgio' $sg in 16 - c5 0 0 0 0 0 | grep 'sense-bytes 96 last a5'"
# The area has room for four commands of 16 MiB, and the daemon keeps them all.
was=$(number "$other") sent=$(cat "$host/vtl_commands") all=
for n in 1 2 3 4; do
	raw 300 held$n "$sg" 16777216 c0
	all="$all $raw_pid"
done
check 'a daemon holds all of the area' eventually more_than "$host/vtl_commands" $((sent + 3))
raw 300 late "$other" 65536 c4
late=$raw_pid
check 'a command of another unit comes again and again' eventually more_than "$host/vtl_busy" 5
check 'one without data has room nevertheless' sg_turs "$sg"
check_not 'and does not fail' grep -q . "$work/late"
check 'the daemon answers' "$sgio" "$sg" none 0 - c6 0 0 0 0 0
check 'all that it held end' wait $all
check 'well' [ "$(cat "$work"/held? | grep -c 'ended 0')" = 4 ]
wait $late
check 'so does the one that waited' grep -q 'ended 0' "$work/late"
check 'no number was given to what had to come again' [ "$(number "$other")" = $((was + 2)) ]

set -- $(bytes "$sg" c7)
sent=$(cat "$host/vtl_commands")
raw 300 reset "$sg" 0 c0
pid=$raw_pid
check 'the daemon has a command' eventually more_than "$host/vtl_commands" "$sent"
check 'a target reset is one message to the daemon' sh -c "sg_reset -t -N $sg"
check 'it ends what is under way' wait $pid
check_not 'and not well' grep -q 'ended 0' "$work/reset"
set -- $1 $2 $3 $4 $(bytes "$sg" c7)
check 'no unit reset, no host reset' [ "$2 $4" = "$6 $8" ]
check 'but a target reset' [ "$7" = $(($3 + 1)) ]
fake_end room

echo 1 >/sys/module/vtl_hba/parameters/tmf_timeout
fake deaf deaf || exit 1
sg=$SG all=
for n in 1 2 3 4; do
	raw 1 held$n "$sg" 16777216 c0
	all="$all $raw_pid"
done
check 'four commands that are never answered end' wait $all
check_not 'none of them well' grep -q 'ended 0' "$work"/held?
begin=$(date +%s)
check_not 'a daemon that will never give its room back: a new command fails' "$sgio" "$sg" in 65536 - c4 0 0 0 0 0
check 'at once' [ $(($(date +%s) - begin)) -lt 5 ]
check 'and without data there is still room' sg_turs "$sg"
fake_end deaf

for name in one two three four; do
	fake $name polite || exit 1
	eval "sg_$name=$SG host_$name=$host"
done
for name in one two three four; do
	eval "sg=\$sg_$name"
	(for n in $(seq 40); do
		sg_turs -n 50 "$sg" || exit 1
		"$sgio" "$sg" in 65536 "$work/$name.data" 12 0 0 0 60 0 | grep -q 'status 00 host 00' || exit 1
	done) >/dev/null 2>&1 &
	eval "load_$name=$!"
done
check 'of four hosts two lose their daemons under load' sh -c "kill -9 $fake_one $fake_two"
wait $fake_one $fake_two 2>/dev/null
wait $load_one $load_two 2>/dev/null
check 'and go' eventually gone one
check 'both' eventually gone two
check 'the others carry on without one error' wait $load_three
check 'each of them' wait $load_four
check 'and without one odd answer' sh -c "! cat $host_three/vtl_late $host_four/vtl_late $host_three/vtl_malformed | grep -q '[1-9]'"
fake_end three
fake_end four
check 'the driver is removed' bridge_unload

bridge_start || exit 1
name=iqn.2026-01.test:local
bridge_target 1 $name && bridge_lun 1 300 tape "$(ls "$LIBRARY"/drives/*.drive | sed -n 1p)" || exit 1
# Flat addressing: the two bytes of LUN 300 are 41h 2Ch, which is how Linux counts it.
check 'a unit above 255 gets its device' bridge_wait $name $((0x412c))
high=$SG
bridge_wait $name 2 && drive=$SG && bridge_wait $name 3 && other=$SG && bridge_wait $name 1 && changer=$SG || exit 1
check 'it answers' sg_inq "$high"
check 'REPORT LUNS names it by flat addressing' sh -c "sg_luns -q $drive | grep -q '^ *412c000000000000'"
check 'it is the drive that LUN 2 is too' [ "$(sg_vpd -p 0x80 -q "$high")" = "$(sg_vpd -p 0x80 -q "$drive")" ]
ready() {
	for device in "$high" "$drive" "$other" "$changer"; do
		sg_turs -n 4 "$device" >/dev/null 2>&1
	done
}
tells() { # a unit attention of 29h from a device
	sg_turs "$1" 2>&1 | grep -q 'Power on, reset\|Bus device reset'
}
ready
check 'a unit reset' sg_reset -d -N "$drive"
check 'is told by its unit' tells "$drive"
check_not 'and not by another drive' tells "$other"
ready
check 'a target reset' sg_reset -t -N "$drive"
for device in "$drive" "$other" "$changer"; do
	check "is told by each of its units: $device" tells "$device"
done
check 'a unit above 255 is removed' tgtd_adm --lld hba --op delete --mode logicalunit --tid 1 --lun 300
check 'and its device goes' eventually [ ! -e "$high" ]
tgtd_kill
check 'and the driver' bridge_unload
rm -rf "$work"
tap_end
