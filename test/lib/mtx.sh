# SPDX-License-Identifier: GPL-2.0-only
# Shell functions that compare what mtx sees of a library with what the library is. Source tgtd.sh first; $work is a folder.
#
#	mtx_models FILE		writes a line for each library model: its name, and import/export slots that it can have, at most 2
#	mtx_create MODEL SLOTS	makes a library of that name, with so many of those, and cartridges of all kinds in slots
#	mtx_expected NAME DEVICE	prints what mtx has to say of it
#	mtx_seen NAME DEVICE	mtx says that; $MTX runs mtx (sg mtx: at a URL)

mtx_models() {
	"$BUILD/vtl" model list --json |
		jq -r '.models[] | select(.kind == "library") | "\(.name) \([.import_export.max, 2] | min)"' >"$1"
}

mtx_create() {
	"$BUILD/vtl" library create "$1" --model "$1" --drives 2xIBM-LTO8 --slots 7 --import-export "$2" \
		--media LTO-8:3:VTL001L8 --media LTO-CLN:1:CLN001CU --media LTO-8:1:NOBAR01 >"$work/mtx-create" 2>&1 ||
		{ sed 's/^/# /' "$work/mtx-create"; return 1; }
}

# From what vtl knows of it: drives from 0, slots from 1, then import/export slots.
mtx_expected() { # NAME DEVICE
	"$BUILD/vtl" library show "$1" --json | jq -r --arg url "$2" '
		def of($kind): [.elements[] | select(.place | startswith($kind + ":"))];
		def tag($sep): .cartridge.barcode as $b | if $b | startswith("NOBAR") then "" else $sep + $b end;
		of("drive") as $drives | of("slot") as $slots | of("io") as $io | ($slots | length) as $n |
		"  Storage Changer \($url):\($drives | length) Drives, \($n + ($io | length)) Slots ( \($io | length) Import/Export )",
		($drives | to_entries[] | "Data Transfer Element \(.key):" + (.value |
			if .cartridge then "Full (Storage Element \(.cartridge.source | sub("slot:"; "")) Loaded)" +
				tag(":VolumeTag = ") else "Empty" end)),
		($slots + $io | to_entries[] | "      Storage Element \(.key + 1)" +
			(if .key >= $n then " IMPORT/EXPORT" else "" end) + ":" + (.value |
			if .cartridge then "Full " + tag(":VolumeTag=") else "Empty" end))'
}

mtx_seen() { # NAME DEVICE
	mtx_expected "$1" "$2" | sed 's/ *$//' >"$work/want"
	${MTX:-mtx} -f "$2" status | sed 's/ *$//' >"$work/have"
	[ -s "$work/want" ] || return 1
	diff "$work/want" "$work/have" >"$work/diff" || { sed 's/^/# /' "$work/diff"; return 1; }
}
