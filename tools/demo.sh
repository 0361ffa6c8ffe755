#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The demo: a tape library in a tgtd of its own, a backup and a restore through it. Called by make demo, demo-stop, demo-start.
#
# PORT= of the iSCSI portal on 127.0.0.1 (33260), DIR= for everything that it writes (/var/tmp/tgt-vtl-demo).
set -eu
cd "$(dirname "$0")/.."
PORT=${PORT:-33260}
DIR=${DIR:-/var/tmp/tgt-vtl-demo}
NAME=demo
IQN=iqn.2026-01.org.tgt-vtl:$NAME
ENOUGH=${ENOUGH:-150000}	# kB of an archive

die() {
	echo "demo: $*" >&2
	exit 1
}
step() {
	printf '\n\033[1m%s\033[0m\n' "$*"
}

case $PORT in
*[!0-9]* | '') die "PORT=$PORT is no port" ;;
esac
case $DIR in
/*) ;;
*) die "DIR=$DIR: an absolute path, please" ;;
esac
[ "$(id -u)" = 0 ] || die "needs root, for a mount namespace: sudo make demo"

. test/lib/tgtd.sh
unset VTL_LIBRARY_ROOT VTL_MODEL_PATH
TGTD_WANT_PORT=$PORT
TGTD_WANT_CONTROL=$((PORT % 30000))
TGTD_CONTROL=$TGTD_WANT_CONTROL
TGTD_WRAP=setsid	# it outlives this script and its terminal
MARK=$DIR/.tgt-vtl-demo

# The folder is ours: new, empty, or with our mark in it.
enter_dir() {
	if [ -e "$DIR" ] && [ ! -e "$MARK" ] && [ -n "$(ls -A "$DIR")" ]; then
		die "$DIR holds other things; DIR= for another folder"
	fi
	mkdir -p "$DIR"
	chmod 700 "$DIR"
	: >"$MARK"
	tgtd_dir "$DIR"
}

# When a process began, in ticks since boot: with it, a pid names one process for ever.
began() {
	sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

# The daemon that the demo has started and that still runs, in TGTD_PID.
find_daemon() {
	TGTD_PID=
	[ -r "$DIR/pid" ] || return 1
	read -r pid ticks control <"$DIR/pid" || return 1
	[ -n "$pid" ] && [ "$(began "$pid")" = "$ticks" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = tgtd ] || return 1
	TGTD_PID=$pid TGTD_CONTROL=$control
}

stop_daemon() {
	find_daemon || return 0
	pid=$TGTD_PID
	tgtd_stop >/dev/null 2>&1 || :	# it is no child of this shell: its exit status is not for us
	if [ "$(began "$pid")" = "$ticks" ] && [ "$(sed 's/.*) //' "/proc/$pid/stat" | cut -c1)" != Z ]; then
		echo "It does not end by itself; killed. What was acknowledged as durable is on disk."
		kill -9 "$pid"
		tgtd_wait_pid_end "$pid"
	fi
	rm -f "$DIR/pid"
	TGTD_CONTROL=$TGTD_WANT_CONTROL
}

start_daemon() {
	if ! tgtd_start; then
		grep -q 'Address already in use\|unable to bind\|failed to bind' "$DIR/log" &&
			die "127.0.0.1:$PORT is taken; PORT= for another"
		die "tgtd does not start; its log is $DIR/log"
	fi
	echo "$TGTD_PID $(began "$TGTD_PID") $TGTD_CONTROL" >"$DIR/pid"
}

serve() {
	vtl targets "$NAME" >"$DIR/targets.conf"
	if ! tgt-admin -e -c "$DIR/targets.conf" -C "$TGTD_CONTROL" >"$DIR/tgt-admin.log" 2>&1; then
		cat "$DIR/tgt-admin.log" >&2
		tail -n 20 "$DIR/log" >&2
		die "the library is not served"
	fi
}

vtl() {
	"$BUILD/vtl" "$@"
}

say_how_to_go_on() {
	step "Go on from here"
	cat <<-END
	A real initiator, on this machine (open-iscsi):
	  iscsiadm -m discovery -t sendtargets -p 127.0.0.1:$PORT
	  iscsiadm -m node -T $IQN -p 127.0.0.1:$PORT --login
	  lsscsi -g
	vtl on this library:
	  sudo env VTL_RUN=$DIR/run VTL_LIBRARY_ROOT=$DIR/lib VTL_MODEL_PATH=$PWD/conf/models $BUILD/vtl status
	Stop it:         sudo make demo-stop$args
	Start it again:  sudo make demo-start$args
	END
}
args=
[ "$PORT" = 33260 ] || args="$args PORT=$PORT"
[ "$DIR" = /var/tmp/tgt-vtl-demo ] || args="$args DIR=$DIR"

# archive FILE DIRECTORY...: of as many of the directories as give enough
archive() {
	archive_file=$1 archive_kb=0 archive_dirs=
	shift
	for d in "$@"; do
		[ -d "/$d" ] && [ $archive_kb -lt $ENOUGH ] || continue
		archive_dirs="$archive_dirs $d"
		archive_kb=$((archive_kb + $(du -sk "/$d" | cut -f1)))
	done
	free=$(df -Pk "$DIR" | awk 'NR == 2 { print $4 }')
	[ "$free" -gt $((archive_kb * 3 + 100000)) ] || die "$DIR has room for $free kB only; DIR= for another folder"
	tar -C / -cf "$archive_file" $archive_dirs
	printf '%s: %d MB,%s\n' "$(basename "$archive_file")" "$(($(stat -c %s "$archive_file") / 1000000))" \
		"$(printf ' /%s' $archive_dirs)"
}

compare() {
	cmp "$1" "$2" || die "$2 is not what was written"
	echo "$(basename "$2"): all $(stat -c %s "$2") bytes are equal"
	rm -f "$2"
}

backup_and_restore() {
	changer=$(tgtd_url $IQN 1) drive=$(tgtd_url $IQN 2) work=$DIR/work
	rm -rf "$work"
	mkdir "$work"

	step "The library, as an initiator sees it: $changer"
	vtl changer "$changer" status

	step "Load cartridge VTL005L8 into drive 0, by its barcode"
	vtl changer "$changer" load VTL005L8 0
	vtl tape "$drive" status

	step "Two archives of real directories"
	archive "$work/one.tar" usr/share/doc usr/include usr/share/locale usr/share/man usr/share/perl usr/share/i18n
	archive "$work/two.tar" usr/lib/gcc usr/lib/python3 usr/share/zoneinfo usr/lib/x86_64-linux-gnu usr/lib64

	step "Write both, 256 KiB a block, a filemark after each: $drive"
	vtl tape "$drive" write --file "$work/one.tar" --block 256k --progress
	vtl tape "$drive" write --file "$work/two.tar" --block 256k --progress
	vtl tape "$drive" tell
	counters=$(vtl status "$NAME" --json | jq -c '.libraries[0].drives[0].counters')

	step "Rewind, space over one filemark to the second archive, restore it; rewind, restore the first"
	vtl tape "$drive" rewind
	vtl tape "$drive" fsf 1
	vtl tape "$drive" read --file "$work/two.restored" --progress --size "$(stat -c %s "$work/two.tar")"
	vtl tape "$drive" rewind
	vtl tape "$drive" read --file "$work/one.restored" --progress --size "$(stat -c %s "$work/one.tar")"

	step "Compare every byte"
	compare "$work/one.tar" "$work/one.restored"
	compare "$work/two.tar" "$work/two.restored"

	step "Unload, and move the cartridge back to where it was"
	vtl tape "$drive" unload
	vtl changer "$changer" unload
	vtl changer "$changer" status --json |
		jq -e '[.elements[] | select(.barcode == "VTL005L8" and .type == "slot" and .number == 5)] | length == 1' \
			>/dev/null || die "VTL005L8 is not in slot 5"
	vtl media verify "$NAME" VTL005L8
	echo "$counters" | jq -r 'if . == null or .written_store == 0 then "compression: no figures" else
		"compression: \(.written_host / 1e6 | floor) MB written, \(.written_store / 1e6 | floor) MB stored: " +
		"\(.written_host / .written_store * 100 | round / 100) to 1" end'
	rm -rf "$work"
}

run() {
	for program in tgt-admin jq tar cmp; do
		command -v $program >/dev/null || die "$program is not installed; \`make demo\` installs what is missing"
	done
	enter_dir
	if find_daemon; then
		echo "Ending the demo that was started before (pid $TGTD_PID)."
		stop_daemon
	fi
	[ ! -e "$DIR/lib/$NAME" ] || vtl library delete "$NAME" --yes

	step "tgtd of this machine ($("$TGTD" -V 2>/dev/null || echo tgt)), unmodified, with our modules; a new library"
	start_daemon
	vtl library create "$NAME" --model STK-L700 --drives 2xIBM-LTO8 --slots 24 --import-export 4 \
		--media LTO-8:20:VTL001L8 --media LTO-CLN:1:CLN001CU
	serve
	vtl library list
	backup_and_restore
	step "Done: everything that was written came back."
	say_how_to_go_on
}

case ${1:-run} in
run)
	run
	;;
stop)
	find_daemon || { echo "No demo is running in $DIR."; exit 0; }
	tgtd_dir "$DIR"
	echo "Ending tgtd, pid $TGTD_PID."
	stop_daemon
	echo "The library stays in $DIR/lib/$NAME; \`sudo make demo-start$args\` serves it again."
	;;
start)
	[ -e "$MARK" ] && [ -e "$DIR/lib/$NAME" ] || die "there is no library in $DIR: \`make demo\` makes one"
	tgtd_dir "$DIR"
	! find_daemon || die "it is running already, pid $TGTD_PID"
	start_daemon
	serve
	vtl status "$NAME"
	say_how_to_go_on
	;;
*)
	die "run, stop or start"
	;;
esac
