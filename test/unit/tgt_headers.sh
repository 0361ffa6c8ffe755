#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# fetch-tgt-headers.sh takes headers of exactly the installed tgt, once, and no others.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tap.sh
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
fetch="sh tgt-modules/glue/fetch-tgt-headers.sh"

installed=$(dpkg-query -W -f '${source:Upstream-Version}' tgt 2>/dev/null ||
	rpm -q --qf '%{VERSION}' scsi-target-utils 2>/dev/null) || { echo "tgt is not installed"; exit 77; }

# A source tree of some version: $1 folder, $2 version
tree() {
	mkdir -p "$work/$1/usr/iscsi"
	echo "VERSION ?= $2" >"$work/$1/Makefile"
	echo "/* $1 */" >"$work/$1/usr/tgtd.h"
	echo "/* $1 */" >"$work/$1/usr/list.h"
	echo "int x;" >"$work/$1/usr/tgtd.c"
}

from() {
	TGT_SOURCE=$work/$1 $fetch "$work/dest" >"$work/said" 2>&1
}

said() {
	grep -q -- "$1" "$work/said" || { sed 's/^/# /' "$work/said"; return 1; }
}

tree right "$installed"
tree wrong "0.0.1"
mkdir "$work/none"

check "headers come out of an unpacked source tree of the installed version" from right
check "all of them" cmp -s "$work/right/usr/list.h" "$work/dest/usr/list.h"
check_not "and nothing else" test -e "$work/dest/usr/tgtd.c"
check "a second time it needs no source" from none
check_not "and says nothing" test -s "$work/said"
echo "1:0.9" >"$work/dest/version"
check_not "when the installed version is another than that of the headers, it looks again" from none
check "and says what is wrong with what it got" said "is not a source tree of tgt"
check_not "headers of another version are refused" from wrong
check "with both versions in the message" said "tgt $installed is installed, but .*/wrong is version 0.0.1"
check_not "nothing is left of them" test -e "$work/dest/.ok"
check_not "nor of those before" test -e "$work/dest/usr/tgtd.h"
check "afterwards the right ones are taken" from right
check "and stand" test -e "$work/dest/.ok"
tap_end
