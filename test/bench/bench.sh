#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Compares our tape with stock tgt's own and with its null store over loopback iSCSI, in interleaved rounds.
#
# Starts two daemons of ours and two stock ones, and has run.py measure them: see there for what may be set (ROUNDS=,
# BYTES=, LIMIT=, FULL=1, ROWS=). The table is also written as JSON to build/bench.json. Everything lies in TMPDIR
# (/var/tmp). Needs root, for the mount namespace that carries our modules into a tgtd of its own.
set -eu
cd "$(dirname "$0")/../.."
. test/lib/tgtd.sh

dir=$(mktemp -d "${TMPDIR:-/var/tmp}/tgt-vtl-bench.XXXXXX")
BYTES=${BYTES:-1073741824}
pids=
TUNED='MaxRecvDataSegmentLength=262144 FirstBurstLength=262144 MaxBurstLength=1048576 InitialR2T=No'

finish() {
	for p in $pids; do kill -9 "$p" 2>/dev/null || true; done
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM

shipped=$(tgtd_environment)
tgtd_environment() {
	echo "$environment"
}

# Starts one more daemon, in the folder that tgtd_dir was told; tgtd.sh knows of one at a time. Sets NAME_port and NAME_pid.
start() {
	TGTD_MODULES=$2 environment=$3
	tgtd_start >"$dir/$1.start" 2>&1 || { cat "$dir/$1.start"; exit 1; }
	pids="$pids $TGTD_PID"
	eval "$1_port=$TGTD_PORT $1_pid=$TGTD_PID"
}

# A library with one drive for each codec and four beside them, all of them loaded.
library() {
	export VTL_LIBRARY_ROOT="$dir/lib"
	mkdir -p "$VTL_LIBRARY_ROOT"
	tgtd_dir "$dir/$1"
	"$BUILD/vtl" library create "$1" --model STK-L700 --drives 8xIBM-LTO8 --slots 20 --import-export 1 \
		--media LTO-8:12:BEN001L8 >/dev/null
	n=0
	for codec in zlib zlib zlib zlib zlib lz4 zstd lzo; do
		n=$((n + 1))
		awk -v n=$n -v codec=$codec '/codec = / && ++i == n { sub(/"[a-z0-9]*"/, "\"" codec "\"") } { print }' \
			"$VTL_LIBRARY_ROOT/$1/library.conf" >"$dir/conf"
		cat "$dir/conf" >"$VTL_LIBRARY_ROOT/$1/library.conf"
		"$BUILD/vtl" move "$1" "slot:$n" "drive:$n" >/dev/null
	done
}

# A daemon with our modules, and that library.
ours() {
	tgtd_dir "$dir/$1"
	start "$1" "$BUILD/vtl.so" "$shipped"
	tgtd_target 1 "iqn.bench:$1"
	n=1
	for drive in "$VTL_LIBRARY_ROOT/$1"/drives/*.drive; do
		tgtd_lun 1 $n tape "$drive"
		n=$((n + 1))
	done
	tgtd_lun 1 $n changer "$VTL_LIBRARY_ROOT/$1/library.conf"
}

image() {
	tgtimg --op new --device-type tape --barcode "BENCH" --size $((BYTES / 1000000 * 2 + 1000)) --type data \
		--file "$dir/tape-$1" >/dev/null
	truncate -s "$BYTES" "$dir/null"
}

# A daemon without our modules: a tape in stock format, and a null disk. $2: iSCSI parameters; $3: environment.
stock() {
	tgtd_dir "$dir/$1"
	start "$1" /dev/null "$3"
	tgtd_adm --lld iscsi --op new --mode target --tid 1 -T "iqn.bench:$1"
	tgtd_adm --lld iscsi --op bind --mode target --tid 1 -I ALL
	tgtd_lun 1 1 tape "$dir/tape-$1"
	tgtd_adm --lld iscsi --op new --mode logicalunit --tid 1 --lun 2 --bstype null -b "$dir/null"
	for p in $2; do
		tgtd_adm --lld iscsi --op update --mode target --tid 1 --name "${p%=*}" --value "${p#*=}"
	done
}

url() {
	eval "echo iscsi://127.0.0.1:\$$1_port/iqn.bench:$1"
}

end() {
	eval "pid=\$$1_pid"
	kill -9 "$pid"
	tgtd_wait_pid_end "$pid"
}

# The first reading of daemons that have just begun to run, of what the page cache has; 4 in flight. Lines to a file.
fresh() {
	for who in two packaged; do
		"$BUILD/tape_bench" "$(url $who)/1" write 262144 4 "$BYTES" >/dev/null
		"$BUILD/tape_bench" "$(url $who)/1" read 262144 4 "$BYTES" >/dev/null
	done
	cat "$dir"/lib/two/media/BEN001L8/*.log >/dev/null
	for round in 1 2 3; do
		end two
		ours two
		echo "ours $("$BUILD/tape_bench" "$(url two)/1" read 262144 4 "$BYTES")"
		end packaged
		stock packaged '' ''
		echo "packaged $("$BUILD/tape_bench" "$(url packaged)/1" read 262144 4 "$BYTES")"
	done >"$dir/fresh"
}

tgtd_require
for name in one two; do
	library $name
	ours $name
done
for name in packaged tuned; do
	image $name
done
stock packaged '' ''
stock tuned "$TUNED" "$shipped"
[ -n "${ROWS:-}" ] || fresh
export BENCH_DIR="$dir" BENCH_BUILD="$BUILD" BYTES
export ONE="$(url one)" TWO="$(url two)" PACKAGED="$(url packaged)" TUNED="$(url tuned)"
export ONE_PID="$one_pid"
python3 test/bench/run.py
