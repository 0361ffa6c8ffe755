# SPDX-License-Identifier: GPL-2.0-only
# Shell functions that run packaged tools of the field on iscsi:// URLs: test/tgt/preload/sg_iscsi.c carries their SG_IO.
# Source tgtd.sh first; $work is a folder.
#
#	sg_require PROGRAM...	skips the test where one is not installed
#	sg PROGRAM ...		runs one; a device is named by its URL

sg_require() {
	for sg_program; do
		command -v "$sg_program" >/dev/null || { echo "$sg_program is not installed"; exit 77; }
	done
	sg_preload=$work/sg.so
	${CC:-cc} -Wall -Wextra -O1 -shared -fPIC -o "$sg_preload" test/tgt/preload/sg_iscsi.c -liscsi || exit 1
}

sg() {
	LD_PRELOAD="$sg_preload" timeout 300 "$@"
}
