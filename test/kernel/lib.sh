# SPDX-License-Identifier: GPL-2.0-only
# Shell functions for what runs inside the guest: the driver, a library in tgtd, its devices. Sourced from the top.
#
#	bridge_load		loads the SCSI drivers and ours; bridge_unload takes ours out
#	bridge_library		makes the library `test`: 2 LTO-8 drives, 12 slots, 6 cartridges; sets LIBRARY
#	bridge_target TID NAME	a local target with the changer as LUN 1, drives as LUN 2 and 3
#	iscsi_target TID NAME	the same units over iSCSI, beside the local ones; iscsi_login NAME: open-iscsi's door to it
#	bridge_wait NAME LUN	waits for the device of a unit and sets SG, and ST, NST or CH with it
#	bridge_host NAME	prints N of the target's hostN, by whichever door it came; bridge_count NAME WHAT one of its numbers
#	bridge_start		all but the target
. test/lib/tgtd.sh

DRIVER=${KERNEL_DRIVER:-$BUILD/kernel}/vtl_hba.ko

# The guest's root is its own: modules are put where tgtd looks for them, once, and tgtd needs no namespace.
bridge_install() {
	mkdir -p /usr/lib/tgt/backing-store &&
	cp "$BUILD/vtl.so" "$BUILD/vtl_hba.so" /usr/lib/tgt/backing-store/ && cp "$BUILD/libvtlmedia.so.0" /usr/lib/ || return 1
	tgtd_in_namespace='exec env $tgtd_all_env "$TGTD" -f -C "$TGTD_CONTROL" --iscsi "portal=127.0.0.1:$TGTD_PORT"'
}

bridge_load() {
	[ -d /sys/module/ch ] || for bridge_m in scsi_mod sg st ch sd_mod; do
		modprobe -q $bridge_m
	done
	[ -d /sys/module/vtl_hba ] || insmod "$DRIVER"
}

bridge_unload() {
	bridge_n=0
	until rmmod vtl_hba 2>/dev/null; do
		bridge_n=$((bridge_n + 1))
		[ $bridge_n -lt 2400 ] || return 1	# two minutes
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
		bridge_is=
		read -r bridge_is 2>/dev/null <"$bridge_h/vtl_name"
		[ "$bridge_is" != "$1" ] || echo "${bridge_h##*/host}"
	done 2>/dev/null
	for bridge_h in /sys/class/iscsi_session/session*; do
		[ -e "$bridge_h" ] && [ "$(cat "$bridge_h/targetname" 2>/dev/null)" = "$1" ] || continue
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

# The first node of a device in a class of sysfs: bridge_node H:C:T:L CLASS PREFIX.
bridge_node() {
	for bridge_n in "/sys/class/scsi_device/$1/device/$2/$3"[0-9]*; do
		[ -e "$bridge_n" ] && echo "${bridge_n##*/}" && return
	done
}

bridge_look() {
	SG= ST= NST= CH= bridge_kind=
	bridge_hctl=$(bridge_host "$1"):0:0:$2
	[ -e "/sys/class/scsi_device/$bridge_hctl/device/type" ] || return 1
	read -r bridge_kind <"/sys/class/scsi_device/$bridge_hctl/device/type"
	SG=$(bridge_node "$bridge_hctl" scsi_generic sg)
	# A device has its nodes a little later than its folder in sysfs.
	case $bridge_kind in
	1) ST=$(bridge_node "$bridge_hctl" scsi_tape st) && [ -n "$ST" ] && [ -c "/dev/$ST" ] && [ -c "/dev/n$ST" ] ;;
	8) CH=$(bridge_node "$bridge_hctl" scsi_changer sch) && [ -n "$CH" ] && [ -c "/dev/$CH" ] ;;
	esac && [ -n "$SG" ] && [ -c "/dev/$SG" ]
}

bridge_wait() {
	eventually bridge_look "$1" "$2" || return 1
	SG=/dev/$SG
	[ -z "$ST" ] || { NST=/dev/n$ST; ST=/dev/$ST; }
	[ -z "$CH" ] || CH=/dev/$CH
}

# A number of the driver's statistics, of the host of a target.
bridge_count() {
	cat "/sys/class/scsi_host/host$(bridge_host "$1")/vtl_$2"
}

# Loads, makes a library and starts tgtd with both of our modules.
bridge_start() {
	tgtd_require
	# The guest's disk is its memory: what one suite leaves there the next has not.
	trap tgtd_cleanup EXIT
	TGTD_OWN_DIR=$(mktemp -d)
	tgtd_dir "$TGTD_OWN_DIR"
	bridge_install && bridge_load && bridge_library && tgtd_start
}
