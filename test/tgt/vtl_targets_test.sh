#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What `vtl targets` prints serves the library through tgt-admin, with a disk beside it, and lets in whom it should.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tgtd.sh
. test/lib/tap.sh
. test/lib/vtl.sh
work=$(mktemp -d) || exit 2
trap 'tgtd_cleanup; rm -rf "$work"' EXIT
NAME=My_Lib.1	# no iSCSI name as it is
IQN=iqn.2026-01.org.tgt-vtl:my-lib.1
DISK=iqn.2026-01.test:disk

admin() {
	timeout 300 tgt-admin -C "$TGTD_CONTROL" "$@" >"$work/out" 2>"$work/err" || { sed 's/^/# /' "$work/out" "$work/err"; return 1; }
}
disk_answers() {
	iscsi-inq "$(tgtd_url $DISK 1)" 2>&1 | grep -q DIRECT_ACCESS
}
as_bob() { # URL with Bob's name and password
	echo "$1" | sed "s,//,//bob%$2@,"
}

tgtd_require
command -v tgt-admin >/dev/null || { echo "tgt-admin is not installed"; exit 77; }
tgtd_dir "$work/tgtd"
vtl library create $NAME --model STK-L700 --drives 2xIBM-LTO8 --slots 4 --media LTO-8:1:VTL001L8 || { cat "$work/err"; exit 1; }
truncate -s 10M "$work/disk.img"
tgtd_start || exit 1
"$VTL" targets $NAME >"$work/targets.conf"
printf '<target %s>\n\tbacking-store %s\n</target>\n' $DISK "$work/disk.img" >>"$work/targets.conf"

check "tgt-admin takes the output of vtl targets, and a disk" admin -e -c "$work/targets.conf"
check "the changer answers as LUN 1" vtl changer "$(tgtd_url $IQN 1)" status
check "with two drives" says 'drive 1'
check "the first drive as LUN 2" vtl tape "$(tgtd_url $IQN 2)" status
check "the second as LUN 3" vtl tape "$(tgtd_url $IQN 3)" status
check "and the disk as a disk" disk_answers
check "vtl status finds the daemon" vtl status $NAME
check "and the URLs" says "$(tgtd_url $IQN 3)"
parameter() {
	tgtd_adm --lld iscsi --op show --mode target --tid "$1" | grep -qx "$2"
}
tid=$(tgtd_adm --op show --mode target | sed -n "s/^Target \([0-9]*\): $IQN\$/\1/p")
for want in MaxRecvDataSegmentLength=262144 FirstBurstLength=262144 MaxBurstLength=1048576 InitialR2T=No; do
	check "the target has $want" parameter "$tid" "$want"
done
check "a second execution changes nothing" admin -e -c "$work/targets.conf"
check "nor does an update of all" admin --update ALL -c "$work/targets.conf"
check "the drive still answers" vtl tape "$(tgtd_url $IQN 2)" status
check "tgt-admin dumps what there is" admin --dump
check "by the drive's file" says "$VTL_LIBRARY_ROOT/$NAME/drives/D2.drive"
check "tgt-admin shows what there is" admin -s
check "a tape and a changer" says 'changer'
check "tgt-admin deletes the target" admin --delete $IQN
check "so that it is gone" eventually sh -c "! '$VTL' tape '$(tgtd_url $IQN 2)' status >/dev/null 2>&1"
check "the library is free again" eventually sh -c "'$VTL' targets $NAME --check >/dev/null 2>&1"
check "and the disk is still there" disk_answers
check "tgt-admin serves it again" admin -e -c "$work/targets.conf"
check "the drive answers" vtl tape "$(tgtd_url $IQN 2)" status
check "tgt-admin deletes all" admin --delete ALL
check_not "so that the disk is gone too" disk_answers

"$VTL" targets $NAME --user bob:secretsecret --initiator ALL --iqn iqn.2026-01.test:chap >"$work/targets.conf"
check "with CHAP" admin -e -c "$work/targets.conf"
url=$(tgtd_url iqn.2026-01.test:chap 2)
check_not "nobody comes in without a password" vtl tape "$url" status
check_not "nor with a wrong one" vtl tape "$(as_bob "$url" wrongwrong)" status
check "but with the right one" vtl tape "$(as_bob "$url" secretsecret)" status
from_environment() {
	LIBISCSI_CHAP_USERNAME=bob LIBISCSI_CHAP_PASSWORD=secretsecret "$VTL" tape "$1" status >"$work/out" 2>&1
}
check "or with one from the environment" from_environment "$url"
check "tgt-admin deletes it" admin --delete iqn.2026-01.test:chap

"$VTL" targets $NAME --initiator 192.0.2.1 >"$work/targets.conf"
check "for another host" admin -e -c "$work/targets.conf"
check_not "this one is not let in" vtl tape "$(tgtd_url $IQN 2)" status
check "the local piece" vtl targets $NAME --local
check "is one of the bridge's driver" says 'driver hba'
check "under a name of its own" says "<target $IQN.local>"
check_not "with nothing of a network" says 'initiator-address\|MaxBurstLength'
check_not "and with no passwords" vtl targets $NAME --local --user bob:secretsecret
check "tgtd ends in peace" tgtd_stop
tap_end
