#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Builds iscsi-test-cu, with iscsi-test-cu.patch, out of Debian's source package of libiscsi: build-test-cu.sh DEST.
#
# The source comes from where this machine's own packages come from, or from DEBIAN_MIRROR: the first of VERSIONS that is
# there. Its sum is the one of Debian's signed index. Nothing outside DEST is written; says and does nothing when DEST has
# it already. Exit status 77 where it cannot be had.
set -eu

# Upstream version and SHA-256 of its tarball: Debian 12's, then Debian 13's.
VERSIONS="1.19.0 c7848ac722c8361d5064654bc6e926c2be61ef11dd3875020a63931836d806df
1.20.0 6321d802103f2a363d3afd9a5ae772de0b4052c84fe6a301ecb576b34e853caa"

[ $# = 1 ] || { echo "usage: $0 DEST" >&2; exit 2; }
mkdir -p "$1"
dest=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
patch=$here/iscsi-test-cu.patch
tool=$dest/iscsi-test-cu
[ -x "$tool" ] && [ "$tool" -nt "$0" ] && [ "$tool" -nt "$patch" ] && exit 0
rm -f "$tool"

skip() {
	echo "$*"
	exit 77
}

for need in apt-get patch tar gzip; do
	command -v $need >/dev/null || skip "no $need here"
done
helper=$(ls /usr/lib/apt/apt-helper /usr/libexec/apt/apt-helper 2>/dev/null | head -n 1)
[ -n "$helper" ] || skip "no apt-helper here to fetch with"
printf '#include <CUnit/CUnit.h>\n#include <gcrypt.h>\n' | ${CC:-cc} -E -o /dev/null - 2>/dev/null ||
	skip "no headers of CUnit and libgcrypt here"

# apt-helper goes by apt's proxies and retries, and keeps only what has the sum.
fetch() {
	mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Origin: Debian' |
		sed -n '/security\|updates\|backports/d; s/ .*//p' | head -n 1)}
	[ -n "$mirror" ] || skip "no archive of Debian's among this machine's package sources"
	while read -r version sum; do
		tarball=libiscsi_$version.orig.tar.gz
		timeout 60 "$helper" -o APT::Sandbox::User="$(id -un)" -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \
			download-file "${mirror%/}/pool/main/libi/libiscsi/$tarball" "$dest/$tarball" "SHA256:$sum" \
			>>"$dest/log" 2>&1 && return 0
	done <<-EOF
		$VERSIONS
	EOF
	grep '^E: Failed' "$dest/log" || tail -n 1 "$dest/log"
	skip "the source of libiscsi cannot be fetched"
}

# Without autotools and libtool: what its configure would find on a Linux with CUnit 2.1-3. -O0: it runs but briefly.
build() {
	{
		for has in ARPA_INET_H NETINET_IN_H NETINET_TCP_H POLL_H SYS_SOCKET_H SYS_TIME_H SYS_TYPES_H SYS_UIO_H UNISTD_H \
			INTTYPES_H STDINT_H CLOCK_GETTIME SOCKADDR_IN6 LIBGCRYPT CU_SUITEINFO_PSETUPFUNC; do
			echo "#define HAVE_$has 1"
		done
		echo "#define SELECT_TIMEVAL_TYPE struct timeval"
	} >"$1/config.h"
	(cd "$1" && ls lib/*.c test-tool/*.c | grep -v '/iser\.c$\|/md5\.c$' | xargs -P "$(nproc)" -I{} \
		${CC:-cc} -w -O0 -DHAVE_CONFIG_H -D_FILE_OFFSET_BITS=64 -I. -Iinclude -c -o {}.o {} &&
		${CC:-cc} -o "$tool.new" lib/*.o test-tool/*.o -lcunit -lgcrypt -ldl)
}

rm -rf "$dest/tree"
: >"$dest/log"
fetch
mkdir "$dest/tree"
tar -xzf "$dest/$tarball" -C "$dest/tree" --strip-components=1
{ patch -d "$dest/tree" -p1 <"$patch" && build "$dest/tree"; } >>"$dest/log" 2>&1 || {
	tail -n 5 "$dest/log"
	skip "libiscsi $version cannot be built: see $dest/log"
}
rm -rf "$dest/tree" "$dest/$tarball"
mv "$tool.new" "$tool"
