#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every command of vtl has help and a manual page that agree with each other, and the README names no other options.
set -u
cd "$(dirname "$0")/../.." || exit 2
. test/lib/tap.sh
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
VTL=${VTL:-${BUILD:-build}/san/vtl}
export VTL_MODEL_PATH="${VTL_MODEL_PATH:-$PWD/conf/models}"

"$VTL" help --pages >"$work/pages"
"$VTL" library create --help | grep -c '^  --' >"$work/count"
check "options are found in help" [ "$(cat "$work/count")" = 8 ]
check "there are commands" [ "$(wc -l <"$work/pages")" -ge 15 ]

same_options() {
	"$VTL" $1 --help | grep -oE '^  --[a-z-]+' | tr -d ' ' | sort >"$work/help"
	"$VTL" help --man $1 | grep -oE '^\.B \\-\\-[a-z\\-]+' | sed 's/^\.B //; s/\\//g' | sort >"$work/man"
	cmp -s "$work/help" "$work/man"
}
good_roff() {
	"$VTL" help --man $1 >"$work/page"
	head -n 1 "$work/page" | grep -q '^\.TH vtl.* 1 ' || return 1
	if command -v man >/dev/null; then
		LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$work/page" 2>&1 >/dev/null | grep . && return 1
	fi
	return 0
}
while read -r page; do
	check "vtl $page: --help and the manual page list the same options" same_options "$page"
	check "vtl $page: the manual page is well formed" good_roff "$page"
done <"$work/pages"
# The list of models in the manual, from the files.
listed() {
	"$VTL" help --man model list | sed -n 's/^\.B //p' | sed 's/\\//g' | sort >"$work/man"
	sed -n 's/^\(library\|drive\|medium\) "\(.*\)" {.*/\2/p' conf/models/*.conf | sort >"$work/sections"
	sed -n '/^[a-z]* "/{s/^[a-z]* "\(.*\)" {.*/\1/;h};/^\tabstract = true/{g;p}' conf/models/*.conf | sort >"$work/abstract"
	comm -23 "$work/sections" "$work/abstract" >"$work/want"
	[ "$(wc -l <"$work/want")" -ge 200 ] || return 1
	comm -23 "$work/want" "$work/man" | sed 's/^/# not in the manual: /' >"$work/missing"
	cat "$work/missing"
	[ ! -s "$work/missing" ]
}
check "the manual page of model list has every model that a file has" listed
check_not "without model files there is no such page" env VTL_MODEL_PATH=/nonexistent "$VTL" help --man model list
# The tables of IBM-LTO9 in the manual are those of the command.
tables() {
	"$VTL" help --man model commands | sed -n '/^\.SH COMMANDS OF/,/^\.SH EXIT/p' | grep -c '^\.TP' >"$work/man"
	"$VTL" model commands IBM-LTO9 | grep -cE '^ *[0-9A-F]{2}' >"$work/count"
	[ "$(cat "$work/count")" -ge 150 ] && cmp -s "$work/man" "$work/count"
}
check "the manual page of model commands has every row of IBM-LTO9" tables
check "vtl(1) is well formed" good_roff ""

# What README shows exists.
grep -oE '(^|[[:space:]`])vtl [a-z]+( [a-z]+)?' README | sed 's/^[[:space:]`]*//' | sort -u >"$work/named"
exists() {
	set -- $1
	shift
	"$VTL" help $1 "${2:-}" >/dev/null 2>&1 || "$VTL" help "$1" >/dev/null 2>&1
}
while read -r named; do
	check "README: \`$named\` is a command" exists "$named"
done <"$work/named"

code() {
	code_want=$1
	shift
	"$@" >/dev/null 2>&1
	[ $? = "$code_want" ]
}
check "vtl alone shows the commands" code 0 "$VTL"
check "a command that there is none of is a usage error" code 2 "$VTL" nonsense
check "a group without a command too" code 2 "$VTL" library
check "vtl tells its version" code 0 "$VTL" --version
tap_end
