#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Checks who includes whom against the rule of the house, and the form that every source file has.
#
# Each check is a function of a tree, so that it is also run on a small tree with faults, where it has to find them.
set -u
cd "$(dirname "$0")/../.." || exit 2
LC_ALL=C.UTF-8
export LC_ALL
n=0 failed=0
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

# A room, the files of it that a row is about, and the rooms whose headers those files may see. The first row that fits
# a file wins. `tgtd` stands for headers that are not ours; they come in through glue/tgt_*. Two files of tools ask core's tables.
cat >"$scratch/rules" <<'RULES'
libmedia               .*       libmedia
tgt-modules/model      .*       tgt-modules/model libmedia
tgt-modules/core       .*       tgt-modules/core tgt-modules/model libmedia
tgt-modules/core/ssc   .*       tgt-modules/core/ssc tgt-modules/core tgt-modules/model libmedia
tgt-modules/core/smc   .*       tgt-modules/core/smc tgt-modules/core tgt-modules/model libmedia
tgt-modules/library    .*       tgt-modules/library tgt-modules/model libmedia
tgt-modules/control    .*       tgt-modules/control
tgt-modules/glue       ^tgt_.*\.[ch]$ tgt-modules/glue tgt-modules/core tgt-modules/library tgt-modules/control tgt-modules/model libmedia tgtd
tgt-modules/glue       .*       tgt-modules/glue tgt-modules/core tgt-modules/library tgt-modules/control tgt-modules/model libmedia
tgt-modules/hba        ^tgt_.*\.[ch]$ tgt-modules/hba hba-module tgtd
tgt-modules/hba        .*       tgt-modules/hba hba-module
hba-module             .*       hba-module
tools                  ^(model_table|sense)\.c$ tools tgt-modules/core tgt-modules/library tgt-modules/control tgt-modules/model libmedia
tools                  .*       tools tgt-modules/library tgt-modules/control tgt-modules/model libmedia
RULES

# Prints one line for each file of tree $1 that includes what it must not.
forbidden_includes()
{
	(cd "$1" && find libmedia tgt-modules hba-module tools \( -name '*.[ch]' -o -name '*.def' \) 2>/dev/null | sort) >"$scratch/files"
	(cd "$1" && xargs grep -nE '^[[:space:]]*#[[:space:]]*include' /dev/null <"$scratch/files") >"$scratch/lines"
	awk -v rules="$scratch/rules" -v files="$scratch/files" '
	function dir(p) { sub("/[^/]*$", "", p); return p }
	function base(p) { sub("^.*/", "", p); return p }
	BEGIN {
		while ((getline line < rules) > 0) {
			k = split(line, f, " ")
			room[++count] = f[1]; which[count] = f[2]; all[f[1]] = 1
			for (i = 3; i <= k; i++)
				may[count] = may[count] " " f[i]
		}
		k = split("assert ctype errno inttypes limits stdarg stdbool stddef stdint stdio stdlib string time", f, " ")
		for (i = 1; i <= k; i++)
			pure[f[i] ".h"] = 1
		while ((getline line < files) > 0)
			have[line] = 1
	}
	{
		file = $0; sub(":.*", "", file)
		at = $0; sub("^[^:]*:", "", at); sub(":.*", "", at)
		what = $0; sub("^[^:]*:[^:]*:", "", what)
		angle = what ~ "include[ \t]*<"
		sub("^[^<\"]*[<\"]", "", what); sub("[>\"].*$", "", what)
		for (row = 1; row <= count; row++)
			if (dir(file) == room[row] && base(file) ~ which[row])
				break
		if (row > count) {
			print file ": lies in no room that the rule knows"
			next
		}
		if (what ~ "/" && !angle) {
			print file ":" at ": \"" what "\" has a path: rooms are named by the Makefile only"
			next
		}
		if (what ~ "^tgt_" && may[row] !~ "tgtd") {
			print file ":" at ": " what " brings tgtd in, which only glue/tgt_* may see"
			next
		}
		if ((dir(file) "/" what) in have && !angle)
			next
		k = split(may[row], allowed, " ")
		for (i = 1; i <= k; i++)
			if ((allowed[i] "/" what) in have && !angle)
				next
		for (other in all)
			if ((other "/" what) in have) {
				print file ":" at ": must not see " other "/" what
				next
			}
		if (angle && room[row] ~ "/core" && !(what in pure))
			print file ":" at ": <" what ">: core has no files and no threads of its own"
		if (!angle && may[row] !~ "tgtd")
			print file ":" at ": \"" what "\" is no header of ours, and only glue/tgt_* may see those of tgtd"
	}' "$scratch/lines"
}

source_files()
{
	(cd "$1" && find . \( -name build -o -name .git \) -prune -o -type f \( -name '*.c' -o -name '*.h' -o -name '*.sh' \
		-o -name '*.conf' -o -name Makefile -o -name '*.mk' -o -path './.ci/run' -o -path './test/run' \) \
		-print | sort)
}

# The licence on line 1, or on line 2 of a script, whose first line names its interpreter; then one sentence on what the
# file is for. A configuration below test/ is a test's input, perhaps a broken one, and no source.
bad_heads()
{
	(cd "$1" && source_files . | grep -v '^./test/.*[.]conf$' | while read -r file; do
		awk -v file="${file#./}" '
		FNR == 1 && /^#!/ { shift = 1; next }
		FNR == 1 + shift {
			if ($0 !~ "^(/\\*|#|//) SPDX-License-Identifier: GPL-2.0-only( WITH Linux-syscall-note)?( \\*/)?$")
				print file ":" FNR ": no SPDX line"
		}
		FNR == 2 + shift {
			if ($0 !~ "^(/\\*|#|//) [^ ].*[.]( .*)?$")
				print file ":" FNR ": no sentence on what the file is for"
			exit
		}
		END { if (FNR < 2 + shift) print file ": has no head" }' "$file"
	done)
}

trailing_space()
{
	(cd "$1" && source_files . | xargs -r grep -nE '[[:space:]]+$' /dev/null | sed 's/:\([0-9]*\):.*/:\1: space at the end of the line/')
}

long_lines()
{
	(cd "$1" && source_files . | grep '\.[ch]$' | while read -r file; do
		expand -t 8 "$file" | grep -nE '^.{121,}' | sed "s|^\([0-9]*\):.*|${file#./}:\1: longer than 120 columns|"
	done)
}

result()
{
	n=$((n + 1))
	if [ -s "$scratch/found" ]; then
		sed 's/^/# /' "$scratch/found"
		echo "not ok $n - $1"
		failed=1
	else
		echo "ok $n - $1"
	fi
}

# $1 check, $2 what is true of a sound tree, $3 how many faults of it the faulty tree has
check()
{
	$1 . >"$scratch/found" 2>&1
	result "$2"
	count=$($1 "$scratch/faulty" | wc -l)
	: >"$scratch/found"
	[ "$count" = "$3" ] || echo "found $count faults, not $3: $($1 "$scratch/faulty" | tr '\n' ';')" >"$scratch/found"
	result "a tree with $3 faults is found out by $1"
}

faulty()
{
	mkdir -p "$scratch/faulty/$(dirname "$1")"
	cat >"$scratch/faulty/$1"
}

space=' '
spdx='SPDX-License-Identifier: GPL-2.0-only'
faulty libmedia/media.h <<E
/* $spdx */
/* Something that is there. */
E
faulty tgt-modules/core/ssc/ssc.h <<E
/* $spdx */
/* Something that is there. */
E
faulty tgt-modules/core/smc/changer.c <<E
/* $spdx */
/* Sees the other device type by three ways, a header of tgtd, and files. */
#include <stdio.h>
#include <unistd.h>
#include "media.h"
#include "ssc.h"
#include <ssc.h>
#include "../ssc/ssc.h"
#include "tgtd.h"
E
faulty tgt-modules/glue/tgt_door.c <<E
/* $spdx */
/* May see tgtd. */
#include "tgtd.h"
E
faulty tgt-modules/glue/door.c <<E
/* Has no licence, but a sentence that ends with a space, and sees tgtd. */$space
#include "tgtd.h"
#include "tgt_door.h"
E
faulty test/thing.sh <<E
#!/bin/sh
# $spdx
echo there is no sentence here
E
faulty tools/long.c <<E
/* $spdx */
/* $(printf '%0130d' 0). */
E

check forbidden_includes 'every room includes only what it may' 7
check bad_heads 'every source file begins with its licence and one sentence on its job' 3
check trailing_space 'no line ends with a space' 1
check long_lines 'no line of C is longer than 120 columns' 1
echo "1..$n"
exit $failed
