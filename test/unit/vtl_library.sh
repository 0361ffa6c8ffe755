#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# vtl on the files of libraries that no daemon serves: what it makes, shows, moves and refuses, and with which exit code.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tap.sh
. test/lib/vtl.sh
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
export VTL_LIBRARY_ROOT="$work/root" VTL_RUN="$work/run" VTL_MODEL_PATH="${VTL_MODEL_PATH:-$PWD/conf/models}"
mkdir "$VTL_LIBRARY_ROOT"

nothing_left() {
	[ -z "$(ls -A "$VTL_LIBRARY_ROOT")" ] || { ls -A "$VTL_LIBRARY_ROOT" | sed 's/^/# left: /'; return 1; }
}
create() {
	vtl library create "$@" --model STK-L700
}

# Nothing of a failed creation stays.
check "a model that there is none of is not found" exits 3 vtl library create a --model L7 --slots 4
check "and named" says '"L7"'
check "a drive model that there is none of is not found" exits 3 create a --drives 2xLTO99 --slots 4
check "and named too" says 'LTO99'
check "a medium that there is none of is a usage error" exits 2 create a --slots 4 --media LTO-99:1:A00001L8
check "with the medium in it" says 'LTO-99'
check "more cartridges than slots are refused" exits 2 create a --slots 4 --media LTO-8:5:A00001L8
check "with both numbers" says '5 cartridges, and there are 4 slots'
check "a barcode that two rows ask for is refused" \
	exits 2 create a --slots 9 --media LTO-8:3:A00001L8 --media LTO-8:1:A00003L8
check "and named" says 'A00003L8'
check "a barcode with a small letter is refused" exits 2 create a --slots 4 --media LTO-8:1:a00001L8
check "a barcode of 33 characters is refused" \
	exits 2 create a --slots 4 --media LTO-8:1:A2345678901234567890123456789012L
check "a barcode that is a path is refused" exits 2 create a --slots 4 --media LTO-8:1:../../etc
check "more drives than addresses are refused" exits 2 create a --drives 501xIBM-LTO8 --slots 4
check "a name with other characters is refused" exits 2 create 'a b' --slots 4
check "a name that climbs out is refused" exits 2 create .. --slots 4
check "an option that there is none of is a usage error" exits 2 create a --slot 4
check "a missing option is a usage error" exits 2 create a
check "none of this left anything behind" nothing_left
interrupted() {
	"$VTL" library create big --model STK-L700 --slots 60000 --media LTO-8:60000:A00001L8 >"$work/out" 2>"$work/err" &
	eventually [ -e "$VTL_LIBRARY_ROOT/big/media/A00009L8" ] || return 1
	kill -TERM $!
	wait $!
	[ $? = 143 ]
}
check "creation may be interrupted" interrupted
check "and nothing is left behind" nothing_left
check "where there is no folder for libraries, there are none" \
	env VTL_LIBRARY_ROOT="$work/where" "$VTL" library list
in_new_folder() {
	(VTL_LIBRARY_ROOT="$work/where" && vtl library create a --model STK-L700 --slots 1) &&
		[ -e "$work/where/a/library.conf" ]
}
check "it is made with the first" in_new_folder

# Cartridges of other kinds.
check "a library for them" exits 0 create kinds --slots 2
check "a null cartridge is made by its word" exits 0 vtl media create kinds LTO-8:1:NUL001L8:null
check "and says so" exits 0 vtl media show kinds NUL001L8 --json
check "in its kind" json '.kind == "null" and .uncompressed'
check "a capacity that compression does not stretch" \
	exits 0 vtl media create kinds LTO-8:1:UNC001L8 --uncompressed --capacity 1G
check "is shown" exits 0 vtl media show kinds UNC001L8
check "in words" says "capacity counts uncompressed data"
check "a cartridge is protected from writing" exits 0 vtl media protect kinds NUL001L8 UNC001L8
check "which is shown" exits 0 vtl media show kinds UNC001L8 --json
check "as its switch" json '.write_protected'
check "and taken away again" exits 0 vtl media protect kinds UNC001L8 --off
check "which is shown too" exits 0 vtl media show kinds UNC001L8 --json
check "while the other stays" json '.write_protected == false'
check "a cartridge that is not there is not found" exits 3 vtl media protect kinds NONE01L8
check "and gone" exits 0 vtl library delete kinds --yes

# A library, and what is seen of it.
check "a library is created" \
	exits 0 create main --drives 2×IBM-LTO8 --slots 8 --import-export 2 --media LTO-8:3:VTL001L8 \
	--media LTO-8:1:WRM001LY --media LTO-8:1:CLN001CU:cleaning
check "the same name again is refused" exits 1 create main --slots 1
check "list shows it" exits 0 vtl library list --json
check "with the keys that its help tells" documented --all "library list"
check "with its counts" json '[.libraries[] | [.name, .drives, .slots, .cartridges]] == [["main", 2, 8, 5]]'
check "show gives it as status does" exits 0 vtl library show main --json
check "with the keys that its help tells" documented "library show"
check "drives have model, serial number and address" \
	json 'all(.drives[]; .model == "IBM-LTO8" and .serial != "" and .address == 499 + .number)'
check "two drives have two serial numbers" json '.drives[0].serial != .drives[1].serial'
check "elements are 1 transport, 8 slots, 2 import/export and 2 drives" json '.elements | length == 13'
# A tape of tgt's own, by its first 64 bytes.
printf '%b' '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\020' >"$VTL_LIBRARY_ROOT/main/foreign"
head -c 35 /dev/zero >>"$VTL_LIBRARY_ROOT/main/foreign"
printf '%b' '\002' >>"$VTL_LIBRARY_ROOT/main/foreign"
head -c 12 /dev/zero >>"$VTL_LIBRARY_ROOT/main/foreign"
check "media list tells kind and place" exits 0 vtl media list main --json
check "with the keys that its help tells" documented --all "media list"
check "and a tape of another program as foreign" json '.foreign == [{"name": "foreign",
	"format": "a tape image of tgt'"'"'s own (tgtimg)"}]'
check "WORM by suffix, cleaning by word" \
	json '[.cartridges[] | .barcode + " " + .kind + " " + .place] == ["CLN001CU cleaning slot:5", "VTL001L8 data slot:1",
		"VTL002L8 data slot:2", "VTL003L8 data slot:3", "WRM001LY worm slot:4"]'
check "media show reads the cartridge" exits 0 vtl media show main VTL001L8 --json
check "with the keys that its help tells" documented --all "media show"
check "of 12 TB, and empty" json '.partitions[0].capacity == 12e12 and .partitions[0].used == 0'
check "which count what is stored" json '.uncompressed == false'
check "media show of none is not found" exits 3 vtl media show main NONE01L8
check "status shows it as unserved" exits 0 vtl status --json
check "with no daemon" json '.daemons == [] and .libraries[0].daemon == null'
check "status of none is not found" exits 3 vtl status none

# Cartridges.
check "media are added" exits 0 vtl media create main LTO-8:2:VTL004L8 --capacity 10M
check "to the first empty slots" vtl media list main
check "slot 6 and 7" says 'slot:7'
check "with the capacity that was asked for" exits 0 vtl media show main VTL005L8 --json
check "of 10 MiB" json '.partitions[0].capacity == 10485760'
check "a barcode that is there is refused" exits 1 vtl media create main LTO-8:2:VTL005L8
check "and named" says 'VTL005L8 is there already'
check "without half of it done" exits 3 vtl media show main VTL006L8
check "a place can be named" exits 0 vtl media create main LTO-8:1:IMP001L8 --place io:1
check "a place that is taken is refused" exits 1 vtl media create main LTO-8:1:IMP002L8 --place io:1
check "verify finds all of them sound" exits 0 vtl media verify main --json
check "with keys that its help tells" documented "media verify"
check "all seven that hold data" json '[.cartridges[].sound] == [true, true, true, true, true, true, true]'

# Codecs.
check "the codec of a drive is changed" exits 0 vtl library change main --codec D2=zstd:3
check "in its configuration" grep -q 'codec = "zstd"' "$VTL_LIBRARY_ROOT/main/library.conf"
check "one that there is none of is a usage error" exits 2 vtl library change main --codec D2=rar
check "a drive that there is none of is not found" exits 3 vtl library change main --codec D9=lz4

# Damage.
media=$VTL_LIBRARY_ROOT/main/media/VTL004L8
printf X | dd of="$media/cartridge" bs=1 seek=40 conv=notrunc 2>"$work/dd"
check "a damaged copy is found" exits 1 vtl media verify main VTL004L8
check "repair says what it would do, and that it was not done" exits 1 vtl media repair main VTL004L8 --json
check "with keys that its help tells" documented --all "media repair"
check "without doing it" exits 1 vtl media verify main VTL004L8
check "until it is told to" exits 0 vtl media repair main VTL004L8 --apply
check "after which the cartridge is sound" exits 0 vtl media verify main VTL004L8
check "and what was replaced is kept" test -s "$media/kept1-cartridge"
rm "$media/mam"
check "what is lost is said" exits 1 vtl media repair main VTL004L8 --apply
check "and the rest is sound again" exits 0 vtl media verify main VTL004L8

# Moves.
check "load puts a cartridge into a drive" exits 0 vtl load main 1 VTL002L8
check "where library show has it" exits 0 vtl library show main --json
check "with all the keys that its help tells" documented --all "library show"
check "and status, with the slot it came from" vtl status main --json
check "drive 1" json '.libraries[0].drives[0].cartridge | .barcode == "VTL002L8" and .source == "slot:2"'
check "a second cartridge does not fit" exits 4 vtl load main 1 VTL001L8
check "a drive may be named by its id" exits 0 vtl load main D2 VTL001L8
check "a drive that there is none of is not found" exits 3 vtl load main 3 VTL003L8
check "nor is a cartridge that there is none of" exits 3 vtl load main 3 NONE01L8
check "unload brings it back" exits 0 vtl unload main 1
check "to slot 2" vtl media list main --json
check "where it was" json 'any(.cartridges[]; .barcode == "VTL002L8" and .place == "slot:2")'
check "an empty drive has nothing to unload" exits 3 vtl unload main 1
check "move goes from place to place" exits 0 vtl move main slot:2 io:2
check "an empty place has nothing to move" exits 3 vtl move main slot:2 slot:8
check "a full place takes nothing" exits 4 vtl move main slot:3 io:2
check "a place that there is none of is not found" exits 3 vtl move main slot:3 slot:9
check "what is no place is a usage error" exits 2 vtl move main slot:3 shelve:9

# Stations, the shelf: io:1 has IMP001L8, io:2 VTL002L8.
check "io list shows stations and the shelf" exits 0 vtl io list main --json
check "with the keys that its help tells" documented --all "io list"
check "one station, closed" json '[.bays[] | .bay + " " + .state] == ["station:1 closed"] and .shelf == []'
check "a station is opened" exits 0 vtl io open main station:1
check "which is on disk" vtl io list main --json
check "open" json '.bays[0].state == "open"'
check "a cartridge is taken out of it" exits 0 vtl io remove main io:1
check "to the shelf" vtl io list main --json
check "IMP001L8" json '.shelf == ["IMP001L8"] and .bays[0].places[0].cartridge == null'
check "and put back in, into another place that is taken: refused" exits 4 vtl io insert main IMP001L8 io:2
check "by its barcode, into the first empty one" exits 0 vtl io insert main IMP001L8
check "a cartridge that is in the library is not on the shelf" exits 1 vtl io insert main VTL003L8
check "a station that there is none of is not found" exits 3 vtl io open main station:2
check "built-in slots are no magazine" exits 3 vtl io remove main magazine:1
check "by barcode it is taken out as well" exits 0 vtl io remove main IMP001L8
check "and comes in" exits 0 vtl io insert main IMP001L8 io:1
check "the station is closed" exits 0 vtl io close main io:2

# Magazines: an MSL2024 has two of 12. An operator unlocks one, takes it out, and puts it back in.
check "a library with magazines is created" exits 0 vtl library create msl --model HP-MSL2024 --drives 1xIBM-LTO8 \
	--slots 24 --import-export 1 --media LTO-8:20:MAG001L8
check "io list shows them" exits 0 vtl io list msl --json
check "two of 12, in the library" \
	json '[.bays[] | select(.bay | startswith("magazine")) | [.bay, .state, (.places | length)]] ==
		[["magazine:1", "in", 12], ["magazine:2", "in", 12]]'
check "one is unlocked" exits 0 vtl io open msl magazine:2
check "so that nothing goes there" exits 4 vtl move msl slot:13 slot:24
check "which others do not mind" exits 0 vtl move msl slot:1 io:1
check "and it is shown" vtl io list msl --json
check "as open" json '.bays[2].state == "open"'
check "locked again, it is as before" exits 0 vtl io close msl magazine:2
check "and moves go" exits 0 vtl move msl slot:13 slot:24
check "one is taken out" exits 0 vtl io remove msl magazine:2
check "with what is in it" exits 4 vtl load msl 1 MAG014L8
check "which says so" says 'magazine'
check "it cannot be taken out twice" exits 1 vtl io remove msl magazine:2
check "nor be unlocked outside" exits 4 vtl io open msl magazine:2
check "it is put back in" exits 0 vtl io insert msl magazine:2
check "and cartridges are reached again" exits 0 vtl load msl 1 MAG014L8
check "a magazine that there is none of is not found" exits 3 vtl io open msl magazine:3

# Elements that an operator disables.
check "a slot is disabled" exits 0 vtl io disable msl slot:3
check "nothing goes out of it" exits 4 vtl move msl slot:3 slot:1
check "which says so" says 'disabled'
check "a magazine with it is taken out and put back" exits 0 vtl io remove msl magazine:1
check "in" exits 0 vtl io insert msl magazine:1
check "and it is disabled still" vtl io list msl --json
check "it alone" json '[.bays[].places[] | select(.disabled) | .place] == ["slot:3"]'
check "it is enabled" exits 0 vtl io enable msl slot:3
check "and the cartridge goes" exits 0 vtl move msl slot:3 slot:1
check "a drive is disabled" exits 0 vtl io disable msl drive:1
check "and gives nothing up" exits 4 vtl unload msl 1
check "an element that there is none of is not found" exits 3 vtl io disable msl slot:25
check "nor can the shelf be disabled" exits 3 vtl io disable msl shelf
check "it is deleted" exits 0 vtl library delete msl --yes

# What a library takes from its model.
stations() {
	sed -n 's/^stations = //p' "$VTL_LIBRARY_ROOT/$1/library.conf"
}
check "import/export slots are those of the model's stations" exits 0 vtl library create dell --model DELL-ML6000 --slots 9 \
	--import-export 20
check "as many of them as it takes" [ "$(stations dell)" = "{ 6, 12, 2 }" ]
check "the robot takes no time unless it is told to" grep -qx 'move_ms = 0' "$VTL_LIBRARY_ROOT/dell/library.conf"
check "it is deleted" exits 0 vtl library delete dell --yes
check "the robot may take the time of the model's" exits 0 vtl library create slow --model IBM-TS3100 --slots 4 \
	--robot-time model
check "which is written down" grep -qx 'move_ms = 20000' "$VTL_LIBRARY_ROOT/slow/library.conf"
check "it is deleted" exits 0 vtl library delete slow --yes
check "or any other time" exits 0 create slow --slots 4 --robot-time 1500
check "which is written down, too" grep -qx 'move_ms = 1500' "$VTL_LIBRARY_ROOT/slow/library.conf"
check "it is deleted" exits 0 vtl library delete slow --yes
check "drives take no time" exits 1 grep -q '_ms = [1-9]' "$VTL_LIBRARY_ROOT/main/library.conf"
check "unless they are told to take that of their models" exits 0 create slow --drives IBM-LTO8 --slots 4 --drive-times
check "which is written down, drive by drive" grep -q 'position_ms = [1-9]' "$VTL_LIBRARY_ROOT/slow/library.conf"
check "it is deleted" exits 0 vtl library delete slow --yes
check "no time is no robot's" exits 2 create slow --slots 4 --robot-time soon

# targets.conf
check "targets prints the piece of targets.conf" exits 0 vtl targets main --initiator ALL --user bob:secretsecret
check "drives from LUN 2 on" [ "$(grep -c 'lun [123]$' "$work/out")" = 3 ]
check "with access control" says 'incominguser bob secretsecret'
check "and the library's own paths" says "<backing-store $VTL_LIBRARY_ROOT/main/drives/D2.drive>"
check "a line break cannot be smuggled into it" exits 2 vtl targets main --initiator "127.0.0.1
	incominguser x y"
check "targets --check says that it can be served" exits 0 vtl targets --check main
chmod 600 "$VTL_LIBRARY_ROOT/main/library.conf"
cp "$VTL_LIBRARY_ROOT/main/library.conf" "$work/good.conf"
echo 'nonsense' >>"$VTL_LIBRARY_ROOT/main/library.conf"
check "a malformed configuration is refused" exits 1 vtl targets --check main
check "with file and line" says 'main/library.conf:'
check "which does not keep others from being listed" vtl library create other --model STK-L700 --slots 1
check "though list fails" exits 1 vtl library list
check "after it has shown what there is" says other
cp "$work/good.conf" "$VTL_LIBRARY_ROOT/main/library.conf"

# Deleting.
check "delete asks before it deletes" exits 2 vtl library delete main
check "and says what would go" says '8 cartridges'
check "delete --yes deletes" exits 0 vtl library delete main --yes
check "and the other" exits 0 vtl library delete other --yes
check "so that nothing is left" nothing_left
check "a library that is gone is not found" exits 3 vtl library show main
check "without libraries, list is empty" exits 0 vtl library list

# Elsewhere.
check "a library may be anywhere" exits 0 create "$work/elsewhere" --slots 2
check "and be called by its path" exits 0 vtl library show "$work/elsewhere"
chmod 500 "$VTL_LIBRARY_ROOT"
if [ "$(id -u)" != 0 ]; then
	check "where nothing may be written, nothing is made" exits 1 create b --slots 1
fi
check "models are listed" exits 0 vtl model list --json
for model in STK-L700 IBM-LTO8 LTO-8; do
	check "$model is shown" exits 0 vtl model show $model --json
	check "with the keys that the help tells" documented "model show"
done
check "as JSON" json '.capacity == 12e12'
check "a model that there is none of is not found" exits 3 vtl model show LTO-88
for model in IBM-LTO9 STK-L700; do
	check "what $model supports is listed" exits 0 vtl model commands $model --json
	check "with the keys that the help tells" documented "model commands"
	check "REPORT SUPPORTED OPERATION CODES among it" json '.commands | any(.code == 163 and .service_action == 12)'
done
check "a medium supports no commands" exits 3 vtl model commands LTO-8
printf 'drive "MINE" {\n\tinherit = "IBM-LTO8"\n\tproduct = "MINE"\n}\n' >"$work/mine.conf"
check "a model file of one's own is checked" exits 0 vtl model check "$work/mine.conf"
printf 'drive "MINE" {\n\tinherit = "IBM-LTO8"\n\tfoo = 3\n}\n' >"$work/bad.conf"
check "and refused when it is wrong" exits 1 vtl model check "$work/bad.conf"
check "with file and line" says "$work/bad.conf:3"
check "a full device is an error" sh -c "! '$VTL' model list >/dev/full 2>/dev/null"
tap_end
