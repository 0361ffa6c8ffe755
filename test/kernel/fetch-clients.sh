#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Puts packages of Debian's, unpacked and not installed, into DEST/root: fetch-clients.sh DEST [PACKAGE...].
#
# Without PACKAGE: backup software for the guest. It is laid over the guest's file system, so that no service of it ever
# starts on this machine. Exit status 77 where it cannot be had.
set -eu

PACKAGES="udev open-iscsi libisns0 libopeniscsiusr stenc dump bacula-sd bacula-common libwrap0 amanda-common amanda-server
	libencode-locale-perl libjson-perl libwww-perl liburi-perl libhttp-message-perl libxml-simple-perl libcurl4"

[ $# -ge 1 ] || { echo "usage: $0 DEST [PACKAGE...]" >&2; exit 2; }
mkdir -p "$1"
dest=$(cd "$1" && pwd)
shift
[ -e "$dest/.ok" ] && [ "$dest/.ok" -nt "$0" ] && exit 0
command -v apt-get >/dev/null || { echo "no apt here to fetch Debian's packages with"; exit 77; }
rm -rf "$dest/root" "$dest/deb"
mkdir -p "$dest/root" "$dest/deb"
(cd "$dest/deb" && apt-get -q -o APT::Sandbox::User="$(id -un)" download ${*:-$PACKAGES}) >"$dest/log" 2>&1 || {
	tail -n 3 "$dest/log"
	exit 77
}
for deb in "$dest"/deb/*.deb; do
	dpkg-deb -x "$deb" "$dest/root"
done
rm -rf "$dest/deb"
# A machine whose /lib is a link to /usr/lib keeps it: a folder laid over it would hide it.
for d in bin sbin lib lib64; do
	[ -d "$dest/root/$d" ] && [ ! -L "$dest/root/$d" ] || continue
	mkdir -p "$dest/root/usr/$d"
	cp -a "$dest/root/$d/." "$dest/root/usr/$d/"
	rm -rf "${dest:?}/root/$d"
done
touch "$dest/.ok"
