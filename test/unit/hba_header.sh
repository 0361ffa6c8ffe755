#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Checks that the bridge's interface compiles alone, in C and C++, and is laid out the same for 32 and 64 bits.
set -u
cd "$(dirname "$0")/../.." || exit 2
n=0 failed=0
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

result() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		sed 's/^/# /' "$scratch/out"
		echo "not ok $n - $2"
		failed=1
	fi
}

echo '#include "vtl_hba.h"' >"$scratch/alone.c"
for std in c89 c99 c11; do
	${CC:-cc} -std=$std -pedantic -Wno-long-long -Wall -Wextra -Werror -Ihba-module -fsyntax-only "$scratch/alone.c" \
		>"$scratch/out" 2>&1
	result $? "the header compiles alone as $std"
done
if command -v "${CXX:-g++}" >/dev/null; then
	for std in c++98 c++17; do
		${CXX:-g++} -x c++ -std=$std -pedantic -Wno-long-long -Wall -Wextra -Werror -Ihba-module -fsyntax-only \
			"$scratch/alone.c" >"$scratch/out" 2>&1
		result $? "the header compiles alone as $std"
	done
else
	n=$((n + 1))
	echo "ok $n - the header compiles alone as C++ # SKIP no C++ compiler"
fi

# What the ABI says, offset by offset: a change of it is a change of the version.
cat >"$scratch/layout.c" <<'C'
#include <stddef.h>
#include "vtl_hba.h"
#define AT(type, field, offset) _Static_assert(offsetof(struct type, field) == (offset), #type "." #field)
#define SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type)
_Static_assert(VTL_HBA_VERSION == 1, "version");
SIZE(vtl_hba_attach, 296); AT(vtl_hba_attach, features, 8); AT(vtl_hba_attach, name, 32); AT(vtl_hba_attach, map_size, 256);
AT(vtl_hba_attach, host_no, 288);
SIZE(vtl_hba_lun, 24); AT(vtl_hba_lun, identity, 8); AT(vtl_hba_lun, lun, 16);
SIZE(vtl_hba_flags, 8);
SIZE(vtl_hba_ring, 256); AT(vtl_hba_ring, sq_tail, 64); AT(vtl_hba_ring, cq_head, 128); AT(vtl_hba_ring, cq_tail, 192);
SIZE(vtl_hba_sqe, 128); AT(vtl_hba_sqe, lun, 24); AT(vtl_hba_sqe, area_off, 32); AT(vtl_hba_sqe, cdb, 48);
SIZE(vtl_hba_cqe, 272); AT(vtl_hba_cqe, data_used, 8); AT(vtl_hba_cqe, status, 16); AT(vtl_hba_cqe, sense, 18);
C
# A 64-bit machine need not have the kernel's headers for 32 bits: what is used of them is little.
mkdir -p "$scratch/stub/linux"
for width in 8:char 16:short 32:int 64:'long long'; do
	echo "typedef unsigned ${width#*:} __u${width%%:*}; typedef signed ${width#*:} __s${width%%:*};"
done >"$scratch/stub/linux/types.h"
: >"$scratch/stub/linux/ioctl.h"
for m in 64 32; do
	${CC:-cc} -m$m -I"$scratch/stub" -Ihba-module -fsyntax-only "$scratch/layout.c" >"$scratch/out" 2>&1
	result $? "structures are laid out as the ABI says, $m bits"
done
echo "1..$n"
exit $failed
