#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: a library of every model behind the bridge as mtx sees it, and devices that are captured from /dev/sg*.
set -u
. test/kernel/lib.sh
. test/lib/tap.sh
bridge_start || exit 1
work=$TGTD_DIR/work
mkdir -p "$work"
. test/lib/mtx.sh

# All in one tgtd, as units of one host.
mtx_models "$work/models"
serve() {
	serve_lun=0
	tgtd_adm --lld hba --op new --mode target --tid 1 -T models || return 1
	while read -r serve_model serve_io; do
		serve_lun=$((serve_lun + 1))
		mtx_create "$serve_model" "$serve_io" &&
			bridge_lun 1 $serve_lun changer "$VTL_LIBRARY_ROOT/$serve_model/library.conf" || return 1
	done <"$work/models"
	[ $serve_lun -ge 60 ]
}
each() { # FUNCTION: with each model and its device
	each_lun=0
	while read -r each_model each_io; do
		each_lun=$((each_lun + 1))
		bridge_wait models $each_lun && "$1" "$each_model" $SG </dev/null || { echo "# of $each_model"; return 1; }
	done <"$work/models"
}
moved() { # MODEL DEVICE
	mtx -f "$2" load 1 0 >"$work/mtx" 2>&1 && mtx -f "$2" transfer 3 7 >>"$work/mtx" 2>&1 && mtx_seen "$1" "$2" ||
		{ sed 's/^/# /' "$work/mtx"; return 1; }
}
check 'a library of every model is served' serve
check 'mtx status of each is its configuration and inventory' each mtx_seen
check 'after mtx has moved cartridges, too' each moved

# Captured, made again from what was captured, and captured once more: the same but for where it came from.
capture() { # DEVICE FILE NAME
	"$BUILD/vtl" model capture "$1" --name "$3" </dev/null >"$work/$2" 2>"$work/err" || { sed 's/^/# /' "$work/err"; return 1; }
}
same() { # FILE FILE
	sed 1d "$work/$1" >"$work/one" && sed 1d "$work/$2" | diff "$work/one" - >"$work/diff" ||
		{ sed 's/^/# /' "$work/diff"; return 1; }
	[ "$(wc -l <"$work/one")" -gt 20 ]
}
shown() { # MODEL KEYS...: the model that was captured has what the one has that it came from
	for shown_model in "$1" "$2"; do
		"$BUILD/vtl" model show "$shown_model" --json | jq -S "$3" >"$work/$shown_model"
	done
	[ -s "$work/$1" ] && diff "$work/$1" "$work/$2" >"$work/diff" || { sed 's/^/# /' "$work/diff"; return 1; }
}
again() {
	mkdir "$work/captured" && cp "$work/changer" "$work/captured/changer.conf" && cp "$work/drive" "$work/captured/drive.conf" &&
	export VTL_MODEL_PATH="$VTL_MODEL_PATH:$work/captured" && tgtd_start &&
	"$BUILD/vtl" library create again --model CHANGER --drives 2xDRIVE --slots 12 --import-export 2 >"$work/log" 2>&1 ||
		{ sed 's/^/# /' "$work/log"; return 1; }
	LIBRARY=$VTL_LIBRARY_ROOT/again
	bridge_target 3 again
}
check 'the library of the tests is served' bridge_target 2 captured
bridge_wait captured 1
check 'a changer is captured from /dev/sg' capture $SG changer CHANGER
bridge_wait captured 2
check 'a drive is captured from /dev/sg' capture $SG drive DRIVE
leave() {
	for leave_tid in 1 2; do
		tgtd_adm --lld hba --op delete --mode target --tid $leave_tid --force || return 1
	done
	tgtd_stop
}
check 'tgtd ends in peace' leave
check 'a library of the captured models is served' again
check 'the captured changer is what its model file says' shown STK-L700 CHANGER \
	'{vendor, product, revision, transport: .transport.start, storage: .storage.start, io: .import_export.start, drive: .drive.start}'
check 'the captured drive is what its model file says' shown IBM-LTO8 DRIVE \
	'{vendor, product, revision, block_min, block_max, densities: [.densities[] | {code, writable}]}'
bridge_wait again 1 && capture $SG changer2 CHANGER
check 'the changer that is made from it is the same, to the byte' same changer changer2
bridge_wait again 2 && capture $SG drive2 DRIVE
check 'the drive that is made from it is the same, to the byte' same drive drive2
tap_end
