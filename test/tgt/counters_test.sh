#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What a drive and a cartridge count over their lives is there after the daemon was killed, as sg_logs reads it.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tgtd.sh
. test/lib/tap.sh
. test/lib/sg.sh
work=$(mktemp -d)
trap 'tgtd_cleanup; rm -rf "$work"' EXIT

tgtd_require
sg_require sg_logs
tgtd_dir "$work"
"$BUILD/vtl" library create main --model STK-L700 --drives 1×IBM-LTO8 --slots 6 --import-export 1 \
	--media LTO-8:2:CNT001L8 >"$work/create" 2>&1 || { cat "$work/create"; exit 1; }
library=$VTL_LIBRARY_ROOT/main
name=iqn.2026-01.test:counters

serve() {
	tgtd_start && tgtd_target 1 $name && tgtd_lun 1 1 changer "$library/library.conf" &&
	tgtd_lun 1 2 tape "$library/drives/D1.drive" || return 1
	drive=$(tgtd_url $name 2)
}

ready() {
	"$BUILD/vtl" status main --json | jq -e '.libraries[0].drives[0].state == "ready"' >/dev/null
}

load() {
	"$BUILD/vtl" load main 1 "$1" >/dev/null && eventually ready
}

unload() {
	"$BUILD/vtl" unload main 1 >/dev/null
}

load_other() {
	unload && load CNT002L8 && snap
}

# A number of a log page by the name that sg_logs gives it, as it was when `snap` was called last.
snap() {
	for page in 0x14 0x17 0x2e; do
		sg sg_logs -p $page "$drive" || return 1
	done >"$work/pages" 2>/dev/null
}

is() { # NAME NUMBER
	is_found=$(sed -n "s/^ *$1: *\([0-9]*\).*/\1/p" "$work/pages" | head -n 1)
	[ "$is_found" = "$2" ] || { echo "# $1: $is_found"; return 1; }
}

write() {
	head -c 3000000 /dev/urandom | "$BUILD/vtl" tape "$drive" write >/dev/null 2>&1
}

writes_and_reads() {
	write && "$BUILD/vtl" tape "$drive" rewind && "$BUILD/vtl" tape "$drive" read >"$work/data" 2>/dev/null
}

killed_and_served() {
	tgtd_kill && serve && eventually ready && snap
}

serve || exit 1
check "a new cartridge is loaded" load CNT001L8
check "written and read" writes_and_reads
check "unloaded" unload
check "and loaded again" load CNT001L8
check "its pages are read" snap
check "the cartridge counts its mounts" is "Thread count" 2
check "and what was written in its life" is "Lifetime megabytes written" 3
check "and read" is "Lifetime megabytes read" 3
check "the drive counts its loads" is "Lifetime media loads" 2
check "and when it was switched on" is "Lifetime power cycles" 1
check "no statistics are lost" is "Lost statistics" 0

check "it is written in its second mount" write
check "the daemon is killed with the cartridge loaded, and a new one serves it" killed_and_served
check "the drive has loaded it once more" is "Lifetime media loads" 3
check "and was switched on once more" is "Lifetime power cycles" 2
check "the cartridge was mounted once more" is "Thread count" 3
check "what it had counted of its life is there" is "Lifetime megabytes written" 3
check "of reads, too" is "Lifetime megabytes read" 3
check "that the mount before never ended is told: what it counted may be lost" is "Lost statistics" 1

check "it is written again" write
check "unloaded" unload
check "the daemon is killed with an empty drive" tgtd_kill
check "and starts again" serve
check "the cartridge is loaded" load CNT001L8
check "its pages are read" snap
check "all that was written in mounts that ended is counted" is "Lifetime megabytes written" 6
check "the drive's loads go on" is "Lifetime media loads" 4
check "and its power cycles" is "Lifetime power cycles" 3
check "nothing is lost" is "Lost statistics" 0
check "another cartridge takes its place" load_other
check "which has a life of its own" is "Lifetime megabytes written" 0
tap_end
