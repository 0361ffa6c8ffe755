#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The packaged mtx and sg3_utils at a changer of every library model: what they see is what the library is.
set -u
cd "$(dirname "$0")/../.." || exit 2
work=$(mktemp -d) || exit 2
. test/lib/tgtd.sh
. test/lib/tap.sh
VTL=$BUILD/vtl	# sanitized it takes twice the time
. test/lib/sg.sh
. test/lib/mtx.sh
MTX="sg mtx"
trap 'tgtd_cleanup; rm -rf "$work"' EXIT
IQN=iqn.2026-01.test:mtx

tgtd_require
sg_require mtx loaderinfo sg_read_attr sg_inq sg_vpd sg_modes sg_logs sg_opcodes
tgtd_dir "$work/tgtd"	# with the path of the models
mtx_models "$work/models"

serve() {
	tgtd_start && tgtd_target 1 $IQN || return 1
	serve_lun=0
	while read -r serve_model serve_io; do
		serve_lun=$((serve_lun + 1))
		tgtd_lun 1 $serve_lun changer "$VTL_LIBRARY_ROOT/$serve_model/library.conf" || return 1
	done <"$work/models"
}
# Calls a function for each model, with the name and the URL: four at once, each in a folder of its own.
each() { # FUNCTION
	each_pids=
	for each_part in 0 1 2 3; do
		each_some "$1" $each_part &
		each_pids="$each_pids $!"
	done
	each_rc=0
	for each_pid in $each_pids; do
		wait "$each_pid" || each_rc=1
	done
	return $each_rc
}
each_some() { # FUNCTION PART
	trap - EXIT
	models=$work/models
	work=$work/part$2
	mkdir -p "$work"
	each_lun=0
	while read -r each_model each_io; do
		each_lun=$((each_lun + 1))
		[ $((each_lun % 4)) = "$2" ] || continue
		"$1" "$each_model" "$(tgtd_url $IQN $each_lun)" </dev/null || { echo "# of $each_model"; return 1; }
	done <"$models"
	[ $each_lun -ge 60 ]
}

moved() { # MODEL URL
	sg mtx -f "$2" load 1 0 >"$work/mtx" 2>&1 && mtx_seen "$1" "$2" &&
	sg mtx -f "$2" unload 3 0 >"$work/mtx" 2>&1 && mtx_seen "$1" "$2" &&
	sg mtx -f "$2" transfer 3 1 >"$work/mtx" 2>&1 && sg mtx -f "$2" inventory >>"$work/mtx" 2>&1 &&
	mtx_seen "$1" "$2" || { sed 's/^/# /' "$work/mtx"; return 1; }
}
refused() { # MODEL URL
	mtx_expected "$1" "$2" >"$work/before"
	! sg mtx -f "$2" transfer 1 4 >"$work/mtx" 2>&1 || return 1
	grep -q 'is Already Full' "$work/mtx" || { sed 's/^/# /' "$work/mtx"; return 1; }
	! sg mtx -f "$2" load 6 0 >"$work/mtx" 2>&1 || return 1
	grep -q 'is Empty' "$work/mtx" || { sed 's/^/# /' "$work/mtx"; return 1; }
	mtx_expected "$1" "$2" | cmp -s - "$work/before"
}
counted() { # MODEL URL
	sg loaderinfo -f "$2" >"$work/info" || return 1
	for counted_row in "Storage:slot" "Import/Export:io" "Data Transfer:drive" "Medium Transport:transport"; do
		counted_want=$("$VTL" library show "$1" --json |
			jq "[.elements[] | select(.place | startswith(\"${counted_row#*:}:\"))] | length")
		grep -q "Number of ${counted_row%:*} Elements: $counted_want\$" "$work/info" || return 1
	done
}
named() { # MODEL URL
	sg sg_inq "$2" >"$work/inq" || return 1
	for named_row in vendor product serial; do
		"$VTL" library show "$1" --json | jq -r ".$named_row"
	done >"$work/names"
	while read -r named_word; do
		grep -q ": $named_word" "$work/inq" || { echo "# $named_word"; return 1; }
	done <"$work/names"
}
# Every page that is listed can be read, and is of the length that it says: the tools complain else.
listed() { # MODEL URL
	for listed_page in $(sg sg_vpd -p 0 -r "$2" | od -An -v -tx1 -j4); do
		sg sg_vpd -p "0x$listed_page" -H "$2" >"$work/tool" 2>&1 || { cat "$work/tool"; return 1; }
	done
	sg sg_modes -a "$2" >"$work/tool" 2>&1 && sg sg_logs -a "$2" >"$work/tool" 2>&1 &&
		sg sg_opcodes "$2" >"$work/tool" 2>&1 || { sed 's/^/# /' "$work/tool"; return 1; }
	grep -q 'Move medium' "$work/tool"
}

# What the changer has counted: log page 14h.
count() { # MODEL URL
	sg sg_logs -p 0x14 "$2" >"$work/count-$1" 2>&1 && grep -q 'Number of moves: 3$' "$work/count-$1" ||
		{ cat "$work/count-$1"; return 1; }
}
still() { # MODEL URL
	sg sg_logs -p 0x14 "$2" 2>&1 | diff - "$work/count-$1"
}

# The generic library has them read without a drive, and the drive's where one has the cartridge.
remembered() { # MODEL URL
	[ "$1" = GENERIC ] || return 0
	remembered_start=$("$VTL" model show "$1" --json | jq .storage.start)
	sg sg_read_attr -E $remembered_start -F 0x8 -v "$2" >"$work/attr" 2>&1 &&
		grep -q 'VTL001L8' "$work/attr" &&
		sg sg_read_attr -E "$("$VTL" model show "$1" --json | jq ".drive.start + 1")" -s 0x1 "$2" >>"$work/attr" 2>&1 &&
		grep -q 'Load count' "$work/attr" || { sed 's/^/# /' "$work/attr"; return 1; }
}

while read -r model io; do
	[ "$io" = 0 ] && to=slot:7 || to=io:1
	mtx_create "$model" "$io" && "$VTL" load "$model" 2 VTL002L8 >"$work/out" && "$VTL" move "$model" slot:3 $to >"$work/out" || exit 1
done <"$work/models"
serve || exit 1
check "mtx status of a library of each model is its configuration and inventory" each mtx_seen
check "after mtx has loaded, unloaded and transferred cartridges, too" each moved
check "a move to a full place, and one of an empty one, is refused and changes nothing" each refused
check "loaderinfo counts the elements that the library has" each counted
check "sg_inq finds vendor, product and serial number" each named
check "sg_vpd, sg_modes, sg_logs and sg_opcodes read all that the changer lists" each listed
check "sg_read_attr reads a cartridge's memory from the generic library" each remembered
check "sg_logs shows the moves that were made" each count
tgtd_stop || exit 1
serve || exit 1
check "after a restart the counters are what they were" each still
check "and every library is what it was" each mtx_seen
tgtd_stop || exit 1
tap_end
