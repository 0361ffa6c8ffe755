#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the guest: Bacula's and Amanda's own tests of tape drives and changers, on the devices of the bridge.
set -u
. test/kernel/lib.sh
. test/lib/tap.sh
command -v btape amtapetype >/dev/null || { echo "1..0 # SKIP Bacula and Amanda could not be fetched"; exit 0; }
bridge_start || exit 1
name=iqn.2026-01.test:local
"$BUILD/vtl" media create test LTO-8:1:BIG001L8 --capacity 800M >/dev/null &&
	"$BUILD/vtl" media create test LTO-8:3:SML001L8 --capacity 200M >/dev/null || exit 1
bridge_target 1 $name && bridge_wait $name 2 && nst=$NST sg=$SG && bridge_wait $name 1 && changer=$SG || exit 1
work=$TGTD_DIR/work
mkdir -p "$work/bacula" "$work/amanda"
for device in $sg $changer; do
	sg_turs -n 3 $device >/dev/null 2>&1
done

cat >"$work/changer" <<E2
#!/bin/sh
# Bacula calls it as mtx-changer: device, command, slot, archive device, drive.
case \$2 in
load) mtx -f \$1 load \$3 \$5 && for n in 1 2 3 4 5; do mt -f \$4 rewind 2>/dev/null && exit 0; done; exit 1 ;;
unload) mt -f \$4 offline; mtx -f \$1 unload \$3 \$5 ;;
loaded) mtx -f \$1 status | sed -n "s/^Data Transfer Element \$5:Full (Storage Element \([0-9]*\) Loaded).*/\1/p" | grep . || echo 0 ;;
list) mtx -f \$1 status | sed -n 's/^ *Storage Element \([0-9]*\):Full :VolumeTag=\([^ ]*\).*/\1:\2/p' ;;
slots) mtx -f \$1 status | sed -n 's/.* \([0-9]*\) Slots.*/\1/p' ;;
esac
E2
chmod +x "$work/changer"
cat >"$work/sd.conf" <<E2
Storage {
  Name = sd
  WorkingDirectory = $work/bacula
  Pid Directory = $work/bacula
}
Director {
  Name = dir
  Password = "x"
}
Messages {
  Name = Standard
  director = dir = all
}
Autochanger {
  Name = Library
  Device = Drive
  Changer Command = "$work/changer %c %o %S %a %d"
  Changer Device = $changer
}
Device {
  Name = Drive
  Drive Index = 0
  Media Type = LTO-8
  Archive Device = $nst
  AutomaticMount = yes
  AlwaysOpen = yes
  RemovableMedia = yes
  RandomAccess = no
  AutoChanger = yes
  Maximum Block Size = 32768
  Maximum File Size = 100M
}
E2
btape_says() {
	btape_input=$1
	shift
	printf "$btape_input" | timeout 1500 btape -c "$work/sd.conf" $nst >"$work/log" 2>&1
	for btape_pattern; do
		grep -q "$btape_pattern" "$work/log" || {
			echo "# btape did not say: $btape_pattern"
			grep -v 'smartall\|Last block at\|End of tape' "$work/log" | sed 's/^/#   /' | tail -n 60
			return 1
		}
	done
}
mtx -f $changer load 8 0 >/dev/null || exit 1
check 'Bacula: btape test' btape_says 'test\n\n\n\n\nquit\n' 'Test succeeded\|The test worked' 'append test\|Append files test'
mtx -f $changer unload 8 0 >/dev/null 2>&1
# Bacula takes slot 1, where its tape is to lie.
mtx -f $changer transfer 1 12 && mtx -f $changer transfer 8 1 && mtx -f $changer load 1 0 >/dev/null || exit 1
check 'Bacula: btape autochanger' btape_says 'autochanger\ny\ny\n\n\nquit\n' 'The test autochanger worked'
mtx -f $changer load 1 0 >/dev/null 2>&1
# Fills the tape, writes on to learn that it is full, reads its last block again, then all of it.
check 'Bacula: btape fill, until the tape is full' btape_says 'fill\ns\n\n\nquit\n' \
	'End of Volume "TestVolume1" at [78]:' 'Re-read of last block succeeded' \
	'The last block on the tape matches. Test succeeded'
mt -f $nst offline
mtx -f $changer unload 1 0 >/dev/null 2>&1

mkdir -p /etc/amanda/guest
cat >/etc/amanda/guest/amanda.conf <<E2
tpchanger "robot"
define changer robot {
  tpchanger "chg-robot:$changer"
  property "tape-device" "0=tape:$nst"
  property "use-slots" "9-11"
  changerfile "$work/amanda/changer-state"
}
tapetype LTO
define tapetype LTO {
  length 200 mbytes
  filemark 0 kbytes
}
logdir "$work/amanda"
infofile "$work/amanda/info"
indexdir "$work/amanda/index"
E2
mkdir -p /var/log/amanda /var/lib/amanda /var/amanda
chown -R backup "$work/amanda" /etc/amanda /var/log/amanda /var/lib/amanda /var/amanda $nst $changer
chmod 755 "$TGTD_DIR" "$work"
amanda() { # output goes to the log; patterns must be in it
	amanda_cmd=$1
	shift
	timeout 300 su -s /bin/sh backup -c "PATH=$PATH $amanda_cmd" >"$work/log" 2>&1
	amanda_rc=$?
	for amanda_pattern; do
		grep -q "$amanda_pattern" "$work/log" || amanda_rc=1
	done
	[ $amanda_rc = 0 ] || sed 's/^/#   /' "$work/log" | tail -n 40
	return $amanda_rc
}
check 'Amanda: chg-robot takes stock' amanda "amtape guest inventory" 'slot 9:' 'barcode SML001L8'
check 'Amanda: amlabel labels by way of the robot' amanda "amlabel -f guest DATA-1 slot 10" 'Success\|Writing label'
check 'Amanda: amtape finds the label again' amanda "amtape guest label DATA-1" 'loaded\|DATA-1'
mtx -f $changer unload 10 0 >/dev/null 2>&1
mtx -f $changer load 11 0 >/dev/null
for n in 1 2 3; do mt -f $nst rewind 2>/dev/null && break; done
check 'Amanda: amtapetype measures a tape' amanda "amtapetype -f -b 262144 guest tape:$nst" 'define tapetype' 'length'
tap_end
