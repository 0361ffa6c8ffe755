#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Puts the headers of exactly the installed tgt into DEST/usr: fetch-tgt-headers.sh DEST. No package carries them, so
# they come out of the distribution's source package, fetched through the machine's own, signed, package sources.
# TGT_SOURCE=DIR takes them from an unpacked source tree instead. Says and does nothing when DEST has them already.
set -eu

[ $# = 1 ] || { echo "usage: $0 DEST" >&2; exit 2; }
mkdir -p "$1"
dest=$(cd "$1" && pwd)

die() {
	echo "tgt headers: $*" >&2
	exit 1
}

# What is installed: `package` names the source package, `version` is whole, `upstream` without epoch and revision.
if command -v dpkg-query >/dev/null && dpkg-query -W -f '${db:Status-Abbrev}' tgt 2>/dev/null | grep -q '^.i'; then
	kind=deb
	package=$(dpkg-query -W -f '${source:Package}' tgt)
	version=$(dpkg-query -W -f '${source:Version}' tgt)
	upstream=$(dpkg-query -W -f '${source:Upstream-Version}' tgt)
elif command -v rpm >/dev/null && rpm -q scsi-target-utils >/dev/null 2>&1; then
	kind=rpm
	package=scsi-target-utils
	version=$(rpm -q --qf '%{VERSION}-%{RELEASE}' $package)
	upstream=$(rpm -q --qf '%{VERSION}' $package)
else
	die "tgt is not installed here: modules are built against the installed version, so install it first (make deps)"
fi

if [ -e "$dest/.ok" ] && [ "$(cat "$dest/version" 2>/dev/null)" = "$version" ]; then
	exit 0
fi
rm -rf "$dest/.ok" "$dest/version" "$dest/usr" "$dest/work"
work=$dest/work
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

# The machine's apt entries with every `deb` turned into `deb-src`, in files of our own; all else of an entry, its
# Signed-By above all, stays as it is, and /etc/apt is only read.
derive_sources() {
	mkdir -p "$work/parts" "$work/lists/partial" "$work/cache/archives/partial"
	eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	for f in "$list" "$parts"/*.list; do
		[ -f "$f" ] || continue
		sed -n 's/^[[:space:]]*deb\(-src\)\{0,1\}\([[:space:]]\)/deb-src\2/p' "$f"
	done | sort -u >"$work/parts/derived.list"
	for f in "$parts"/*.sources; do
		[ -f "$f" ] || continue
		sed 's/^[Tt]ypes:.*/Types: deb-src/' "$f" >"$work/parts/${f##*/}"
	done
}

apt() {
	apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/parts" \
		-o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User="$(id -un)" \
		-o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

# apt checks the signature of the index and by it the checksum of each file; dpkg-source applies the patches.
fetch_deb() {
	derive_sources
	echo "tgt headers: fetching the source of $package $version"
	apt update >"$work/log" 2>&1 || true	# one source that fails need not be the one that has tgt
	if ! (cd "$work" && apt source --download-only "$package=$version") >>"$work/log" 2>&1; then
		tail -n 5 "$work/log" >&2
		die "tgt $version is installed, and its source package cannot be fetched. Headers of another version will" \
			"not do: upgrade tgt to the version that the package sources offer, or give an unpacked source" \
			"tree of $upstream as TGT_SOURCE=DIR"
	fi
	dpkg-source --no-check -x "$work"/*.dsc "$work/tree" >>"$work/log" 2>&1 || die "cannot unpack: see dpkg-source"
	tree=$work/tree
}

fetch_rpm() {
	echo "tgt headers: fetching the source of $package $version"
	dnf download -q --source --destdir "$work" "$package-$version" ||
		die "the source package of $package $version cannot be fetched; give a source tree as TGT_SOURCE=DIR"
	(cd "$work" && rpm2cpio ./*.src.rpm | cpio -idm --quiet && mkdir tree && tar -xf tgt-*.tar.gz -C tree --strip-components=1)
	tree=$work/tree
}

if [ -n "${TGT_SOURCE:-}" ]; then
	tree=$TGT_SOURCE
else
	fetch_$kind
fi
[ -f "$tree/usr/tgtd.h" ] || die "$tree is not a source tree of tgt: it has no usr/tgtd.h"
has=$(sed -n 's/^VERSION[[:space:]]*?*=[[:space:]]*//p' "$tree/Makefile" 2>/dev/null)
[ "$has" = "$upstream" ] ||
	die "tgt $upstream is installed, but $tree is version ${has:-unknown}: a module built with it could corrupt tgtd"

mkdir -p "$dest/usr"
cp "$tree"/usr/*.h "$dest/usr/"
echo "$version" >"$dest/version"
touch "$dest/.ok"
