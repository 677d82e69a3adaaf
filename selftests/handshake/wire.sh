#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Handshakes of kseald's server role as they are on the wire. One capture holds all
# connections, and tshark reads it once, with the key log: what it shows of each is looked
# at row by row, and so is the plaintext of what the kernel sealed.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/../interop/lib.sh"

KSEAL=$KSEAL_BUILD/userspace/kseal

# ---- the connections ------------------------------------------------------------

# issue NAME KEY SAN - a certificate of the CA's, NAME.pem and NAME.key
issue() {
	openssl req -newkey "$2" -pkeyopt "$3" -nodes -subj "/CN=$1" -keyout "$W/$1.key" \
		-out "$W/$1.csr"
	openssl x509 -req -in "$W/$1.csr" -CA "$W/ca.pem" -CAkey "$W/ca.key" -CAcreateserial \
		-days 2 -out "$W/$1.pem" -extfile <(
			echo "subjectAltName=$4"
			echo keyUsage=digitalSignature,keyEncipherment)
}

# staple - what the CA says of the server's certificate
staple() {
	local serial

	serial=$(openssl x509 -in "$W/server.pem" -noout -serial)
	printf 'V\t491231235959Z\t\t%s\tunknown\t/CN=localhost\n' "${serial#serial=}" >"$W/index"
	openssl ocsp -index "$W/index" -CA "$W/ca.pem" -rsigner "$W/ca.pem" -rkey "$W/ca.key" \
		-issuer "$W/ca.pem" -cert "$W/server.pem" -ndays 1 -respout "$W/staple"
}

# start_other - a kseald that does old key exchanges as well; its socket is OTHER
start_other() {
	OTHER=$T/other.sock
	start_ready other "$KSEAL_BUILD/userspace/kseald" --socket "$OTHER" --ca "$W/ca.pem" \
		--timeout 300 --identity "rsa=$W/rsa.pem,$W/rsa.key" --key-log "$W/keys" \
		--key-exchange RSA,DHE-RSA,ECDHE-RSA --ciphers AES-256-GCM,AES-128-GCM
}

start_capture() {
	# all of it: no port is known yet
	start dumpcap -q -i lo -f tcp -s 0 -w "$W/capture" 2>dumpcap.err
	CAPTURE=$PID
	until_true 60 "dumpcap captures" capturing
}

capturing() {
	grep -q '^File: ' dumpcap.err && [ "$(wc -l </proc/net/packet)" -gt 1 ]
}

# connect NAME BROKER OPTION... - s_client to kseal server, which sends a line
connect() {
	local name=$1 broker=$2 server

	shift 2
	echo "plaintext-of-$name" >"$name.line"
	"$KSEAL" server --verbose --alpn h2,http/1.1 --broker "$broker" 0 \
		<"$name.line" >"$name.out" 2>"$name.err" &
	server=$!
	PIDS+=("$server")
	kseal_port "$name"
	echo "$name $PORT" >>"$W/ports"
	timeout 120 openssl s_client -ign_eof -connect "127.0.0.1:$PORT" -CAfile "$W/ca.pem" \
		-verify_return_error "$@" </dev/null >"$W/$name.client" 2>&1 ||
		{ cat "$W/$name.client" "$name.err"; fail "s_client: $name"; }
	ended "$server" 60
	cp "$name.err" "$W/$name.server"
	grep -q "plaintext-of-$name" "$W/$name.client"
}

connect_all() {
	local name suite

	for name in ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA-AES128-GCM-SHA256 \
		ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-AES128-GCM-SHA256 \
		ECDHE-ECDSA-CHACHA20-POLY1305 ECDHE-ECDSA-AES128-CCM; do
		connect "$name" "$BROKER" -tls1_2 -cipher "$name" -servername localhost
	done
	for name in AES256-GCM-SHA384 AES128-GCM-SHA256 DHE-RSA-AES256-GCM-SHA384; do
		connect "$name" "$OTHER" -tls1_2 -cipher "$name" -servername localhost
	done
	for suite in AES_256_GCM_SHA384 AES_128_GCM_SHA256 CHACHA20_POLY1305_SHA256 \
		AES_128_CCM_SHA256; do
		connect "TLS_$suite" "$BROKER" -tls1_3 -ciphersuites "TLS_$suite" -servername localhost
	done
	connect order "$BROKER" -tls1_2 -servername localhost -alpn http/1.1,h2 \
		-cipher ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256
	connect x25519 "$BROKER" -tls1_3 -groups X25519:P-256 -servername localhost
	connect secp256r1 "$BROKER" -tls1_2 -groups P-256 -servername localhost
	for name in "id -tls1_2 -no_ticket" "ticket -tls1_2" "psk -tls1_3"; do
		# shellcheck disable=SC2086 # options
		{
			set -- $name
			connect "$1-first" "$BROKER" "${@:2}" -servername localhost -sess_out session
			connect "$1-again" "$BROKER" "${@:2}" -servername localhost -sess_in session
		}
	done
	connect staple "$BROKER" -tls1_2 -servername localhost -status
	connect other "$BROKER" -tls1_3 -servername www.other.example
	connect rsa "$BROKER" -tls1_3 -servername localhost -sigalgs RSA-PSS+SHA256
	connect ecdsa "$BROKER" -tls1_3 -servername localhost -sigalgs ECDSA+SHA256
}

# decode - what tshark makes of it, into $W/decoded: for each packet with TLS the ports,
# then what it says of it, with the key log; and the plaintext of all streams
decode() {
	local n=0 name p
	local follow=() ports=()

	while read -r name p; do
		follow+=(-z "follow,tls,ascii,$n")
		ports+=(-d "tcp.port==$p,tls")
		n=$((n + 1))
	done <"$W/ports"
	tshark -n -r "$W/capture" -o "tls.keylog_file:$W/keys" "${ports[@]}" "${follow[@]}" \
		-Y tls -T fields -E separator='|' -e tcp.srcport -e tcp.dstport -e _ws.col.Info \
		-e tls.handshake.ciphersuite -e tls.handshake.comp_method \
		-e tls.handshake.extensions_key_share_group -e tls.handshake.server_named_curve \
		-e tls.handshake.extensions_alpn_str >"$W/decoded" 2>tshark.err
	at_least "packets that tshark shows" "$(wc -l <"$W/decoded")" $((n * 4))
	summarize
}

captured() {
	local dropped

	certificates >certificates.log 2>&1
	{
		issue rsa rsa:2048 rsa_keygen_bits:2048 DNS:localhost
		issue other ec ec_paramgen_curve:P-256 'DNS:*.other.example'
		staple
	} >>certificates.log 2>&1
	# beside the pair of start_kseald, in the same identity
	start_kseald --identity "default=$W/rsa.pem,$W/rsa.key" \
		--identity "other=$W/other.pem,$W/other.key" --ocsp "$W/staple" \
		--ciphers AES-128-GCM,AES-256-GCM,CHACHA20-POLY1305,AES-128-CCM --key-log "$W/keys"
	start_other
	start_capture
	connect_all
	until_true 60 "the last connection's end in the capture" ended_in_capture
	kill -INT "$CAPTURE"
	ended "$CAPTURE" 60
	dropped=$(sed -n 's/.*dropped.*: [0-9]*\/\([0-9]*\).*/\1/p' dumpcap.err)
	equal "packets dropped" "$dropped" 0
	decode
}

# PORT is the last connection's
ended_in_capture() {
	tshark -n -r "$W/capture" -Y "tcp.port == $PORT && tcp.flags.fin == 1" 2>/dev/null |
		grep -q .
}

# ---- what is looked at -------------------------------------------------------------

# summarize - what was decoded, a line for each connection: its name, its messages in their
# order, and what the server chose: suite, compression, group (TLS 1.3, 1.2), protocol
summarize() {
	awk -F'|' '
	FNR == NR { split($0, words, " "); name[words[2]] = words[1]; next }
	NF < 8 { next }
	{
		port = $1 in name ? $1 : $2
		gsub(/\([^)]*\)/, "", $3)
		n = split($3, parts, ", ")
		for (i = 1; i <= n; i++)
			if (parts[i] !~ /^(Application Data|Alert|\[|New Session Ticket)/)
				said[port] = said[port] (said[port] ? ", " : "") parts[i]
		for (i = 4; i <= 8; i++)
			if ($1 == port && $i != "" && !((port, i) in chosen))
				chosen[port, i] = $i
	}
	END {
		for (port in name) {
			printf "%s|%s", name[port], said[port]
			for (i = 4; i <= 8; i++)
				printf "|%s", chosen[port, i]
			print "|"
		}
	}' "$W/ports" "$W/decoded" >"$W/summary"
}

# summary NAME - MESSAGES, SUITE, COMPRESSION, GROUP, CURVE and PROTOCOL of that connection
summary() {
	local name

	while IFS='|' read -r name MESSAGES SUITE COMPRESSION GROUP CURVE PROTOCOL _; do
		[ "$name" != "$1" ] || return 0
	done <"$W/summary"
	fail "no connection $1 in the capture"
}

FULL12="Client Hello, Server Hello, Certificate, Server Key Exchange, Server Hello Done,\
 Client Key Exchange, Change Cipher Spec, Finished, Change Cipher Spec, Finished"
# shellcheck disable=SC2034 # by name, in the table
RSA12=${FULL12/ Server Key Exchange,/}
SHORT12="Client Hello, Server Hello, Change Cipher Spec, Finished, Change Cipher Spec, Finished"
FULL13="Client Hello, Server Hello, Change Cipher Spec, Encrypted Extensions, Certificate,\
 Certificate Verify, Finished, Change Cipher Spec, Finished"
SHORT13=${FULL13/ Certificate, Certificate Verify,/}

# handshake NAME SUITE MESSAGES - and there is no compression, and the plaintext that the
# kernel has sealed is what tshark reads
handshake() {
	summary "$1"
	equal "the messages of $1" "$MESSAGES" "$3"
	equal "the suite of $1" "$SUITE" "$2"
	equal "the compression of $1" "$COMPRESSION" 0
	grep -q "plaintext-of-$1\$" "$W/decoded"
}

server_s_choice() {
	summary order
	equal "the suite chosen" "$SUITE" 0xc02b
	equal "the protocol chosen" "$PROTOCOL" h2
	summary x25519
	equal "the group chosen, TLS 1.3" "$GROUP" 29
	summary secp256r1
	equal "the group chosen, TLS 1.2" "$CURVE" 0x0017
}

# resumed NAME MESSAGES - the first was not, the second was
resumed() {
	absent ', resumed' "$W/$1-first.server"
	grep -q ', resumed' "$W/$1-again.server"
	grep -q '^Reused' "$W/$1-again.client"
	summary "$1-again"
	equal "the messages when it was resumed" "$MESSAGES" "$2"
	grep -q "plaintext-of-$1-again\$" "$W/decoded"
}

stapled() {
	grep -q 'OCSP Response Status: successful' "$W/staple.client"
	grep -q 'Cert Status: good' "$W/staple.client"
	summary staple
	equal "the messages with a staple" "$MESSAGES" \
		"${FULL12/Certificate,/Certificate, Certificate Status,}"
}

certificates_by_name_and_key() {
	grep -q '^subject=CN = other' "$W/other.client"
	grep -q '^subject=CN = rsa' "$W/rsa.client"
	grep -q '^subject=CN = localhost' "$W/ecdsa.client"
}

add "all connections are captured and read" captured
for row in \
	"ECDHE-ECDSA-AES256-GCM-SHA384 0xc02c FULL12" "ECDHE-ECDSA-AES128-GCM-SHA256 0xc02b FULL12" \
	"ECDHE-RSA-AES256-GCM-SHA384 0xc030 FULL12" "ECDHE-RSA-AES128-GCM-SHA256 0xc02f FULL12" \
	"ECDHE-ECDSA-CHACHA20-POLY1305 0xcca9 FULL12" "ECDHE-ECDSA-AES128-CCM 0xc0ac FULL12" \
	"DHE-RSA-AES256-GCM-SHA384 0x009f FULL12" \
	"AES256-GCM-SHA384 0x009d RSA12" "AES128-GCM-SHA256 0x009c RSA12" \
	"TLS_AES_256_GCM_SHA384 0x1302 FULL13" "TLS_AES_128_GCM_SHA256 0x1301 FULL13" \
	"TLS_CHACHA20_POLY1305_SHA256 0x1303 FULL13" "TLS_AES_128_CCM_SHA256 0x1304 FULL13"; do
	read -r name suite order <<<"$row"
	add "$name: messages, suite, no compression, plaintext" handshake "$name" "$suite" "${!order}"
done
add "suite, group and protocol by the server's order" server_s_choice
add "resumed by session ID, TLS 1.2" resumed id "$SHORT12"
add "resumed by ticket, TLS 1.2" resumed ticket "$SHORT12"
add "resumed by ticket, TLS 1.3" resumed psk "$SHORT13"
add "an OCSP staple" stapled
add "certificates by name and by what the client verifies" certificates_by_name_and_key
run
