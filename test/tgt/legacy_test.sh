#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Configurations written for tgt's own changer, by tgtadm and by tgt-admin: media_home becomes a library that works.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tgtd.sh
. test/lib/tap.sh
. test/lib/vtl.sh
work=$(mktemp -d) || exit 2
trap 'tgtd_cleanup; rm -rf "$work"' EXIT
IQN=iqn.2012-08.ronnie.vtl
home=$work/tapes

lu() {
	tgtd_adm --lld iscsi --mode logicalunit --tid 1 "$@"
}
set_params() { # LUN PARAMS
	lu --op update --lun "$1" --params "$2"
}
changer() {
	vtl changer "$(tgtd_url $IQN 3)" "$@"
}
drive() { # NUMBER VERB
	drive_n=$1
	shift
	vtl tape "$(tgtd_url $IQN "$drive_n")" "$@"
}
in_element() { # TYPE NUMBER BARCODE
	changer status --json &&
		jq -e ".elements[] | select(.type == \"$1\" and .number == $2) | .barcode == \"$3\"" "$work/out" >/dev/null
}

cksum_same() {
	cksum "$home/OLD001L8" | cmp -s - "$work/before"
}

# The commands of tgt's doc/README.vtl, in their order. Two tapes are tgt's own images, the others are not there yet.
configure() {
	tgtd_target 1 $IQN &&
	lu --op new --lun 1 -b "$home/OLD001L8" --device-type tape && set_params 1 online=0 &&
	lu --op new --lun 2 -b "$home/OLD002L8" --device-type tape && set_params 2 online=0 &&
	set_params 2 vendor_id=HP,product_id="LTO8 ULTRIUM",product_rev=0001,scsi_sn=HUM1A00002 &&
	lu --op new --lun 3 -b "$home/smc" --device-type changer &&
	set_params 3 vendor_id=STK,product_id=L700,product_rev=0001,scsi_sn=123:456:789:000 &&
	set_params 3 media_home="$home" &&
	set_params 3 element_type=4,start_address=1,quantity=2 &&
	set_params 3 element_type=4,address=1,tid=1,lun=1 &&
	set_params 3 element_type=4,address=2,tid=1,lun=2 &&
	set_params 3 element_type=1,start_address=3,quantity=1 &&
	set_params 3 element_type=2,start_address=4,quantity=5 &&
	set_params 3 element_type=2,address=4,barcode=OLD001L8,sides=1 &&
	set_params 3 element_type=2,address=6,barcode=NEW001L8,sides=1 &&
	set_params 3 element_type=2,address=7,barcode=00000007,sides=1
}

tgtd_require
command -v tgt-admin >/dev/null && command -v tgtimg >/dev/null || { echo "tgt's tools are not installed"; exit 77; }
tgtd_dir "$work/tgtd"
mkdir "$home"
dd if=/dev/zero of="$home/smc" bs=1k count=1 2>/dev/null
for tape in OLD001L8 OLD002L8; do
	tgtimg --op new --device-type tape --barcode $tape --size 10 --type data --file "$home/$tape" >/dev/null || exit 1
done
cksum "$home/OLD001L8" >"$work/before"
tgtd_start || exit 1
check "every command of tgt's own example is taken" configure
check_not "a parameter that it does not know is not" set_params 3 colour=blue
check_not "nor an element type that there is none of" set_params 3 element_type=5,start_address=1,quantity=2
check "the changer answers" eventually in_element slot 3 NEW001L8
described() {
	iscsi-inq "$(tgtd_url $IQN 3)" >"$work/inq" 2>&1
	grep -q '^Vendor:STK' "$work/inq" && grep -q '^Product:L700' "$work/inq" && grep -q '^Revision:0001' "$work/inq" ||
		{ sed 's/^/# /' "$work/inq"; return 1; }
}
check "as the one that was described" described
check "with its slots, drives and addresses" \
	test "$(sed -n 's/^\(slots\|slot_address\|drive_address\|transport_address\) = //p' "$home/library.conf" | tr '\n' ' ')" = \
	"5 3 1 4 "
check "a barcode without a medium in it gets what the drives write" eventually in_element slot 4 00000007
check "a slot whose tape is tgt's own is empty" in_element slot 1 ""
check "that tape is listed, with its format" exits 0 vtl media list "$home" --json
check "as foreign" json '.foreign[] | select(.name == "OLD001L8") | .format == "a tape image of tgt'"'"'s own (tgtimg)"'
check "with keys that the help tells" documented "media list"
check "and is as it was" cksum_same
check "the drives answer as described" drive 2 status --json
check "by vendor, product and serial number" \
	json '.vendor == "HP" and .product == "LTO8 ULTRIUM" and .revision == "0001" and .serial == "HUM1A00002"'
check "the changer's serial number is the given one" grep -q '^serial = "123:456:789:000"' "$home/library.conf"
check "a cartridge is loaded" exits 0 vtl load "$home" 1 NEW001L8
echo "written through an old configuration" >"$work/text"
writes() {
	timeout 300 "$VTL" tape "$(tgtd_url $IQN 1)" write <"$work/text" 2>"$work/err"
}
reads() {
	drive 1 rewind && timeout 300 "$VTL" tape "$(tgtd_url $IQN 1)" read 2>"$work/err" | cmp - "$work/text"
}
ready() {
	drive 1 status --json && jq -e .ready "$work/out" >/dev/null
}
check "and written" writes
check "and read" reads
check "tgtd ends in peace" tgtd_stop

# The same again: now there is a library, and it wins.
tgtd_start || exit 1
check "the same commands are taken again" configure
check "the drive gets ready by itself" eventually ready
check "and find what was there" reads
check "with cartridges where they were left" in_element drive 0 NEW001L8
check "tgtd ends in peace again" tgtd_stop

# The form of tgt's conf/examples/targets.conf.vtl.L700, its repeated address included.
rm -rf "$home" && mkdir "$home" && : >"$work/smc"
tgtimg --op new --device-type tape --barcode "" --size 1 --type clean --file "$home/notape" >/dev/null
cat >"$work/targets.conf" <<EOF
default-driver iscsi
<target $IQN>
    allow-in-use yes
    <backing-store $work/smc>
        lun 3
        device-type changer
        removable 1
        vendor_id "STK"
        product_id "L700"
        product_rev "0001"
        scsi_sn "123:456:789:001"
        mode_page "0:0:0"
        mode_page "0x1a:0:18:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0"
        params element_type=1,start_address=1,quantity=1,media_home=$home
        params element_type=2,start_address=1000,quantity=20,media_home=$home
        params element_type=3,start_address=10,quantity=4,media_home=$home
        params element_type=4,start_address=500,quantity=2,media_home=$home
        params element_type=4,address=500,tid=1,lun=1
        params element_type=4,address=500,tid=1,lun=2
        params element_type=2,address=1000,barcode=NEW001L5,sides=1
    </backing-store>
EOF
for lun in 1 2; do
	ln -s "$home/notape" "$work/notape$lun"
	cat >>"$work/targets.conf" <<EOF
    <backing-store $work/notape$lun>
        lun $lun
        device-type tape
        removable 1
        vendor_id "HP"
        product_id "LTO5 ULTRIUM"
        product_rev "0001"
        scsi_sn "HUM1A0000$lun"
        scsi_id "HP LTO5 ULTRIUM"
    </backing-store>
EOF
done
echo '</target>' >>"$work/targets.conf"
tgtd_start || exit 1
admin() {
	timeout 300 tgt-admin -C "$TGTD_CONTROL" -e -c "$work/targets.conf" >"$work/out" 2>"$work/err" ||
		{ sed 's/^/# /' "$work/out" "$work/err"; tgtd_log | tail -n 5 | sed 's/^/# /'; return 1; }
}
check "tgt-admin takes tgt's own example" admin
check "which becomes a changer" changer status --json
check "with 20 slots, 4 import/export slots and 2 drives" \
	json '[.elements[].type] | (map(select(. == "slot")) | length) == 20 and (map(select(. == "io")) | length) == 4
		and (map(select(. == "drive")) | length) == 2'
check "with the cartridge" eventually in_element slot 1 NEW001L5
check "each logical unit is a drive of its own" drive 2 status --json
check "the second one" json '.serial == "HUM1A00002"'
check "drives find their cartridge" exits 0 vtl load "$home" 2 NEW001L5
check "and are ready" drive 2 status --json
check "for it" json '.ready == true'
check "tgtd ends in peace once more" tgtd_stop

# What is not of tgt's own stays refused.
tgtd_start || exit 1
tgtd_target 1 $IQN
check_not "a changer on any file is refused" lu --op new --lun 3 -b "$PWD/Makefile" --device-type changer
check_not "so is a tape" lu --op new --lun 1 -b "$PWD/Makefile" --device-type tape
tap_end
