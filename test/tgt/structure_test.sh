#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A tgtd whose structures are not those of its headers keeps its own device types, and runs on without us.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tgtd.sh
. test/lib/tap.sh
trap tgtd_cleanup EXIT

SANITIZE=	# two daemons, with and without a preloaded library
tgtd_require
work=$(mktemp -d)
trap 'tgtd_cleanup; rm -rf "$work"' EXIT
${CC:-cc} -shared -fPIC -o "$work/other.so" test/tgt/preload/other_tgtd.c || exit 1
tgtimg --op new --device-type tape --barcode A00001 --size 10 --type data --file "$work/stock.img" >/dev/null 2>&1

TGTD_PRELOAD=$work/other.so
tgtd_start || exit 1
check "the log says that this is another tgtd" tgtd_log 'not the one that tgt-vtl was built for'
check "the log says which check failed" tgtd_log 'answers INQUIRY by spc_inquiry'
check_not "the module claims nothing" tgtd_log 'serves tape drives and medium changers'
tgtd_target 1 iqn.2026-01.test:structure
check "tgt's own tape type still works" tgtd_lun 1 1 tape "$work/stock.img"
check "tgtd ends in peace" tgtd_stop

TGTD_PRELOAD=
tgtd_start || exit 1
check "an unchanged tgtd is taken" tgtd_log 'serves tape drives and medium changers'
tgtd_target 1 iqn.2026-01.test:structure
cksum "$work/stock.img" >"$work/before"
offline() {
	tgtd_adm --op show --mode target | sed -n '/LUN: 1/,$p' | grep -q 'Online: No'
}
unchanged() {
	cksum "$work/stock.img" | cmp -s - "$work/before"
}
check "a tape image of tgt's own waits for a changer" tgtd_lun 1 1 tape "$work/stock.img"
check "offline" offline
check "the log says what it is" tgtd_log "stock.img belongs to tgt's own tape"
check "it goes" tgtd_adm --lld iscsi --op delete --mode logicalunit --tid 1 --lun 1
check "as it was" unchanged
check_not "a file that does not exist is refused" tgtd_lun 1 1 tape "$work/none/drives/D1.drive"
check "with its path in the log" tgtd_log "$work/none/drives/D1.drive: No such file"
check_not "and a folder" tgtd_lun 1 1 changer "$work"
check "with the reason in the log" tgtd_log "$work is not a file"
check "tgtd still answers" tgtd_adm --op show --mode target
check "tgtd with our types ends in peace" tgtd_stop
tap_end
