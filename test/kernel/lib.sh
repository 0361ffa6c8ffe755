# SPDX-License-Identifier: GPL-2.0-only
# Shell functions for what runs inside the guest: the driver, a library in tgtd, its devices. Sourced from the top.
#
#	bridge_load		loads the SCSI drivers and ours; bridge_unload takes ours out
#	bridge_library		makes the library `test`: 2 LTO-8 drives, 12 slots, 6 cartridges; sets LIBRARY
#	bridge_target TID NAME	a local target with the changer as LUN 1, drives as LUN 2 and 3
#	iscsi_target TID NAME	the same units over iSCSI, beside the local ones; iscsi_login NAME: open-iscsi's door to it
#	bridge_wait NAME LUN	waits for the device of a unit and sets SG, and ST, NST or CH with it
#	bridge_host NAME	prints N of the target's hostN, by whichever door it came
#	bridge_start		all but the target
. test/lib/tgtd.sh

DRIVER=$BUILD/kernel/vtl_hba.ko

bridge_load() {
	for bridge_m in scsi_mod sg st ch sd_mod; do
		modprobe -q $bridge_m
	done
	grep -q '^vtl_hba ' /proc/modules || insmod "$DRIVER"
}

bridge_unload() {
	bridge_n=0
	until rmmod vtl_hba 2>/dev/null; do
		bridge_n=$((bridge_n + 1))
		[ $bridge_n -lt 100 ] || return 1
		sleep 0.05
	done
}

bridge_library() {
	"$BUILD/vtl" library create test --model STK-L700 --drives 2×IBM-LTO8 --slots 12 --import-export 2 \
		--media LTO-8:6:TST001L8 --media LTO-CLN:1:CLN001CU >"$TGTD_DIR/create.log" 2>&1 || {
		cat "$TGTD_DIR/create.log"
		return 1
	}
	LIBRARY=$VTL_LIBRARY_ROOT/test
}

bridge_lun() {
	bridge_tid=$1 bridge_l=$2 bridge_type=$3 bridge_path=$4
	shift 4
	tgtd_adm --lld hba --op new --mode logicalunit --tid "$bridge_tid" --lun "$bridge_l" --device-type "$bridge_type" \
		-b "$bridge_path" "$@"
}

bridge_target() {
	tgtd_adm --lld hba --op new --mode target --tid "$1" -T "$2" &&
	bridge_lun "$1" 1 changer "$LIBRARY/library.conf" &&
	bridge_lun "$1" 2 tape "$(ls "$LIBRARY"/drives/*.drive | sed -n 1p)" &&
	bridge_lun "$1" 3 tape "$(ls "$LIBRARY"/drives/*.drive | sed -n 2p)"
}

bridge_host() {
	for bridge_h in /sys/class/scsi_host/host*; do
		[ "$(cat "$bridge_h/vtl_name" 2>/dev/null)" = "$1" ] && echo "${bridge_h##*/host}"
	done
	for bridge_h in /sys/class/iscsi_session/session*; do
		[ "$(cat "$bridge_h/targetname" 2>/dev/null)" = "$1" ] || continue
		bridge_h=$(readlink -f "$bridge_h/device/..")
		echo "${bridge_h##*/host}"
	done
}

iscsi_target() {
	tgtd_target "$1" "$2" &&
	tgtd_lun "$1" 1 changer "$LIBRARY/library.conf" &&
	tgtd_lun "$1" 2 tape "$(ls "$LIBRARY"/drives/*.drive | sed -n 1p)" &&
	tgtd_lun "$1" 3 tape "$(ls "$LIBRARY"/drives/*.drive | sed -n 2p)"
}

iscsi_login() {
	if ! pidof iscsid >/dev/null; then
		modprobe -q iscsi_tcp
		mkdir -p /etc/iscsi /run/lock/iscsi
		echo 'InitiatorName=iqn.2026-01.test:guest' >/etc/iscsi/initiatorname.iscsi
		iscsid || return 1
	fi
	iscsiadm -m discovery -t sendtargets -p "127.0.0.1:$TGTD_PORT" >"$TGTD_DIR/iscsiadm" 2>&1 &&
	iscsiadm -m node -T "$1" -p "127.0.0.1:$TGTD_PORT" --login >>"$TGTD_DIR/iscsiadm" 2>&1 || {
		sed 's/^/# /' "$TGTD_DIR/iscsiadm"
		return 1
	}
}

bridge_node() {
	ls "/sys/class/scsi_device/$1/device/$2" 2>/dev/null | sed -n "/$3/p" | head -n 1
}

bridge_wait() {
	SG= ST= NST= CH=
	bridge_n=0
	while [ $bridge_n -lt 200 ]; do
		bridge_n=$((bridge_n + 1))
		bridge_hctl=$(bridge_host "$1"):0:0:$2
		SG=$(bridge_node "$bridge_hctl" scsi_generic '^sg')
		ST=$(bridge_node "$bridge_hctl" scsi_tape '^st[0-9]*$')
		CH=$(bridge_node "$bridge_hctl" scsi_changer '^sch')
		case $(cat "/sys/class/scsi_device/$bridge_hctl/device/type" 2>/dev/null) in
		1) [ -n "$SG" ] && [ -n "$ST" ] && break ;;
		8) [ -n "$SG" ] && [ -n "$CH" ] && break ;;
		?*) [ -n "$SG" ] && break ;;
		esac
		sleep 0.05
	done
	[ -n "$SG" ] || return 1
	SG=/dev/$SG
	[ -z "$ST" ] || { NST=/dev/n$ST; ST=/dev/$ST; }
	[ -z "$CH" ] || CH=/dev/$CH
}

# Loads, makes a library and starts tgtd with both of our modules.
bridge_start() {
	tgtd_require
	TGTD_OWN_DIR=$(mktemp -d)
	tgtd_dir "$TGTD_OWN_DIR"
	export TGTD_MODULES="$BUILD/vtl.so $BUILD/vtl_hba.so"
	bridge_load && bridge_library && tgtd_start
}
