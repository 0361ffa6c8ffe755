# SPDX-License-Identifier: GPL-2.0-only
# Shell functions for tests of vtl: run it, and look at its exit code and its output. Source tap.sh first; $work is a folder.
#
#	vtl ARGUMENTS...	runs the sanitized vtl ($VTL for another); its output is kept
#	exits CODE COMMAND...	the command's exit code is this one
#	says TEXT		the output has this text
#	json FILTER		jq finds the filter true of the output
#	documented [--all] COMMAND	every key of the output stands in the command's help; with --all, the reverse too

VTL=${VTL:-${BUILD:-build}/san/vtl}

vtl() {
	timeout 300 "$VTL" "$@" >"$work/out" 2>"$work/err" </dev/null
}

exits() {
	exits_want=$1
	shift
	"$@"
	exits_code=$?
	[ $exits_code = "$exits_want" ] || { echo "# exit $exits_code: $(cat "$work/err")"; return 1; }
}

says() {
	grep -qF -- "$1" "$work/out" "$work/err" || { sed 's/^/# /' "$work/out" "$work/err"; return 1; }
}

json() {
	jq -e "$1" "$work/out" >/dev/null 2>"$work/jq" || { sed 's/^/# /' "$work/jq" "$work/out"; return 1; }
}

documented() {
	documented_all=
	[ "$1" != --all ] || { documented_all=1; shift; }
	"$VTL" $1 --help | sed -n '/^JSON: /,/^Examples/p' | grep -o '`[a-z_]*`' | tr -d '`' | sort -u >"$work/told"
	jq -r '[.. | objects | keys[]] | unique[]' "$work/out" | sort -u >"$work/keys"
	[ -s "$work/keys" ] || return 1
	comm -13 "$work/told" "$work/keys" | sed 's/^/# undocumented: /' >"$work/differ"
	[ -z "$documented_all" ] || comm -23 "$work/told" "$work/keys" | sed 's/^/# missing: /' >>"$work/differ"
	cat "$work/differ"
	[ ! -s "$work/differ" ]
}
