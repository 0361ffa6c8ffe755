#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every model of a drive, and changers of several, on a real tgtd: what is made from its capture is captured as the same.
set -u
cd "$(dirname "$0")/../.." || exit 2
work=$(mktemp -d) || exit 2
mkdir "$work/models"
shipped=$PWD/conf/models
export VTL_MODEL_PATH="$shipped:$work/models"
. test/lib/tgtd.sh
. test/lib/tap.sh
. test/lib/vtl.sh
trap 'tgtd_cleanup; rm -rf "$work"' EXIT
IQN=iqn.2026-01.test:capture

capture() { # LUN NAME FILE
	VTL_MODEL_PATH=$shipped timeout 300 "$VTL" model capture "$(tgtd_url $IQN "$1")" --name "$2" \
		>"$3" 2>"$work/err" </dev/null || { sed 's/^/# /' "$work/err"; return 1; }
}
same() { # FILE FILE: but for where they were captured
	grep -v '^# Captured' "$1" >"$work/a"
	grep -v '^# Captured' "$2" >"$work/b"
	diff "$work/a" "$work/b" >"$work/diff" || { head -20 "$work/diff" | sed 's/^/# /'; return 1; }
}
models() { # KIND: their names
	VTL_MODEL_PATH=$shipped "$VTL" model list --json | jq -r ".models[] | select(.kind == \"$1\") | .name"
}

# A library with a drive of each of the models; its drives are logical units 2 and on.
serve() { # LIBRARY
	tgtd_start && tgtd_target 1 $IQN && tgtd_lun 1 1 changer "$VTL_LIBRARY_ROOT/$1/library.conf" || return 1
	serve_lun=1
	for serve_drive in $("$VTL" library show "$1" --json | jq -r '.drives[].id'); do
		serve_lun=$((serve_lun + 1))
		tgtd_lun 1 $serve_lun tape "$VTL_LIBRARY_ROOT/$1/drives/$serve_drive.drive" || return 1
	done
}
drives() { # PREFIX: options for a drive of each model
	models drive | awk -v p="$1" '{ printf "--drives 1x%s ", p ? p NR : $1 }'
}
capture_drives() { # FOLDER
	capture_n=0
	for capture_model in $(models drive); do
		capture_n=$((capture_n + 1))
		capture $((capture_n + 1)) C-$capture_n "$1/drive-$capture_n.conf" || { echo "# $capture_model"; return 1; }
	done
}
same_drives() {
	same_n=0
	for same_model in $(models drive); do
		same_n=$((same_n + 1))
		same "$work/models/drive-$same_n.conf" "$work/again/drive-$same_n.conf" || { echo "# $same_model"; return 1; }
	done
	test $same_n -ge 100
}

tgtd_require
tgtd_dir "$work/tgtd"
mkdir "$work/again"
# shellcheck disable=SC2046
check "a library has a drive of every model" vtl library create one --model STK-L700 $(drives "") --slots 2
serve one || exit 1
check "every drive is captured" capture_drives "$work/models"
check "what is captured is a model" vtl model check "$work/models"
tgtd_stop
# shellcheck disable=SC2046
check "a library has drives of the captured models" vtl library create two --model STK-L700 $(drives C-) --slots 2
serve two || exit 1
check "every drive that is made from a captured model is captured again" capture_drives "$work/again"
check "and is the same to the byte" same_drives
check "nothing is written over" exits 1 vtl model capture "$(tgtd_url $IQN 2)" --output "$work/again/drive-1.conf"
check "what is not there is not found" exits 3 vtl model capture "$(tgtd_url $IQN 999)"
check "nor is a device file" exits 3 vtl model capture /dev/sg9999
tgtd_stop

# Changers; all models of them are tried without tgtd.
for model in STK-L20 IBM-TS3100 IBM-TS3500 HP-MSL SPECTRA-GATOR GENERIC; do
	vtl library create c1 --model $model --drives 2xIBM-LTO8 --slots 5 --import-export 1 || { cat "$work/err"; exit 1; }
	serve c1 && capture 1 L-$model "$work/models/library.conf" || exit 1
	tgtd_stop
	vtl library create c2 --model L-$model --drives 2xIBM-LTO8 --slots 5 --import-export 1 || { cat "$work/err"; exit 1; }
	serve c2 && capture 1 L-$model "$work/again/library.conf" || exit 1
	tgtd_stop
	check "a changer made from the capture of a $model is the same to the byte" \
		same "$work/models/library.conf" "$work/again/library.conf"
	vtl library delete c1 --yes && vtl library delete c2 --yes || exit 1
	rm "$work/models/library.conf"
done
tap_end
