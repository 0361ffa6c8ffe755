#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Puts a kernel of Debian's for the guest, unpacked and not installed, into a folder: fetch-kernel.sh DEST [SUITE [headers]].
#
# Without SUITE it is that of this machine's package sources; else that of a suite (bullseye, trixie, sid) of
# DEBIAN_MIRROR, or of where this machine's own packages come from, with the suite's own compiler beside it, by an apt
# configuration that lies in DEST. `headers`: no more than a module is built with. Nothing outside DEST is written. Exit
# status 77 where it cannot be had. What is there then:
#	version			6.1.0-56-amd64, say
#	root/			the packages as they are: lib/modules/V, usr/src/linux-headers-V
#	vmlinux			as QEMU boots it quickest
#	initramfs		brings the root file system up and hands over to it
set -eu

[ $# -ge 1 ] && [ $# -le 3 ] || { echo "usage: $0 DEST [SUITE [headers]]" >&2; exit 2; }
mkdir -p "$1"
dest=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
suite=${2:-} only=${3:-}
[ -e "$dest/.ok" ] && [ "$dest/.ok" -nt "$here/guest-init" ] && [ "$dest/.ok" -nt "$0" ] && exit 0

skip() {
	echo "$*"
	exit 77
}

[ "$(uname -m)" = x86_64 ] || skip "the guest is an x86-64 machine, and emulating one elsewhere was not tried"
command -v apt-get >/dev/null || skip "no apt here to fetch Debian's kernel with"
command -v modprobe >/dev/null || skip "kmod is not installed"
busybox=$(command -v busybox) || skip "busybox is not installed"

# What a module is built with in a root of its own, kernel headers aside.
TOOLS="base-files dash coreutils findutils grep sed mawk gcc make ${FETCH_MORE:-}"

sources() {
	[ -n "$suite" ] || return 0
	apt=$dest/apt
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	: >"$apt/status"
	mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Origin: Debian' |
		sed -n '/security\|updates\|backports/d; s/ .*//p' | head -n 1)}
	[ -n "$mirror" ] || skip "no archive of Debian's among this machine's package sources"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/sources.list"
	cat >"$apt/apt.conf" <<-EOF
		Dir::Etc::sourcelist "$apt/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Dir::State::lists "$apt/lists";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
		APT::Sandbox::User "$(id -un)";
		Acquire::Languages "none";
	EOF
	export APT_CONFIG="$apt/apt.conf"
	apt-get -q update >"$dest/log" 2>&1 || skip "cannot reach Debian's $suite: $(grep '^[EW]:' "$dest/log" | head -n 1)"
}

packages() {
	image=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-.*\)$/\1/p' | head -n 1)
	[ -n "$image" ] || skip "no package linux-image-amd64 in ${suite:-this machine's package sources}"
	version=${image#linux-image-}
	headers="linux-headers-$version linux-headers-${version%-amd64}-common"
	kbuild=$(apt-cache depends "linux-headers-$version" | sed -n 's/^ *Depends: \(linux-kbuild-.*\)$/\1/p')
}

word_at() {
	od -An -tu"$3" -j "$(($2))" -N "$3" "$1" | tr -d ' '
}

# By the header of a bzImage (Documentation/arch/x86/boot.rst): setup_sects, payload_offset, payload_length.
extract_vmlinux() {
	begin=$((($(word_at "$1" 0x1f1 1) + 1) * 512 + $(word_at "$1" 0x248 4)))
	length=$(word_at "$1" 0x24c 4)
	case $(od -An -tx1 -j $begin -N 2 "$1" | tr -d ' ') in
	fd37) unpacker="xz -dc --single-stream" ;;
	28b5) unpacker="zstd -dcq" ;;
	*) unpacker="gzip -dcq" ;;
	esac
	tail -c +$((begin + 1)) "$1" | head -c "$length" | $unpacker || true	# the size follows the stream
}

fetch() {
	if [ -n "$suite" ]; then
		apt-get -q -y --no-install-recommends --download-only install $TOOLS "linux-headers-$version" &&
		mv "$apt"/cache/archives/*.deb "$dest/deb/" || return 1
		headers= kbuild=
	fi
	[ -n "$only" ] || set -- $image
	[ -z "$*$headers" ] || (cd "$dest/deb" && apt-get -q -o APT::Sandbox::User="$(id -un)" download "$@" $headers $kbuild)
}

unpack() {
	rm -rf "$dest/root" "$dest/deb"
	mkdir -p "$dest/root" "$dest/deb"
	fetch >"$dest/log" 2>&1 || {
		tail -n 3 "$dest/log"
		skip "cannot fetch ${suite:-this machine} $version"
	}
	for deb in "$dest"/deb/*.deb; do
		dpkg-deb -x "$deb" "$dest/root"
	done
	rm -rf "$dest/deb"
	[ -z "$suite" ] || ln -sf mawk "$dest/root/usr/bin/awk"
	[ -z "$only" ] || return 0
	depmod -b "$dest/root" "$version"
	extract_vmlinux "$dest/root/boot/vmlinuz-$version" >"$dest/vmlinux"
}

# Early user space: busybox, the modules that reach the shared root, and our init.
make_initramfs() { # with these modules
	tree=$dest/initramfs.d
	rm -rf "$tree"
	mkdir -p "$tree/bin" "$tree/modules" "$tree/proc" "$tree/sys" "$tree/dev" "$tree/low" "$tree/clients" "$tree/up" "$tree/new"
	cp "$busybox" "$tree/bin/busybox"
	cp "$here/guest-init" "$tree/init"
	chmod +x "$tree/init"
	for m; do
		modprobe -d "$dest/root" -S "$version" --show-depends "$m" | sed -n 's/^insmod //p'
	done | awk '!seen[$1]++ { print $1 }' >"$tree/list"
	n=100
	while read -r ko; do
		n=$((n + 1))
		case $ko in
		*.xz) xz -dc "$ko" >"$tree/modules/$n-$(basename "$ko" .xz)" ;;
		*) cp "$ko" "$tree/modules/$n-${ko##*/}" ;;
		esac
	done <"$tree/list"
	(cd "$tree" && find . | "$busybox" cpio -o -H newc 2>/dev/null) >"$dest/initramfs"
	rm -rf "$tree"
}

sources
packages
[ "$(cat "$dest/version" 2>/dev/null)" = "$version" ] && { [ -s "$dest/vmlinux" ] || [ -n "$only" ]; } || unpack
echo "$version" >"$dest/version"
# For a kernel that has it all built in, none is needed.
if [ -n "$only" ]; then
	make_initramfs
else
	make_initramfs virtio_pci virtio_console 9pnet_virtio 9p overlay
fi
touch "$dest/.ok"
