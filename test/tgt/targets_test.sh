#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What `vtl targets` prints is what tgt-admin needs: it serves the library with a disk beside it, and takes it away again.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tgtd.sh
. test/lib/tap.sh
work=$(mktemp -d)
trap 'tgtd_cleanup; rm -rf "$work"' EXIT

tgtd_require
command -v tgt-admin >/dev/null || { echo "tgt-admin is not installed"; exit 77; }
tgtd_dir "$work"
"$BUILD/vtl" library create main --model STK-L700 --drives 2×IBM-LTO8 --slots 6 --import-export 1 \
	--media LTO-8:2:ADM001L8 >"$work/create" 2>&1 || { cat "$work/create"; exit 1; }
truncate -s 8M "$work/disk"
name=iqn.2026-01.org.tgt-vtl:main
{
	"$BUILD/vtl" targets main
	printf '<target iqn.2026-01.test:disk>\n\tbacking-store %s\n</target>\n' "$work/disk"
} >"$work/targets.conf" || exit 1

tgtd_start || exit 1

admin() {
	tgt-admin -C "$TGTD_CONTROL" -c "$work/targets.conf" "$@" >"$work/admin" 2>&1 || { sed 's/^/# /' "$work/admin"; return 1; }
}

show() {
	tgtd_adm --op show --mode target
}

has_units() {
	[ "$(show | grep -c 'Type: changer')" = 1 ] && [ "$(show | grep -c 'Type: tape')" = 2 ] &&
	[ "$(show | grep -c 'Type: disk')" = 1 ]
}

no_units() {
	! show | grep -q 'Type: [ctd][hai]'
}

status_lists_urls() {
	"$BUILD/vtl" status main --json >"$work/status" && grep -q "iscsi://127.0.0.1:$TGTD_PORT/$name/1" "$work/status" &&
	grep -q "iscsi://127.0.0.1:$TGTD_PORT/$name/3" "$work/status"
}

check "tgt-admin -e serves the library and the disk" admin -e
check "a changer, two drives and a disk are there" has_units
check "vtl status gives their URLs" status_lists_urls
check "vtl load puts a cartridge into a drive by its barcode" "$BUILD/vtl" load main 1 ADM001L8
check "the drive is ready" eventually sh -c "'$BUILD/vtl' status main --json | grep -q '\"state\": *\"ready\"'"
check "tgt-admin --dump still works" admin --dump
check "tgt-admin --update ALL changes nothing that is in order" admin --update ALL
check "the units are still there" has_units
check "the cartridge comes back to its slot" "$BUILD/vtl" unload main 1
check "tgt-admin --delete takes the targets away" admin --delete ALL
check "no unit is left" no_units
check "and it serves them again" admin -e
check "all of them" has_units
check "tgtd ends in peace" tgtd_stop
tap_end
