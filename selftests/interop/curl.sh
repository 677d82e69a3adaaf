#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# curl against a relay of kseal: a large upload and a large download in one
# exchange, so that the kernel opens and seals on the same connection.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

KSEAL=$KSEAL_BUILD/userspace/kseal
BYTES=$((SIZE * MIB))

request_is_complete() {
	local head

	head=$(LC_ALL=C grep -abo -m 1 $'^\r$' kseal.out | head -n 1 | cut -d: -f1)
	[ -n "$head" ] && [ "$(size kseal.out)" -ge $((head + 2 + BYTES)) ]
}

# up_and_down VERSION SUITE OPTION...
up_and_down() {
	local version=$1 suite=$2 server client

	shift 2
	random_file up "$BYTES"
	random_file down "$BYTES"
	printf 'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n' "$BYTES" |
		cat - down >response
	start_kseald
	mkfifo answer
	fed kseal answer "$KSEAL" server --verbose --broker "$BROKER" 0
	server=$PID
	kseal_port kseal
	# shellcheck disable=SC2094 # the upload is read, the answer written
	start curl -sS --cacert "$W/ca.pem" --no-alpn -H Expect: -T up -o got "$@" \
		"https://localhost:$PORT/" 2>curl.err
	client=$PID
	until_true 300 "the whole upload at kseal" request_is_complete
	timeout 60 cp response answer
	ended "$client" 60
	equal "the exit status of curl" "$STATUS" 0
	release kseal
	ended "$server" 60
	equal "the exit status of kseal" "$STATUS" 0
	tail -c "$BYTES" kseal.out >got_up
	same got_up up
	same got down
	negotiated kseal "$version" "$suite"
	sealed_by_aesni kseal
}

# wrong_name - curl itself does not take the certificate, and kseald says so
wrong_name() {
	local server rc=0

	start_kseald
	: >empty
	fed kseal empty "$KSEAL" server --broker "$BROKER" 0
	server=$PID
	kseal_port kseal
	curl -sS --cacert "$W/ca.pem" --connect-to "::127.0.0.1:$PORT" "https://example.net/" \
		>curl.out 2>curl.err || rc=$?
	equal "the exit status of curl" "$rc" 60
	release kseal
	ended "$server" 60
}

for bits in 128:SHA256 256:SHA384; do
	gcm=AES_${bits%:*}_GCM_${bits#*:}
	add "curl, TLS 1.3, AES-${bits%:*}-GCM, $SIZE MiB up and down" \
		up_and_down "TLS 1.3" "TLS_$gcm" --tlsv1.3 --tls13-ciphers "TLS_$gcm"
	add "curl, TLS 1.2, AES-${bits%:*}-GCM, $SIZE MiB up and down" \
		up_and_down "TLS 1.2" "TLS_ECDHE_ECDSA_WITH_$gcm" --tls-max 1.2 \
		--ciphers "ECDHE-ECDSA-AES${bits%:*}-GCM-${bits#*:}"
done
add "curl refuses a certificate for another name" wrong_name
run
