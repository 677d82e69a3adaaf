#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# OpenSSL's s_client and s_server against kseald in both roles, much each way.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

KSEAL=$KSEAL_BUILD/userspace/kseal
BYTES=$((SIZE * MIB))

# both_ways - wait until each side has all of the other's bytes, then end
both_ways() {
	until_true 300 "all bytes at kseal" has_bytes kseal.out "$BYTES"
	until_true 300 "all bytes at openssl" has_bytes openssl.out "$BYTES"
	release kseal
	ended "$1" 60
	equal "the exit status of kseal" "$STATUS" 0
	same kseal.out from_openssl
	same openssl.out from_kseal
	sealed_by_aesni kseal
}

prepare() {
	random_file from_kseal "$BYTES"
	random_file from_openssl "$BYTES"
	start_kseald
}

# kseald_serves VERSION SUITE OPTION...
kseald_serves() {
	local version=$1 suite=$2 server client

	shift 2
	prepare
	fed kseal from_kseal "$KSEAL" server --verbose --broker "$BROKER" 0
	server=$PID
	kseal_port kseal
	fed openssl from_openssl openssl s_client -quiet -connect "127.0.0.1:$PORT" \
		-servername localhost -CAfile "$W/ca.pem" -verify_return_error "$@"
	client=$PID
	both_ways "$server"
	negotiated kseal "$version" "$suite"
	ended "$client" 60
	equal "the exit status of s_client" "$STATUS" 0
}

# kseald_connects VERSION SUITE OPTION...
kseald_connects() {
	local version=$1 suite=$2 server client

	shift 2
	prepare
	free_port
	fed openssl from_openssl openssl s_server -quiet -accept "127.0.0.1:$PORT" -naccept 1 \
		-cert "$W/server.pem" -key "$W/server.key" "$@"
	server=$PID
	until_true 60 "s_server listens" listening "$PORT"
	fed kseal from_kseal "$KSEAL" client --verbose --broker "$BROKER" --server-name localhost \
		127.0.0.1 "$PORT"
	client=$PID
	both_ways "$client"
	negotiated kseal "$version" "$suite"
	release openssl
	ended "$server" 60
	equal "the exit status of s_server" "$STATUS" 0
}

# kseald_refuses - a certificate that no known authority signed
kseald_refuses() {
	start_kseald
	free_port
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=localhost -keyout other.key -out other.pem
	start openssl s_server -quiet -accept "127.0.0.1:$PORT" -cert other.pem -key other.key
	until_true 60 "s_server listens" listening "$PORT"
	rc=0
	"$KSEAL" client --broker "$BROKER" --server-name localhost 127.0.0.1 "$PORT" \
		>kseal.out 2>kseal.err || rc=$?
	cat kseal.err
	[ "$rc" != 0 ] || fail "kseal client took it"
	grep -qi certificate kseal.err
}

for size in 128:SHA256 256:SHA384; do
	aes=AES${size%:*}-GCM-${size#*:}
	tls13=TLS_AES_${size%:*}_GCM_${size#*:}
	tls12=TLS_ECDHE_ECDSA_WITH_AES_${size%:*}_GCM_${size#*:}
	add "s_client, TLS 1.3, AES-${size%:*}-GCM, $SIZE MiB each way" \
		kseald_serves "TLS 1.3" "$tls13" -tls1_3 -ciphersuites "$tls13"
	add "s_client, TLS 1.2, AES-${size%:*}-GCM, $SIZE MiB each way" \
		kseald_serves "TLS 1.2" "$tls12" -tls1_2 -cipher "ECDHE-ECDSA-$aes"
	add "s_server, TLS 1.3, AES-${size%:*}-GCM, $SIZE MiB each way" \
		kseald_connects "TLS 1.3" "$tls13" -tls1_3 -ciphersuites "$tls13"
	add "s_server, TLS 1.2, AES-${size%:*}-GCM, $SIZE MiB each way" \
		kseald_connects "TLS 1.2" "$tls12" -tls1_2 -cipher "ECDHE-ECDSA-$aes"
done
add "s_server with a certificate of nobody known is refused" kseald_refuses
run
