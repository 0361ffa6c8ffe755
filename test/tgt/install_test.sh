#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What `make install` puts on a machine serves a library as the README says, and `make uninstall` takes all of it away.
#
# In a mount namespace of its own, with overlays above /usr, /etc and /var: the machine itself gets nothing.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tgtd.sh

if [ "${1:-}" != inside ]; then
	tgtd_require
	exec unshare -m --propagation private "$0" inside
fi

. test/lib/tap.sh
layers=$(mktemp -d) || exit 2
here=$PWD
mount -t tmpfs -o size=256m vtl "$layers" || { echo "no tmpfs mounts here"; exit 77; }
for d in usr etc var; do
	mkdir -p "$layers/$d/upper" "$layers/$d/work"
	mount -t overlay -o "lowerdir=/$d,upperdir=$layers/$d/upper,workdir=$layers/$d/work" vtl /$d || {
		echo "no overlay mounts here"
		exit 77
	}
done
tgtd=
finish() {
	[ -z "$tgtd" ] || kill -9 "$tgtd" 2>/dev/null
	umount -l /var /etc /usr "$layers" 2>/dev/null
	rmdir "$layers"
}
trap finish EXIT
unset VTL_RUN VTL_LIBRARY_ROOT VTL_MODEL_PATH LD_LIBRARY_PATH
log=$layers/log

quietly() { # says what a command said only if it fails
	"$@" >"$log" 2>&1 || { sed 's/^/# /' "$log"; return 1; }
}
installed() { # files that were put there, and nothing that is merely a cache
	(cd "$layers" && find usr/upper etc/upper \( -type f -o -type c -o -type l \) ! -name ld.so.cache | sort)
}
start() {
	export TGT_IPC_SOCKET="$layers/ipc"
	for try in 1 2 3 4 5; do
		control=$(shuf -i 1000-30000 -n 1) port=$(shuf -i 20000-32000 -n 1)
		/usr/sbin/tgtd -f -C "$control" --iscsi "portal=127.0.0.1:$port" >"$layers/tgtd.log" 2>&1 </dev/null &
		tgtd=$!
		eventually sh -c "! kill -0 $tgtd 2>/dev/null || tgtadm -C $control --op show --mode portal 2>/dev/null | grep -q :$port," && kill -0 "$tgtd" &&
			return 0
	done
	sed 's/^/# /' "$layers/tgtd.log"
	return 1
}
disk_answers() {
	quietly iscsi-inq "iscsi://127.0.0.1:$port/iqn.2026-01.test:disk/1" && grep -q DIRECT_ACCESS "$log"
}
empty() {
	[ -z "$1" ] || { echo "$1" | sed 's/^/# left: /'; return 1; }
}

before=$(installed)
check "make install" quietly make --no-print-directory install
check "vtl is on the path" quietly sh -c 'cd / && vtl --help'
check "the manual is there" quietly test -s /usr/share/man/man1/vtl-library-create.1
check "tgt.service is told the settings for tape" grep -q MALLOC_TRIM /etc/systemd/system/tgt.service.d/tgt-vtl.conf
cd / || exit 2
check "vtl library create, with the models that were installed" quietly vtl library create main --model STK-L700 \
	--drives 2xIBM-LTO8 --slots 24 --import-export 4 --media LTO-8:20:VTL001L8 --media LTO-8:1:CLN001CU:cleaning
truncate -s 10M "$layers/disk"
vtl targets main >"$layers/targets.conf"
printf '<target iqn.2026-01.test:disk>\n\tbacking-store %s\n</target>\n' "$layers/disk" >>"$layers/targets.conf"
check "tgtd starts with the module that was installed" start
check "tgt-admin -e takes what vtl targets prints, and a disk beside it" \
	quietly tgt-admin -C "$control" -e -c "$layers/targets.conf"
url=iscsi://127.0.0.1:$port/iqn.2026-01.org.tgt-vtl:main
check "the changer loads a drive" quietly vtl changer "$url/1" load 3 0
echo "what is written comes back" >"$layers/data"
check "the drive writes" quietly sh -c "vtl tape '$url/2' write <'$layers/data' && vtl tape '$url/2' rewind"
check "and reads" sh -c "vtl tape '$url/2' read 2>/dev/null | cmp - '$layers/data'"
check "the disk works beside it" disk_answers
check "vtl status shows it" quietly sh -c 'vtl status | grep -q VTL003L8'
tgtadm -C "$control" --lld iscsi --op delete --mode target --tid 1 --force >/dev/null
tgtadm -C "$control" --lld iscsi --op delete --mode target --tid 2 --force >/dev/null
check "tgtd ends in peace" quietly sh -c "tgtadm -C $control --op delete --mode system"
eventually sh -c "! kill -0 $tgtd 2>/dev/null" && tgtd=
cd "$here" || exit 2
check "make uninstall" quietly make --no-print-directory uninstall
leftover=$(installed | grep -vxF "${before:-none}" | while read -r f; do [ -c "$layers/$f" ] || echo "$f"; done)
check "leaves no file" empty "$leftover"
check "and no folder of ours" empty "$(find /usr /etc -xdev \( -name 'tgt-vtl*' -o -path /usr/lib/tgt \) 2>/dev/null)"
check "but the library" quietly test -s /var/lib/tgt-vtl/main/library.conf
tap_end
