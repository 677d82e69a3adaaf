#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kseald --record-sizing, as its programs' peers see it.

# a packet as the loopback has them takes a whole record: one of our own has small ones
[ -n "${KSEAL_OWN_NET:-}" ] || exec env KSEAL_OWN_NET=1 unshare --net "$0"
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

KSEAL=$KSEAL_BUILD/userspace/kseal
BYTES=$((1 * MIB))

# sends OPTION... - a file through kseald with these options; how many records it
# took, to RECORDS
sends() {
	local server

	random_file from_kseal "$BYTES"
	start_kseald "$@"
	fed kseal from_kseal "$KSEAL" server --verbose --broker "$BROKER" 0
	server=$PID
	kseal_port kseal
	mkfifo nothing
	exec 7<>nothing
	gnutls-cli --logfile cli.log --x509cafile "$W/ca.pem" --sni-hostname localhost \
		--verify-hostname localhost --port "$PORT" 127.0.0.1 <&7 >gnutls.out 2>gnutls.err &
	PIDS+=("$!")
	until_true 300 "all bytes at gnutls-cli" has_bytes gnutls.out "$BYTES"
	release kseal
	ended "$server" 60
	same gnutls.out from_kseal
	RECORDS=$(sed -n 's/.*bytes in \([0-9]*\) records, received.*/\1/p' kseal.err)
	[ -n "$RECORDS" ] || fail "kseal does not say how many records: $(cat kseal.err)"
}

large_records() {
	sends
	# of 16 KiB, or what kseal reads of a file at a time, if that is less
	at_least "the most of what is good" 128 "$RECORDS"
}

small_records() {
	sends --record-sizing 4294967295
	at_least "records" "$RECORDS" $((BYTES / 1460))
}

small_ones_first() {
	local large

	sends
	large=$RECORDS
	rm -f kseal.in kseal.hold nothing broker.sock gnutls.out kseal.out
	sends --record-sizing 100000,100
	at_least "records" "$RECORDS" $((large + 100000 / 1460 - 10))
	at_least "the most of what is good" $((large + 100000 / 1300)) "$RECORDS"
}

ip link set lo up mtu 1500
add "large records unless asked for" large_records
add "small records throughout" small_records
add "small records first" small_ones_first
run
