# SPDX-License-Identifier: GPL-2.0-only
# Shell functions that run the packaged tgtd with our modules, beside and without touching whatever else runs here.
#
# A private mount namespace with an overlay above /usr/lib puts the modules where tgtd looks for them; control socket, portal
# (127.0.0.1) and everything that is written lie in a directory of its own. Source it from the top of the repository.
#
#	tgtd_dir DIR		where all of it lies (default: a temporary directory, removed on exit)
#	tgtd_start		starts tgtd and waits until it answers; exits 77 where mount namespaces are forbidden
#	tgtd_stop		deletes targets and ends it in peace; tgtd_kill: SIGKILL
#	tgtd_adm ...		tgtadm for it
#	tgtd_target TID NAME	a target that everybody may use, with the iSCSI parameters that `vtl targets` gives
#	tgtd_lun TID LUN TYPE PATH [tgtadm options]
#	tgtd_url NAME LUN	iscsi:// URL
#	tgtd_log [PATTERN]	its log, or whether the log has that pattern
# Variables: TGTD_WRAP (setsid, for a daemon that outlives the script), TGTD_PID, TGTD_PORT, TGTD_CONTROL, TGTD_MODULES (files for tgtd's folder; default $BUILD/vtl.so).

BUILD=${BUILD:-build}
TGTD=${TGTD:-$(command -v tgtd || echo /usr/sbin/tgtd)}
TGTADM=${TGTADM:-$(command -v tgtadm || echo /usr/sbin/tgtadm)}
TGTD_PID=
TGTD_OWN_DIR=

tgtd_dir() {
	TGTD_DIR=$1
	mkdir -p "$TGTD_DIR/run" "$TGTD_DIR/lib" "$TGTD_DIR/overlay"
	export VTL_RUN="$TGTD_DIR/run" VTL_LIBRARY_ROOT="${VTL_LIBRARY_ROOT:-$TGTD_DIR/lib}"
	export VTL_MODEL_PATH="${VTL_MODEL_PATH:-$PWD/conf/models}" TGT_IPC_SOCKET="$TGTD_DIR/ipc"
}

tgtd_cleanup() {
	[ -z "$TGTD_PID" ] || tgtd_kill
	[ -z "$TGTD_OWN_DIR" ] || rm -rf "$TGTD_OWN_DIR" || true
}

# To be called first: skips where it cannot be, and lets a signal end the script by its EXIT trap.
tgtd_require() {
	trap 'exit 143' HUP INT TERM
	[ "$(id -u)" = 0 ] || { echo "needs root, for a mount namespace"; exit 77; }
	[ -x "$TGTD" ] || { echo "tgtd is not installed"; exit 77; }
	unshare -m --propagation private true 2>/dev/null || { echo "mount namespaces are forbidden here"; exit 77; }
}

# Runs in the namespace. Everything it needs comes in the environment.
tgtd_in_namespace='
	mount -t tmpfs -o size=64m vtl "$TGTD_DIR/overlay" &&
	mkdir -p "$TGTD_DIR/overlay/upper/tgt/backing-store" "$TGTD_DIR/overlay/work" &&
	cp $TGTD_MODULES "$TGTD_DIR/overlay/upper/tgt/backing-store/" &&
	cp "$BUILD/libvtlmedia.so.0" "$TGTD_DIR/overlay/upper/" &&
	mount -t overlay -o "lowerdir=/usr/lib,upperdir=$TGTD_DIR/overlay/upper,workdir=$TGTD_DIR/overlay/work" vtl /usr/lib || {
		echo "no overlay mounts here"
		exit 77
	}
	exec env $tgtd_all_env "$TGTD" -f -C "$TGTD_CONTROL" --iscsi "portal=127.0.0.1:$TGTD_PORT"
'

# The settings of the drop-in for the service, so that a tgtd of ours runs as an installed one does.
tgtd_environment() {
	sed -n 's/^Environment=//p' conf/systemd/tgt-vtl.conf 2>/dev/null | tr -d '"' | tr '\n' ' '
}

# The C library's lock of message catalogues and AddressSanitizer do not get along in tgtd: no catalogues then.
tgtd_sanitize() {
	BUILD=$(cd "$BUILD/asan" && pwd) || return 1
	tgtd_cc=${CC:-gcc}
	printf 'char *bindtextdomain(const char *d, const char *n) { (void)d; return (char *)n; }\n' >"$BUILD/nls.c"
	$tgtd_cc -shared -fPIC -o "$BUILD/nls.so" "$BUILD/nls.c" || return 1
	# of tgtd itself
	printf 'leak:iscsi_param_parse_portals\nleak:cmnd_exec_auth_chap\n' >"$BUILD/suppressions"
	tgtd_libs="$($tgtd_cc -print-file-name=libasan.so):$($tgtd_cc -print-file-name=libubsan.so):$BUILD/nls.so"
	TGTD_PRELOAD="$tgtd_libs${TGTD_PRELOAD:+:$TGTD_PRELOAD}"
	TGTD_ENV="${TGTD_ENV:-} ASAN_OPTIONS=detect_leaks=1:exitcode=98 UBSAN_OPTIONS=halt_on_error=1:exitcode=98"
	TGTD_ENV="$TGTD_ENV LSAN_OPTIONS=suppressions=$BUILD/suppressions:print_suppressions=0"
}

tgtd_wait_pid_end() { # at most two minutes
	tgtd_n=0
	while kill -0 "$1" 2>/dev/null && [ $tgtd_n -lt 2400 ]; do
		[ "$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -c1)" = Z ] && break
		tgtd_n=$((tgtd_n + 1))
		sleep 0.05
	done
}

# 0 when it answers and has its portal, 1 when it ended or its port was taken, 2 when it does not answer in time.
tgtd_wait_ready() {
	tgtd_n=0
	while [ $tgtd_n -lt 1200 ]; do	# a minute and more
		kill -0 "$TGTD_PID" 2>/dev/null || return 1
		if tgtd_adm --op show --mode portal 2>/dev/null | grep -q ":$TGTD_PORT,"; then
			return 0
		fi
		grep -q 'unable to bind\|failed to bind\|Address already in use' "$TGTD_DIR/log" && return 1
		tgtd_n=$((tgtd_n + 1))
		sleep 0.05
	done
	return 2
}

tgtd_start() {
	tgtd_require
	if [ -z "${TGTD_DIR:-}" ]; then
		TGTD_OWN_DIR=$(mktemp -d)
		tgtd_dir "$TGTD_OWN_DIR"
	fi
	if [ -n "${SANITIZE:-}" ] && [ "${BUILD%/asan}" = "$BUILD" ]; then
		tgtd_sanitize || return 1
	fi
	TGTD_MODULES=${TGTD_MODULES-$BUILD/vtl.so}
	tgtd_all_env="${TGTD_ENV:-} $(tgtd_environment) ${TGTD_PRELOAD:+LD_PRELOAD=$TGTD_PRELOAD}"
	tgtd_try=0
	while [ $tgtd_try -lt 10 ]; do
		tgtd_try=$((tgtd_try + 1))
		TGTD_CONTROL=${TGTD_WANT_CONTROL:-$(shuf -i 1000-30000 -n 1)}
		TGTD_PORT=${TGTD_WANT_PORT:-$(shuf -i 20000-32000 -n 1)}
		export BUILD TGTD TGTD_DIR TGTD_MODULES TGTD_CONTROL TGTD_PORT tgtd_all_env
		${TGTD_WRAP:-} unshare -m --propagation private sh -c "$tgtd_in_namespace" >"$TGTD_DIR/log" 2>&1 </dev/null &
		TGTD_PID=$!
		tgtd_rc=0
		tgtd_wait_ready || tgtd_rc=$?
		[ $tgtd_rc != 0 ] || return 0
		tgtd_kill
		if grep -q 'no overlay mounts here' "$TGTD_DIR/log"; then
			cat "$TGTD_DIR/log"
			exit 77
		fi
	done
	echo "tgtd does not start:" >&2
	cat "$TGTD_DIR/log" >&2
	return 1
}

tgtd_adm() {
	"$TGTADM" -C "$TGTD_CONTROL" "$@"
}

tgtd_stop() {
	for tgtd_tid in $(tgtd_adm --op show --mode target | sed -n 's/^Target \([0-9]*\):.*/\1/p'); do
		tgtd_adm --lld iscsi --op delete --mode target --tid "$tgtd_tid" --force || return 1
	done
	tgtd_adm --op delete --mode system || return 1
	tgtd_wait_pid_end "$TGTD_PID"
	tgtd_status=0
	wait "$TGTD_PID" || tgtd_status=$?
	TGTD_PID=
	return $tgtd_status
}

tgtd_kill() {
	kill -9 "$TGTD_PID" 2>/dev/null || true
	wait "$TGTD_PID" 2>/dev/null || true
	TGTD_PID=
}

tgtd_target() {
	tgtd_adm --lld iscsi --op new --mode target --tid "$1" -T "$2" &&
	tgtd_adm --lld iscsi --op bind --mode target --tid "$1" -I ALL || return 1
	for tgtd_param in MaxRecvDataSegmentLength=262144 FirstBurstLength=262144 MaxBurstLength=1048576 InitialR2T=No; do
		tgtd_adm --lld iscsi --op update --mode target --tid "$1" --name "${tgtd_param%=*}" \
			--value "${tgtd_param#*=}" || return 1
	done
}

tgtd_lun() {
	tgtd_lun_tid=$1 tgtd_lun_lun=$2 tgtd_lun_type=$3 tgtd_lun_path=$4
	shift 4
	tgtd_adm --lld iscsi --op new --mode logicalunit --tid "$tgtd_lun_tid" --lun "$tgtd_lun_lun" \
		--device-type "$tgtd_lun_type" -b "$tgtd_lun_path" "$@"
}

tgtd_url() {
	echo "iscsi://127.0.0.1:$TGTD_PORT/$1/$2"
}

tgtd_log() {
	if [ $# = 0 ]; then
		cat "$TGTD_DIR/log"
	else
		grep -q -- "$1" "$TGTD_DIR/log"
	fi
}
