#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: a library that tgt-admin serves at both doors, and the names that udev gives to its devices.
set -u
. test/kernel/lib.sh
. test/lib/tap.sh
udevd=/usr/lib/systemd/systemd-udevd
command -v iscsid tgt-admin $udevd >/dev/null || { echo "ok 1 - names by udev # SKIP no open-iscsi, tgt-admin or udev"; exit 0; }
bridge_start || exit 1
cp conf/udev/*.rules /etc/udev/rules.d/ || exit 1
$udevd --daemon >/dev/null 2>&1 || exit 1
local=iqn.2026-01.org.tgt-vtl:test.local remote=iqn.2026-01.org.tgt-vtl:test
log=$TGTD_DIR/udev.log
{ "$BUILD/vtl" targets test && "$BUILD/vtl" targets test --local; } >"$TGTD_DIR/targets.conf" || exit 1

admin() {
	timeout 60 tgt-admin -C "$TGTD_CONTROL" "$@" >"$log" 2>&1 || { sed 's/^/# /' "$log"; return 1; }
}
quietly() { # says what a command said only if it fails
	"$@" >"$log" 2>&1 || { sed 's/^/# /' "$log"; return 1; }
}
host_gone() {
	[ -z "$(bridge_host $local)" ]
}
shows() { # tgtadm's view of the local target
	tgtd_adm --lld hba --op show --mode target | sed -n "/: $local\$/,/^Target/p" | grep -q "$1"
}
leads() { # a link of udev's to a device
	[ "$(readlink -f "/dev/tape/$1")" = "$2" ] || { echo "# /dev/tape/$1 leads to $(readlink -f "/dev/tape/$1")"; return 1; }
}
port() { # what VPD page 83h says of the door
	sg_vpd -p 0x83 "$1" | sed -n '/Target port:/,$p'
}
# The service's own way to end, by the lines of our drop-in.
stop_service() {
	sed -n 's/^ExecStop=-*\(..*\)$/\1/p' conf/systemd/tgt-vtl.conf | sed "s/\\$\\$/\$/g; s/tgtadm /&-C $TGTD_CONTROL /g; s/tgt-admin /&-C $TGTD_CONTROL /" >"$log.stop"
	sh -x "$log.stop" >"$log" 2>&1
	tgtd_wait_pid_end "$TGTD_PID"
	wait "$TGTD_PID" || { sed 's/^/# /' "$log"; return 1; }
	TGTD_PID=
}

check 'tgt-admin takes both pieces of targets.conf' admin -e -c "$TGTD_DIR/targets.conf"
check 'tgtadm shows the local target, with its nexus' shows 'Initiator: this machine, host[0-9]'
check 'and its driver' shows 'Driver: hba'
check 'tgt-admin dumps it' admin --dump
check 'as one of this driver' grep -q 'driver hba' "$log"
check 'the local devices come' bridge_wait $local 2
here=$NST here_st=$ST here_sg=$SG
bridge_wait $local 1
changer=$SG
check 'those of iSCSI come too' sh -c ". test/kernel/lib.sh; . test/lib/tap.sh; TGTD_DIR=$TGTD_DIR TGTD_PORT=$TGTD_PORT; iscsi_login $remote"
check 'with the same units' bridge_wait $remote 2
there=$NST there_sg=$SG
udevadm settle --timeout=60

id=$(udevadm info -q property --property=ID_SERIAL --value "$here")
serial=$(udevadm info -q property --property=ID_SCSI_SERIAL --value "$here")
check 'both doors lead to one drive' [ "$id" = "$(udevadm info -q property --property=ID_SERIAL --value "$there")" ]
check 'by-path tells the local door of a drive' leads "by-path/platform-vtl_hba:$local-scsi-0:0:0:2-nst" "$here"
check 'and that of iSCSI' leads "by-path/ip-127.0.0.1:$TGTD_PORT-iscsi-$remote-lun-2-nst" "$there"
check 'by-path tells the changer' leads "by-path/platform-vtl_hba:$local-scsi-0:0:0:1-changer" "$changer"
check 'by-id with the door leads to the local one' leads "by-id/scsi-$id-local-nst" "$here"
check 'and to its device that rewinds' leads "by-id/scsi-$id-local" "$here_st"
check 'by-id without a door too, though that of iSCSI came later' leads "by-id/scsi-$id-nst" "$here"
check 'by the serial number too' leads "by-id/scsi-$serial-nst" "$here"
check 'the changer has a name by-id with the door' \
	leads "by-id/scsi-$(udevadm info -q property --property=ID_SERIAL --value "$changer")-local-changer" "$changer"
check 'VPD 83h gives one designator of the unit' \
	[ "$(sg_vpd -p 0x83 "$here_sg" | grep -A1 NAA | sed -n 2p)" = "$(sg_vpd -p 0x83 "$there_sg" | grep -A1 NAA | sed -n 2p)" ]
check 'relative port 2 here, 1 there' sh -c "
	sg_vpd -p 0x83 $here_sg | grep -q 'Relative target port: 0x2' && sg_vpd -p 0x83 $there_sg | grep -q 'Relative target port: 0x1'"
check_not 'and a port of another name' [ "$(port "$here_sg")" = "$(port "$there_sg")" ]
check 'REPORT LUNS of well-known units names none' sh -c "sg_luns -s 1 $here_sg | grep -q 'length = 0'"
check 'of all: four' sh -c "sg_luns -s 2 $here_sg | grep -q 'length = 32'"
sg_turs -n 5 "$here_sg" >/dev/null 2>&1
sg_turs -n 5 "$there_sg" >/dev/null 2>&1
check 'each door is a nexus: reservations of one keep the other out' quietly sh -c "
	sg_persist -o -G -S 0xabc $here_sg && sg_persist -o -R -T 3 -K 0xabc $here_sg &&
	! sg_persist -o -R -T 3 -K 0xdef $there_sg && sg_persist -o -C -K 0xabc $here_sg"
check 'tgt-admin leaves a target in use as it is' admin --update ALL -c "$TGTD_DIR/targets.conf"
check_not 'without --force tgtadm says that it is active' \
	tgtd_adm --lld hba --op delete --mode target --tid 2 2>/dev/null

check 'the links of a unit that is removed' tgtd_adm --lld hba --op delete --mode logicalunit --tid 2 --lun 2
check 'go, and by-id leads to the other door' eventually leads "by-id/scsi-$id-nst" "$there" 2>/dev/null
check 'open-iscsi logs out' quietly iscsiadm -m node -u
check 'the service stops, local target and all' stop_service
check 'the devices are gone' eventually [ ! -e "$changer" ]
check 'so is the host' eventually host_gone
udevadm control --exit
tap_end
