#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Certificates of clients, kseald in both roles, OpenSSL at the other end: who is told whose
# it was, and, by a capture that tshark decrypts, which messages went in which order.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/../interop/lib.sh"

KSEAL=$KSEAL_BUILD/userspace/kseal

# client_certificate - once: alice's, and what is known of her
client_certificate() {
	[ ! -e "$W/alice.pem" ] || return 0
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj /O=Example/CN=alice -keyout "$W/alice.key" -out "$W/alice.csr"
	openssl x509 -req -in "$W/alice.csr" -CA "$W/ca.pem" -CAkey "$W/ca.key" \
		-CAcreateserial -days 2 -out "$W/alice.crt" -extfile <(
			echo subjectAltName=DNS:alice.example,IP:192.0.2.1
			echo keyUsage=digitalSignature
			echo extendedKeyUsage=clientAuth)
	cp "$W/alice.crt" "$W/alice.pem"
}

# digest FILE - SHA-256 of the certificate in it, as kseal prints it
digest() {
	openssl x509 -in "$1" -outform der | sha256sum | cut -d ' ' -f 1
}

# pin FILE - the SHA-256 of its public key, as curl writes it
pin() {
	echo "sha256//$(openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform der |
		openssl dgst -sha256 -binary | base64)"
}

prepare() {
	certificates >certificates.log 2>&1
	client_certificate >>certificates.log 2>&1
	cat >kseald.conf <<-END
	identities = (
		{ name = "me"; role = "client";
		  certificate = "$W/alice.pem"; key = "$W/alice.key"; }
	)
	END
	start_kseald --config "$T/kseald.conf" --client-ca "$W/ca.pem"
	echo "greetings from kseal" >greeting
	echo "greetings from openssl" >hello
}

# told NAME WORDS - what kseal said, NAME.err
told() {
	grep -qF -- "$2" "$1.err" || fail "\"$2\" is not in: $(cat "$1.err")"
}

# both_greet N - each has heard the other
both_greet() {
	until_true 60 "the greeting at kseal" grep -q 'greetings from openssl' "k$1.out"
	until_true 60 "the greeting at openssl" grep -q 'greetings from kseal' "o$1.out"
	release "k$1"
}

# serves N OPTION... - kseald is the server, and requires a certificate
serves() {
	local n=$1 server client

	shift
	fed "k$n" greeting "$KSEAL" server --verbose --client-auth required --broker "$BROKER" 0
	server=$PID
	kseal_port "k$n"
	PORTS[n]=$PORT
	fed "o$n" hello openssl s_client -connect "127.0.0.1:$PORT" -servername localhost \
		-CAfile "$W/ca.pem" -verify_return_error -cert "$W/alice.pem" \
		-key "$W/alice.key" -keylogfile "$T/keys$n" "$@"
	client=$PID
	both_greet "$n"
	ended "$server" 60
	equal "the exit status of kseal" "$STATUS" 0
	told "k$n" "the peer is CN=alice,O=Example (DNS:alice.example,IP:192.0.2.1), SHA-256 $(
		digest "$W/alice.pem")"
	grep -A 1 'Acceptable client certificate CA names' "o$n.out" | grep -q 'CN = kseal test CA'
	release "o$n"
	ended "$client" 60
}

# connects N OPTION... - kseald is the client, and shows a certificate
connects() {
	local n=$1 server client

	shift
	free_port
	PORTS[n]=$PORT
	fed "o$n" hello openssl s_server -accept "127.0.0.1:$PORT" -naccept 1 -Verify 1 \
		-CAfile "$W/ca.pem" -verify_return_error -cert "$W/server.pem" \
		-key "$W/server.key" -keylogfile "$T/keys$n" "$@"
	server=$PID
	until_true 60 "s_server listens" listening "$PORT"
	fed "k$n" greeting "$KSEAL" client --verbose --identity me --pin "$(pin "$W/server.pem")" \
		--broker "$BROKER" --server-name localhost 127.0.0.1 "$PORT"
	client=$PID
	both_greet "$n"
	release "o$n"
	ended "$client" 60
	equal "the exit status of kseal" "$STATUS" 0
	told "k$n" "the peer is CN=localhost (DNS:localhost,IP:127.0.0.1,IP:::1), SHA-256 $(
		digest "$W/server.pem")"
	grep -q 'depth=0 O = Example, CN = alice' "o$n.err"
	ended "$server" 60
}

# start_capture - of the loopback, into capture.pcap
start_capture() {
	start dumpcap -q -i lo -f tcp -s 0 -w capture.pcap 2>dumpcap.err
	CAPTURE=$PID
	until_true 60 "dumpcap captures" capturing
}

capturing() {
	grep -q '^File: ' dumpcap.err && [ "$(wc -l </proc/net/packet)" -gt 1 ]
}

# decode - a line for each frame with handshake messages; has it all of them?
decode() {
	local port as=()

	for port in "${PORTS[@]}"; do
		as+=(-d "tcp.port==$port,tls")
	done
	cat keys? >keys
	tshark -n -r capture.pcap -o "tls.keylog_file:$T/keys" "${as[@]}" -Y tls.handshake \
		-T fields -e tcp.srcport -e tcp.dstport -e tls.handshake.type \
		>decoded 2>/dev/null
	for port in "${PORTS[@]}"; do
		[[ $(messages "$port") == *c20* ]] || return 1
	done
}

# messages PORT - "c1 s2 ...": types of the client's and the server's, but for tickets
messages() {
	awk -v port="$1" '
	$1 == port || $2 == port {
		n = split($3, types, ",")
		for (i = 1; i <= n; i++)
			if (types[i] != 4)
				printf "%s%s%d", sep++ ? " " : "", $1 == port ? "s" : "c", types[i]
	}' decoded
}

certificates_go_in_order() {
	PORTS=()
	prepare
	start_capture
	serves 1 -tls1_2
	serves 2 -tls1_3
	connects 3 -tls1_2
	connects 4 -tls1_3
	until_true 60 "all handshakes in the capture" decode
	kill -INT "$CAPTURE"
	ended "$CAPTURE" 60
	# 1, 2: hellos; 8 EncryptedExtensions; 11 Certificate; 12 ServerKeyExchange;
	# 13 CertificateRequest; 14 ServerHelloDone; 15 CertificateVerify;
	# 16 ClientKeyExchange; 20 Finished
	tls12="c1 s2 s11 s12 s13 s14 c11 c16 c15 c20 s20"
	tls13="c1 s2 s8 s13 s11 s15 s20 c11 c15 c20"
	equal "kseald serves TLS 1.2" "$(messages "${PORTS[1]}")" "$tls12"
	equal "kseald serves TLS 1.3" "$(messages "${PORTS[2]}")" "$tls13"
	equal "kseald connects by TLS 1.2" "$(messages "${PORTS[3]}")" "$tls12"
	equal "kseald connects by TLS 1.3" "$(messages "${PORTS[4]}")" "$tls13"
}

clients_without_one_are_refused() {
	local server

	prepare
	start "$KSEAL" server --client-auth required --broker "$BROKER" 0 2>kseal.err
	server=$PID
	kseal_port kseal
	openssl s_client -connect "127.0.0.1:$PORT" -tls1_2 <hello >openssl.out 2>&1 || :
	ended "$server" 60
	equal "the exit status of kseal" "$STATUS" 1
	told kseal "the peer has shown no certificate, and it must; sent alert 40"
}

other_keys_than_pinned_are_refused() {
	prepare
	free_port
	start openssl s_server -quiet -accept "127.0.0.1:$PORT" -cert "$W/server.pem" \
		-key "$W/server.key"
	until_true 60 "s_server listens" listening "$PORT"
	rc=0
	"$KSEAL" client --pin "$(pin "$W/alice.pem")" --broker "$BROKER" --server-name localhost \
		127.0.0.1 "$PORT" 2>kseal.err || rc=$?
	equal "the exit status of kseal" "$rc" 1
	told kseal "its key is $(pin "$W/server.pem"), which is not pinned"
}

add "certificates of clients, both roles and versions: told of, and in order on the wire" \
	certificates_go_in_order
add "clients without a certificate are refused" clients_without_one_are_refused
add "servers with other keys than the one pinned are refused" other_keys_than_pinned_are_refused
run
