#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kseal_gcm.ko, each form that this CPU can run: the kernel's self-tests, TLS by
# kseal, and packets of MACsec, which are sealed and opened in softirqs.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

KSEAL=$KSEAL_BUILD/userspace/kseal
MODULE=$KSEAL_MODULES/kseal_gcm.ko
BYTES=$((4 * MIB))
declare -A DRIVER=([avx512]=gcm-aes-kseal-vaes-avx512 [avx2]=gcm-aes-kseal-vaes-avx2
		   [aesni]=gcm-aes-kseal-aesni)
# programs of the selftests that put many records of all sizes through the cipher
PROGRAMS=(test_records test_send test_recv)
# the debug kernel takes minutes for them, and its own tests see more; under emulation,
# where time is short, one is enough
if [ -n "${KSEAL_FEW_VARIANTS:-}" ] || grep -q 'User Mode Linux' /proc/cpuinfo; then
	PROGRAMS=(test_records)
fi

# field DRIVER NAME - what /proc/crypto says of it
field() {
	awk -v driver="$1" -v name="$2" '
		$1 == "driver" { ours = $3 == driver; larval = 0 }
		$1 == "module" && $3 == "kernel" { larval = 1 }
		ours && !larval && $1 == name { value = $3 }
		END { print value }' /proc/crypto
}

# the debug kernel boots with the crypto API's tests asleep; from here on they are
# awake: there those in full, with random requests beside the generic code
NOTESTS=/sys/module/cryptomgr/parameters/notests
[ ! -e $NOTESTS ] || echo N >$NOTESTS

# load FORM - ahead of all others, whatever their priorities
load() {
	if loaded; then unload; fi
	insmod "$MODULE" form="$1" priority=5000
}

# tested FORM - from 6.12 on insmod does not wait for it
tested() {
	[ "$(field "${DRIVER[$1]}" selftest)" = passed ]
}

loaded() {
	grep -q '^kseal_gcm ' /proc/modules
}

# unload - as soon as the self-test has ended, and the last socket
unload() {
	until_true 120 "kseal_gcm.ko unloads" rmmod kseal_gcm 2>>rmmod.err
	absent gcm-aes-kseal /proc/crypto
}

# load_tested FORM - and it is what the kernel picks
load_tested() {
	equal "whether the kernel's self-tests are off" "$(cat $NOTESTS)" N
	load "$1"
	until_true 300 "the kernel's self-test of ${DRIVER[$1]} passes" tested "$1"
	equal "whether ${DRIVER[$1]} is asynchronous" "$(field "${DRIVER[$1]}" async)" no
}

is_picked() {
	load_tested "$1"
	if ! "$KSEAL" status >status; then cat status; fi
	cat status
	equal "how many ciphers of kseal use it" "$(grep -c " ${DRIVER[$1]} " status)" 2
	unload
	"$KSEAL" status >status || :
	absent "${DRIVER[$1]}" status
}

# stays_in_use - the module cannot go while a key is in it
stays_in_use() {
	if rmmod kseal_gcm 2>rmmod.log; then
		fail "the module was unloaded while it was in use"
	fi
	grep -q 'in use' rmmod.log
}

seals_tls() {
	load_tested "$1"
	talk_to_gnutls "$2"
	stays_in_use
	hang_up
	grep -q "sealed by ${DRIVER[$1]}" kseal.err || fail "$(tail -n 1 kseal.err)"
	unload
}

passes_selftests() {
	local program

	load_tested "$1"
	for program in "${PROGRAMS[@]}"; do
		# shellcheck disable=SC2086 # options
		timeout 600 "$KSEAL_BUILD/selftests/$program" ${KSEAL_SKIP:-} >"$program.log" 2>&1 ||
			fail "$program with ${DRIVER[$1]}"
		grep '^1\.\.' "$program.log"
	done
	unload
}

# ---- MACsec -----------------------------------------------------------------------

# secure NETNS LINK MAC_OF_PEER ADDRESS OUR_KEY PEER_KEY
secure() {
	ip -n "$1" link add link "$2" macsec0 type macsec encrypt on
	ip -n "$1" macsec add macsec0 tx sa 0 pn 1 on key 01 "$5"
	ip -n "$1" macsec add macsec0 rx port 1 address "$3"
	ip -n "$1" macsec add macsec0 rx port 1 address "$3" sa 0 pn 1 on key 02 "$6"
	ip -n "$1" addr add "$4/24" dev macsec0
	ip -n "$1" link set macsec0 up
}

accepts_connections() {
	[ -n "$(ip netns exec kseal-b ss -Hltn "sport = :7000")" ]
}

seals_packets_in_softirqs() {
	local a=02:00:00:00:00:0a b=02:00:00:00:00:0b receiver

	load_tested "$1"
	ip netns add kseal-a
	ip netns add kseal-b
	ip -n kseal-a link add v0 address $a type veth peer name v1 address $b netns kseal-b
	ip -n kseal-a link set v0 up
	ip -n kseal-b link set v1 up
	secure kseal-a v0 $b 10.9.0.1 $KEY_A $KEY_B
	secure kseal-b v1 $a 10.9.0.2 $KEY_B $KEY_A
	random_file from_a "$BYTES"
	# an input that does not end, or nc ends with it
	mkfifo silence
	exec 8<>silence
	ip netns exec kseal-b busybox nc -l -p 7000 <&8 >got_b &
	receiver=$!
	PIDS+=("$receiver")
	until_true 30 "the receiver listens" accepts_connections
	timeout 300 ip netns exec kseal-a bash -c 'cat from_a >/dev/tcp/10.9.0.2/7000'
	ended $receiver 60
	same got_b from_a
	stays_in_use
	ip -n kseal-b -s macsec show >stats
	cat stats
	# a segment is 64 KiB at most, and so is what is sealed at once
	at_least "packets that were authentic" "$(packets_in)" $((BYTES / 65536))
}

# packets_in - InPktsOK, under its heading; other columns count what went wrong
packets_in() {
	awk '/InPktsOK/ { sub(/stats:/, "")
			  for (i = 1; i <= NF; i++) if ($i == "InPktsOK") column = i
			  getline; if ($column > most) most = $column }
		END { print most + 0 }' stats
}

# remove_network - what is left of the last test's
remove_network() {
	ip netns del kseal-a 2>/dev/null || :
	ip netns del kseal-b 2>/dev/null || :
}

in_softirqs() {
	remove_network
	seals_packets_in_softirqs "$1"
	remove_network
	unload
}

PRIORITY=NORMAL:-VERS-ALL:-CIPHER-ALL
KEY_A=000102030405060708090a0b0c0d0e0f
KEY_B=f0e0d0c0b0a090807060504030201000

# ---- which forms ----------------------------------------------------------------------

refuses_nonsense() {
	if insmod "$MODULE" form=nonsense 2>insmod.log; then
		fail "loaded with form=nonsense"
	fi
	dmesg | tail -n 5 | grep 'kseal_gcm: form=nonsense: the forms are'
}

modprobe -aq gcm ctr ghash-generic aesni_intel
FORMS=()
for form in avx512 avx2 aesni; do
	if load $form 2>/dev/null; then
		FORMS+=("$form")
		until rmmod kseal_gcm 2>/dev/null; do sleep .1; done
	elif [ $form = aesni ]; then
		FORMS+=("$form")		# which fails then, and says why
	else
		echo "# form $form is not available here: $(dmesg | grep "form=$form" | tail -n 1)"
	fi
done
add "what is no form is refused" refuses_nonsense
for form in "${FORMS[@]}"; do
	add "$form passes the kernel's self-test and is picked" is_picked "$form"
	add "$form passes ${PROGRAMS[*]}" passes_selftests "$form"
	# User-Mode Linux has no MACsec, and gnutls-cli stands still there, whoever seals
	if grep -q 'User Mode Linux' /proc/cpuinfo; then
		continue
	fi
	add "$form seals and opens TLS 1.3" seals_tls "$form" "$PRIORITY:+VERS-TLS1.3:+AES-128-GCM"
	add "$form seals and opens TLS 1.2" seals_tls "$form" "$PRIORITY:+VERS-TLS1.2:+AES-256-GCM"
	add "$form seals and opens packets in softirqs" in_softirqs "$form"
done
run
