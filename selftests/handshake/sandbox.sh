#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kseald as nobody, without capabilities and with its system calls filtered: a reload,
# and a whole connection.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/../interop/lib.sh"

KSEAL=$KSEAL_BUILD/userspace/kseal
BYTES=$((MIB / 8))

# harmless - every thread of kseald, by its status in proc(5)
harmless() {
	awk -v none=0000000000000000 '
		BEGIN {
			want["Uid:"] = want["Gid:"] = 65534
			want["CapInh:"] = want["CapPrm:"] = want["CapEff:"] = none
			want["CapBnd:"] = want["CapAmb:"] = none
			want["NoNewPrivs:"] = 1
			want["Seccomp:"] = 2
		}
		$1 in want {seen++}
		$1 in want && $2 != want[$1] {print "failed: " FILENAME ": " $0; bad = 1}
		$1 == "VmLck:" && !$2 {print "failed: " FILENAME ": no memory is locked"; bad = 1}
		END {exit bad || !seen || seen % 9}' "/proc/$KSEALD"/task/*/status
}

# start_as_nobody - its key in a file that root alone may read
start_as_nobody() {
	chmod 755 "$W" "$T"
	certificates >certificates.log 2>&1
	install -m 600 "$W/server.key" once.key
	BROKER=$T/run/broker.sock
	start_ready kseald "$KSEAL_BUILD/userspace/kseald" --socket "$BROKER" --mode 0666 \
		--cert "$W/server.pem" --key "$T/once.key" --ca "$W/ca.pem" --timeout 300 \
		--user 65534:65534
	KSEALD=$PID
}

# talk - openssl and `kseal server` give each other bytes, through the kernel's keys
talk() {
	local server client

	random_file from_kseal "$BYTES"
	random_file from_openssl "$BYTES"
	fed kseal from_kseal "$KSEAL" server --verbose --broker "$BROKER" 0
	server=$PID
	kseal_port kseal
	fed openssl from_openssl openssl s_client -quiet -connect "127.0.0.1:$PORT" \
		-servername localhost -CAfile "$W/ca.pem" -verify_return_error
	client=$PID
	until_true 100 "all bytes at kseal" has_bytes kseal.out "$BYTES"
	until_true 100 "all bytes at openssl" has_bytes openssl.out "$BYTES"
	release kseal
	ended "$server" 60
	equal "the exit status of kseal" "$STATUS" 0
	same kseal.out from_openssl
	same openssl.out from_kseal
	ended "$client" 60
	equal "the exit status of s_client" "$STATUS" 0
}

works_as_nobody() {
	start_as_nobody
	harmless
	absent 'is not loaded' kseald.err
	# what it may not read any more changes nothing
	kill -HUP "$KSEALD"
	until_true 60 "the reload is refused" grep -q 'not reloaded' kseald.err
	grep -q 'once.key.*mode 0640' kseald.err
	chgrp 65534 once.key "$W/server.pem"
	chmod 640 once.key "$W/server.pem"
	kill -HUP "$KSEALD"
	until_true 60 "the reload" grep -q 'info: reloaded' kseald.err
	talk
	kill "$KSEALD"
	ended "$KSEALD" 60
	equal "the exit status of kseald" "$STATUS" 0
	[ ! -e "$BROKER" ] || fail "it left its socket behind"
}

add "kseald works as nobody, in its sandbox, and reloads" works_as_nobody
run
