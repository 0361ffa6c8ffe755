#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: how fast the bridge is, beside scsi_debug, the floor of the kernel's own layers, and open-iscsi.
#
# Prints what is measured as lines "bench ROUND WHAT WHO NUMBER...", which bench_table.py makes the table of; ROUNDS= (3).
# All that is compared is measured by turns in each round. Compression is off, and the cartridges lie in memory.
# KERNEL_BENCH=awake: round trips only, as those of a guest whose idle processors do not halt.
set -u
. test/kernel/lib.sh
. test/lib/tap.sh
rounds=${KERNEL_ROUNDS:-3}
bench=$BUILD/kernel/bench
awake=${KERNEL_BENCH:+$KERNEL_BENCH-}
name=iqn.2026-01.test:local iscsi=iqn.2026-01.test:iscsi
M=1048576

tgtd_require
trap tgtd_cleanup EXIT
TGTD_OWN_DIR=$(mktemp -d)
tgtd_dir "$TGTD_OWN_DIR"
bridge_install && bridge_load || exit 1
"$BUILD/vtl" library create test --model STK-L700 --drives 4×IBM-LTO8 --slots 12 --import-export 2 \
	--media LTO-8:6:TST001L8 >/dev/null || exit 1
LIBRARY=$VTL_LIBRARY_ROOT/test
for n in 1 2 3 4; do
	"$BUILD/vtl" move test slot:$n drive:$n >/dev/null || exit 1
done

# A stock daemon for comparison, which finds none of our modules.
mkdir "$TGTD_DIR/modules"
mv /usr/lib/tgt/backing-store/vtl*.so "$TGTD_DIR/modules/"
tgtd_start || exit 1
stock=$TGTD_PID
mv "$TGTD_DIR"/modules/vtl*.so /usr/lib/tgt/backing-store/
tgtd_start || exit 1

serve() { # $1 tid $2 name $3 lld
	bridge_n=1
	tgtd_adm --lld "$3" --op new --mode logicalunit --tid "$1" --lun 1 --device-type changer -b "$LIBRARY/library.conf" ||
		return 1
	for drive in "$LIBRARY"/drives/*.drive; do
		bridge_n=$((bridge_n + 1))
		tgtd_adm --lld "$3" --op new --mode logicalunit --tid "$1" --lun $bridge_n --device-type tape -b "$drive" ||
			return 1
	done
}
tgtd_adm --lld hba --op new --mode target --tid 1 -T $name && serve 1 $name hba || exit 1
for lun in 5 4 3 2; do
	bridge_wait $name $lun || exit 1
	sg_turs -n 3 "$SG" >/dev/null 2>&1
	mt -f "$NST" compression 0 || mt -f "$NST" compression 0 || exit 1
	eval nst$lun=$NST
done
sg=$SG
wakeups() {
	cat /proc/"$1"/task/*/status | awk '/ctxt_switches/ { n += $2 } END { print n }'
}
# Before open-iscsi is there, which says something every five seconds.
idling() {
	idle_ours=$(wakeups "$TGTD_PID") idle_stock=$(wakeups "$stock")
	sleep 10
	idle_ours=$(($(wakeups "$TGTD_PID") - idle_ours)) idle_stock=$(($(wakeups "$stock") - idle_stock))
	echo "bench $1 idle-10s ours $idle_ours"
	echo "bench $1 idle-10s stock $idle_stock"
}
# Three times, since what has just been done still has its end in the first.
[ -n "$awake" ] || for n in 1 2 3; do
	idling $n
done
iscsi_sg= iscsi_nst=
if [ -n "$awake" ]; then
	:
elif command -v iscsid >/dev/null && tgtd_target 2 $iscsi && serve 2 $iscsi iscsi && iscsi_login $iscsi && bridge_wait $iscsi 2; then
	iscsi_sg=$SG iscsi_nst=$NST
	sg_turs -n 3 "$iscsi_sg" >/dev/null 2>&1
else
	echo "# no open-iscsi here to compare with"
fi
settings="delay=0 ndelay=0 dev_size_mb=64"
modprobe scsi_debug $settings || exit 1
debug_node() {
	debug=
	for bridge_n in /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/scsi_generic/sg*; do
		[ ! -e "$bridge_n" ] || debug=/dev/${bridge_n##*/}
	done
	[ -n "$debug" ]
}
eventually debug_node || exit 1
echo "bench-is cpus $(nproc)"
echo "bench-is kernel $(uname -r)"
echo "bench-is scsi_debug $settings (its own values: delay=$(cat /sys/bus/pseudo/drivers/scsi_debug/delay) ndelay=$(cat /sys/bus/pseudo/drivers/scsi_debug/ndelay))"

measured() { # $1 round $2 what $3 who, then the measurement
	measured_line="$1 $2 $3"
	shift 3
	measured_got=$("$bench" "$@") || { echo "# bench $* failed"; return 1; }
	echo "bench $measured_line $measured_got"
}
round() { # $1 its number
	for idle in 0:2000 20:50 300:8; do
		for who in scsi_debug:$debug ours:$sg ${iscsi_sg:+open-iscsi:$iscsi_sg}; do
			measured $1 ${awake}tur-after-${idle%:*}ms ${who%%:*} tur 0 ${who#*:} ${idle#*:} ${idle%:*} || return 1
		done
	done
	[ -z "$awake" ] || return 0
	for size in 4096:16 65536:64 262144:192 1048576:192 16777216:192; do
		block=${size%:*} total=$((${size#*:} * M))
		for way in write read; do
			if [ $block -le $M ]; then
				measured $1 $way-$block-sg scsi_debug $way 0 disk $block $total $debug || return 1
				measured $1 $way-$block-st ours $way $TGTD_PID st $block $total $nst2 || return 1
				[ -z "$iscsi_nst" ] ||
					measured $1 $way-$block-st open-iscsi $way $TGTD_PID st $block $total $iscsi_nst || return 1
			fi
			measured $1 $way-$block-sg ours $way $TGTD_PID tape $block $total $sg || return 1
		done
	done
	for way in write read; do
		measured $1 $way-262144-1-drive ours $way $TGTD_PID st 262144 $((128 * M)) $nst2 &&
		measured $1 $way-262144-2-drives ours $way $TGTD_PID st 262144 $((128 * M)) $nst2 $nst3 &&
		measured $1 $way-262144-4-drives ours $way $TGTD_PID st 262144 $((128 * M)) $nst2 $nst3 $nst4 $nst5 || return 1
	done
}

n=0 failed=
while [ $n -lt "$rounds" ] && [ -z "$failed" ]; do
	n=$((n + 1))
	round $n || failed=$n
done
check "$rounds rounds of measurements" [ -z "$failed" ]
kill -9 "$stock"
tap_end
