#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# vtl against a real tgtd: its initiator for tapes and changers, and its operator's commands through the control socket.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tgtd.sh
. test/lib/tap.sh
. test/lib/vtl.sh
work=$(mktemp -d) || exit 2
trap 'tgtd_cleanup; rm -rf "$work"' EXIT
IQN=iqn.2026-01.test:vtl

serve() {
	tgtd_start && tgtd_target 1 $IQN && tgtd_lun 1 1 changer "$VTL_LIBRARY_ROOT/lib/library.conf" &&
		tgtd_lun 1 2 tape "$VTL_LIBRARY_ROOT/lib/drives/D1.drive" &&
		tgtd_lun 1 3 tape "$VTL_LIBRARY_ROOT/lib/drives/D2.drive" || exit 1
	drive=$(tgtd_url $IQN 2) changer=$(tgtd_url $IQN 1)
}
tape() {
	vtl tape "$drive" "$@"
}
at() {
	tape tell --json && json ".object == $1 and .filemark == $2"
}
put() { # FILE [options]: written by way of a pipe
	put_file=$1
	shift
	timeout 300 "$VTL" tape "$drive" write "$@" <"$put_file" >"$work/out" 2>"$work/err"
}
get() { # [options]: what is read equals FILE
	get_file=$1
	shift
	timeout 300 "$VTL" tape "$drive" read "$@" >"$work/got" 2>"$work/err" || { sed 's/^/# /' "$work/err"; return 1; }
	cmp "$get_file" "$work/got"
}
documented_status() {
	"$VTL" library show lib --json | jq '[.. | objects | keys[]]' >"$work/shown"
	jq -r '[.. | objects | keys[]] | unique[]' "$work/out" | while read -r key; do
		jq -e --arg k "$key" 'index($k) != null' "$work/shown" >/dev/null ||
			"$VTL" status --help | grep -qF "\`$key\`" || echo "# undocumented: $key"
	done | grep . && return 1
	return 0
}
slot_of() { # the changer reports this barcode in this slot
	vtl changer "$changer" status --json &&
		json "any(.elements[]; .type == \"$3\" and .number == $2 and .barcode == \"$1\")"
}

tgtd_require
tgtd_dir "$work/tgtd"
vtl library create lib --model STK-L700 --drives 2xIBM-LTO8 --slots 6 --import-export 2 --media LTO-8:3:VTL001L8 ||
	{ cat "$work/err"; exit 1; }
vtl media create lib LTO-8:1:TIN001L8 --capacity 12M || { cat "$work/err"; exit 1; }
serve

# What cannot be reached.
check "a target that there is none of is not found" exits 3 vtl tape "$(tgtd_url iqn.2026-01.test:none 2)" status
check "nor is a unit that there is none of" exits 3 vtl tape "$(tgtd_url $IQN 9)" status
check "a port where nobody listens is a failure" exits 1 vtl tape iscsi://127.0.0.1:1/$IQN/2 status
check "what is no URL is a usage error" exits 2 vtl tape /dev/nst0 status
check "a verb that there is none of too" exits 2 tape wind
check "a changer is no tape drive" exits 1 vtl tape "$changer" status

# Operator and initiator see the same.
check "an empty drive has a status" exits 0 tape status --json
check "of not being ready, and why" json '.ready == false and (.reason | contains("medium not present"))'
check "which is no failure, but reading is" exits 1 tape read
check "the changer is shown" exits 0 vtl changer "$changer" status --json
check "with 2 drives, 6 slots and 2 import/export slots, numbered as mtx does" \
	json '[.elements[] | select(.type != "transport") | "\(.type) \(.number)"] | sort ==
		["drive 0", "drive 1", "io 7", "io 8", "slot 1", "slot 2", "slot 3", "slot 4", "slot 5", "slot 6"]'
vtl library show lib --json
serial=$(jq -r '.drives[1].serial' "$work/out")
vtl changer "$changer" status --json
check "and the drives' serial numbers" json "any(.elements[]; .type == \"drive\" and .number == 1 and .serial == \"$serial\")"
check "the operator loads a cartridge" exits 0 vtl load lib 1 VTL001L8
check "which the initiator finds there" slot_of VTL001L8 0 drive
check "its switch is out of reach now" exits 4 vtl media protect lib VTL001L8
check "that of another is not" exits 0 vtl media protect lib VTL002L8
check "which a drive then does not write" sh -c '"$0" load lib 2 VTL002L8 && echo x | "$0" tape "$1" write 2>&1 | grep "write protected" && "$0" unload lib 2' \
	"$VTL" "$(tgtd_url $IQN 3)"
check "until it is taken away" exits 0 vtl media protect lib VTL002L8 --off
check "and the drive ready" exits 0 tape status --json
check "at the beginning of a tape of LTO-8" json '.ready and .position.bop and .density == 94 and .block_limits.max == 8388608'
check "with the keys that the help tells" documented tape
check "status tells process, port and URL" exits 0 vtl status --json
check "with all the keys that the help of library show and its own tell" documented_status
check "of the daemon" json ".daemons[0].pid == $TGTD_PID and .daemons[0].control_port == $TGTD_CONTROL"
check "and of drive 1" json ".libraries[0].drives[0] | .state == \"ready\" and .urls == [\"$drive\"] and .cartridge.barcode == \"VTL001L8\""
check "a second cartridge does not go into it" exits 4 vtl load lib 1 VTL002L8
check "a mounted cartridge is not verified" exits 4 vtl media verify lib VTL001L8
check "a library that is served is not deleted" exits 4 vtl library delete lib --yes
check "nor could a second daemon serve it" exits 4 vtl targets lib --check

# Data.
head -c 5000001 /dev/urandom >"$work/one"
head -c 3000000 /dev/urandom >"$work/two"
yes codec | head -c 4000000 >"$work/shrinks"
stored() {
	vtl status --json && json ".libraries[0].drives[0].counters | .written_host >= 4000000 and .written_store $1"
}
check "the codec of a drive that is in use is changed" exits 0 vtl library change lib --codec D1=none
check "and data is written" exits 0 tape write --file "$work/shrinks"
check "as it is" stored '>= 4000000'
check "it is changed again" exits 0 vtl library change lib --codec D1=lz4
check "and the same data written behind it" exits 0 tape write --file "$work/shrinks"
check "takes little" stored '< 5000000'
check "both come back" tape rewind
check "as they were" get "$work/shrinks"
check "one like the other" get "$work/shrinks"
check "rewind" exits 0 tape rewind
check "a file is written in blocks of 256 KiB" exits 0 tape write --file "$work/one"
check "twenty, and a filemark" at 21 1
check "a pipe in blocks of 1000 bytes" exits 0 put "$work/two" --block 1000 --no-filemark
check "without a filemark" at 3021 1
check "filemarks are written" exits 0 tape weof 2
check "two" at 3023 3
check "rewind" exits 0 tape rewind
check "gets to the beginning" at 0 0
check "the file comes back, up to its filemark" get "$work/one"
check "and so does the pipe, blocks of another size than asked for" get "$work/two"
check "behind a filemark" at 3022 2
check "an empty file is an empty file" get /dev/null
check "at the end of data there is nothing to read" exits 3 tape read
check "which is said" says 'end of data'
check "small blocks are asked for and large ones come" exits 0 tape rewind
check "whole" get "$work/one" --block 512
check "reading stops after --count blocks" exits 0 tape read --count 3 --file "$work/three"
check "of three times 1000 bytes" [ "$(stat -c %s "$work/three")" = 3000 ]

# Position.
check "seek" exits 0 tape seek 25
check "finds an object" at 25 1
check "bsf" exits 0 tape bsf
check "goes to before the filemark" at 20 0
check "fsf" exits 0 tape fsf
check "to behind it" at 21 1
check "fsr over blocks" exits 0 tape fsr 5
check "goes forward" at 26 1
check "bsr" exits 0 tape bsr 2
check "backward" at 24 1
check "eod" exits 0 tape eod
check "goes to the end" at 3023 3
check "where no further filemark is" exits 1 tape fsf
check "which is said" says 'stopped at end of data after 0 of 1'
check "before the beginning is nothing" exits 1 tape bsf 9
check "which is said too" says 'stopped at beginning of partition after 3 of 9'
check "seek" exits 0 tape seek 21
check "and erase" exits 0 tape erase
check "end the tape there" exits 3 tape read
check "what was before stays" exits 0 tape rewind
check "equal" get "$work/one"
check "a count that is none is a usage error" exits 2 tape fsf many
check "a file that there is none of is not found" exits 3 tape write --file "$work/none"

# The robot by an initiator.
check "unload ends the drive's hold" exits 0 tape unload
check "the changer takes the cartridge back to its slot" exits 0 vtl changer "$changer" unload
check "slot 1" slot_of VTL001L8 1 slot
check "a cartridge is loaded by its barcode" exits 0 vtl changer "$changer" load tin001l8 1
check "into drive 1" slot_of TIN001L8 1 drive
check "an empty slot cannot be loaded from" exits 1 vtl changer "$changer" load 1 1
check "a slot that there is none of is not found" exits 3 vtl changer "$changer" load 99
check "nor a barcode" exits 3 vtl changer "$changer" load NONE
check "nor a drive" exits 3 vtl changer "$changer" load 1 2
check "slot to slot" exits 0 vtl changer "$changer" move 2 7
check "is to the import/export slot" slot_of VTL002L8 7 io
check "inventory" exits 0 vtl changer "$changer" inventory
check "an empty drive has nothing to unload" exits 2 vtl changer "$changer" unload

# The end of a tape of 12 MiB.
drive=$(tgtd_url $IQN 3)
head -c 20000000 /dev/urandom >"$work/big"
check "a tape that is too short fails" exits 1 put "$work/big"
check "after a warning" says 'early warning'
check "with the reason" says 'volume overflow'
check "it rewinds" exits 0 tape rewind
timeout 300 "$VTL" tape "$drive" read >"$work/got" 2>"$work/err"
check "and every block that was accepted is there" cmp -n "$(stat -c %s "$work/got")" "$work/got" "$work/big"
check "more than 10 MB" [ "$(stat -c %s "$work/got")" -gt 10000000 ]

# The operator while it is served.
check "a cartridge is added while it is served" exits 0 vtl media create lib LTO-8:1:NEW001L8
vtl media list lib --json
place=$(jq -r '.cartridges[] | select(.barcode == "NEW001L8").place' "$work/out")
check "the initiator sees it" slot_of NEW001L8 "${place#slot:}" slot
check "the same barcode again is refused" exits 1 vtl media create lib LTO-8:1:NEW001L8
check "none is put past the robot into its hand" exits 2 vtl media create lib LTO-8:1:NEW002L8 --place transport:1
check "nor into a drive" exits 2 vtl media create lib LTO-8:1:NEW002L8 --place drive:2
check "and none was made" exits 3 vtl media show lib NEW002L8
check "the operator moves it out" exits 0 vtl move lib "$place" io:2
check "where the initiator sees it" slot_of NEW001L8 8 io
check "the operator unloads drive D2" exits 0 vtl unload lib D2
check "an empty drive has nothing to unload" exits 3 vtl unload lib 2

# The daemon goes away in the middle of a write.
position_is_beyond() {
	vtl status lib --json && json ".libraries[0].drives[1].position.object > $1"
}
lost_session() {
	mkfifo "$work/fifo"
	timeout 300 "$VTL" tape "$drive" write --file "$work/fifo" --block 64k >"$work/out" 2>"$work/err" &
	lost_pid=$!
	exec 9>"$work/fifo"
	head -c 1000000 /dev/zero >&9
	eventually position_is_beyond 9 || return 1
	tgtd_kill
	head -c 1000000 /dev/zero >&9
	exec 9>&-
	wait $lost_pid
}
check "a drive in the other folder of sockets is found by the library's lock" \
	env VTL_RUN=/nonexistent "$VTL" status lib
check "a cartridge is mounted" exits 0 vtl load lib 2 VTL003L8
check "and can be shown meanwhile" exits 0 vtl media show lib VTL003L8
check "when the daemon is killed in the middle of a write, vtl fails" exits 1 lost_session
check "and says that the session is lost" says 'session is lost'
serve
drive=$(tgtd_url $IQN 3)
check "the drive gets ready again" eventually sh -c "'$VTL' tape '$drive' status | grep -q 'state: *ready'"
check "unload" exits 0 vtl unload lib 2
drive=$(tgtd_url $IQN 2)

# Without the daemon.
check "the cartridge is loaded once more" exits 0 vtl load lib 1 VTL001L8
tgtd_kill
check "after a kill, status is that of the files" exits 0 vtl status --json
check "with no daemon, and the cartridge in the drive" \
	json '.daemons == [] and (.libraries[0] | .daemon == null and .drives[0].cartridge.barcode == "VTL001L8")'
check "all cartridges are sound" exits 0 vtl media verify lib
serve
check "served again, the drive gets ready" eventually sh -c "'$VTL' tape '$drive' status | grep -q 'state: *ready'"
check "with the data on it" get "$work/one"
check "tgtd ends in peace" tgtd_stop
check "and nothing holds the library" exits 0 vtl targets lib --check
tap_end
