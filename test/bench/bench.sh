#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Compares our tape with stock tgt's own and with its null store over loopback iSCSI, in interleaved rounds.
#
# ROUNDS=7, BLOCK=262144, DEPTH=1, BYTES=1073741824 and OBJECTS=1000000 (for LOCATE; 0 leaves that out) may be set;
# DATA=FILE gives the blocks content, CODEC=on leaves data compression on. The table is also written as JSON to
# build/bench.json. Needs root, for the mount namespace that carries our modules into a tgtd of its own.
set -eu
cd "$(dirname "$0")/../.."
. test/lib/tgtd.sh

ROUNDS=${ROUNDS:-7} BLOCK=${BLOCK:-262144} DEPTH=${DEPTH:-1} BYTES=${BYTES:-1073741824} OBJECTS=${OBJECTS:-1000000}
bench=$BUILD/tape_bench
dir=$(mktemp -d "${TMPDIR:-/var/tmp}/tgt-vtl-bench.XXXXXX")
results=$dir/results
stock_pids=

finish() {
	for p in $stock_pids; do kill -9 "$p" 2>/dev/null || true; done
	tgtd_cleanup
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM

# A tgtd without our modules: $1 name; the rest its environment. Sets NAME_port and NAME_control.
stock_start() {
	name=$1
	shift
	for try in 1 2 3 4 5 6 7 8 9 10; do
		port=$(shuf -i 20000-32000 -n 1) control=$(shuf -i 1000-30000 -n 1)
		env TGT_IPC_SOCKET="$dir/ipc-$name" "$@" "$TGTD" -f -C "$control" --iscsi "portal=127.0.0.1:$port" \
			>"$dir/log-$name" 2>&1 </dev/null &
		pid=$!
		n=0
		while [ $n -lt 100 ] && kill -0 $pid 2>/dev/null; do
			if stock_adm "$name" "$control" --op show --mode portal 2>/dev/null | grep -q ":$port,"; then
				stock_pids="$stock_pids $pid"
				eval "${name}_port=$port ${name}_control=$control"
				return 0
			fi
			n=$((n + 1))
			sleep 0.05
		done
		kill -9 $pid 2>/dev/null || true
	done
	echo "bench: stock tgtd does not start" >&2
	exit 1
}

stock_adm() {
	stock_ipc=$dir/ipc-$1 stock_control=$2
	shift 2
	TGT_IPC_SOCKET=$stock_ipc "$TGTADM" -C "$stock_control" "$@"
}

# A target with a tape in stock format and a null disk: $1 name, $2 control port, $3 tuned or packaged.
stock_target() {
	stock_adm "$1" "$2" --lld iscsi --op new --mode target --tid 1 -T "iqn.bench:$1"
	stock_adm "$1" "$2" --lld iscsi --op bind --mode target --tid 1 -I ALL
	tgtimg --op new --device-type tape --barcode "BENCH$3" --size $((BYTES / 1000000 * 2 + 1000)) --type data \
		--file "$dir/tape-$1" >/dev/null
	stock_adm "$1" "$2" --lld iscsi --op new --mode logicalunit --tid 1 --lun 1 --device-type tape -b "$dir/tape-$1"
	truncate -s "$BYTES" "$dir/null"
	stock_adm "$1" "$2" --lld iscsi --op new --mode logicalunit --tid 1 --lun 2 --bstype null -b "$dir/null"
	[ "$3" = tuned ] || return 0
	for p in MaxRecvDataSegmentLength=262144 FirstBurstLength=262144 MaxBurstLength=1048576 InitialR2T=No; do
		stock_adm "$1" "$2" --lld iscsi --op update --mode target --tid 1 --name "${p%=*}" --value "${p#*=}"
	done
}

tgtd_dir "$dir/ours"
"$BUILD/vtl" library create bench --model STK-L700 --drives 1xIBM-LTO8 --slots 4 --import-export 1 \
	--media LTO-8:2:BENCH1L8 >/dev/null
"$BUILD/vtl" move bench slot:1 drive:1 >/dev/null
tgtd_start
lib=$VTL_LIBRARY_ROOT/bench
tgtd_target 1 iqn.bench:ours
tgtd_lun 1 1 tape "$(ls "$lib"/drives/*.drive)"
stock_start packaged
stock_start tuned $(tgtd_environment)
stock_target packaged "$packaged_control" packaged
stock_target tuned "$tuned_control" tuned

ours=$(tgtd_url iqn.bench:ours 1)
packaged=iscsi://127.0.0.1:$packaged_port/iqn.bench:packaged
tuned=iscsi://127.0.0.1:$tuned_port/iqn.bench:tuned
[ "${CODEC:-off}" = on ] || "$bench" "$ours" compression off 0

measure() {
	what=$1
	shift
	"$bench" "$@" ${DATA:+"$DATA"} | sed "s/^/$what /" >>"$results"
}

round=0
while [ $round -lt "$ROUNDS" ]; do
	round=$((round + 1))
	printf '\rround %d of %d ' $round "$ROUNDS" >&2
	for op in write read; do
		measure "$op ours" "$ours" $op "$BLOCK" "$DEPTH" "$BYTES"
		measure "$op stock-packaged" "$packaged/1" $op "$BLOCK" "$DEPTH" "$BYTES"
		measure "$op stock-tuned" "$tuned/1" $op "$BLOCK" "$DEPTH" "$BYTES"
		measure "$op null" "$tuned/2" disk-$op "$BLOCK" "$DEPTH" "$BYTES"
	done
done
echo >&2

if [ "$OBJECTS" != 0 ]; then
	echo "writing $OBJECTS blocks to locate in" >&2
	"$bench" "$ours" write 512 32 $((OBJECTS * 512)) >/dev/null
	"$bench" "$ours" locate "$OBJECTS" 1000 | sed 's/^/locate ours /' >>"$results"
fi

python3 - "$results" "$BUILD/bench.json" "$BLOCK" "$DEPTH" "$ROUNDS" <<'PY'
import json, statistics, sys
rows, locate = {}, None
for line in open(sys.argv[1]):
    op, who, data = line.split(' ', 2)
    data = json.loads(data)
    if op == 'locate':
        locate = data
    else:
        rows.setdefault(op, {}).setdefault(who, []).append(data['mb_per_s'])
out = {'block': int(sys.argv[3]), 'depth': int(sys.argv[4]), 'rounds': int(sys.argv[5]), 'locate': locate}
print(f"MB/s over loopback iSCSI, blocks of {out['block']} bytes, {out['depth']} in flight, "
      f"median (lowest to highest) of {out['rounds']} rounds; a write ends with a durable filemark")
for op, whos in rows.items():
    for who, v in whos.items():
        ratio = statistics.median(a / b for a, b in zip(whos['ours'], v))
        out.setdefault(op, {})[who] = {'median': statistics.median(v), 'all': v, 'ours_to_this': round(ratio, 3)}
        print(f"  {op:6}{who:16}{statistics.median(v):9.0f}  ({min(v):.0f} to {max(v):.0f})   ours is {ratio:.2f} x")
if locate:
    print(f"  LOCATE among {locate['objects']} blocks: median {locate['locate_median_us']:.0f} us, first after loading "
          f"{locate['first_locate_us']:.0f} us, slowest {locate['locate_max_us']:.0f} us; "
          f"TEST UNIT READY {locate['tur_median_us']:.0f} us; loading {locate['load_us'] / 1000:.1f} ms")
json.dump(out, open(sys.argv[2], 'w'), indent=1)
PY
