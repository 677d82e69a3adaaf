#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What goes over the wire, as a capture of the loopback shows it: TLS records,
# and never the plaintext. The same search finds the plaintext in a capture of
# plain TCP, so it would be found.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

MARKER=kseal-plaintext-marker-8c1f27
BYTES=$MIB

# marked_file FILE - BYTES of lines that all hold the marker
marked_file() {
	{ yes "$MARKER $MARKER $MARKER" || :; } | head -c "$BYTES" >"$1"
}

# markers FILE - how often it is in there
markers() {
	{ grep -aoF "$MARKER" "$1" || :; } | wc -l
}

# start_capture PORT - of the loopback, into capture.pcap
start_capture() {
	start dumpcap -q -i lo -f "tcp port $1" -s 0 -w capture.pcap 2>dumpcap.err
	CAPTURE=$PID
	until_true 60 "dumpcap captures" capturing
}

# dumpcap names its file once the packets of the interface go there
capturing() {
	grep -q '^File: ' dumpcap.err && [ "$(wc -l </proc/net/packet)" -gt 1 ]
}

# end_capture - when the connection's end is in it
end_capture() {
	until_true 60 "the end of the connection in the capture" has_end
	kill -INT "$CAPTURE"
	ended "$CAPTURE" 60
	equal "packets dropped" "$(sed -n 's/.*dropped.*: [0-9]*\/\([0-9]*\).*/\1/p' dumpcap.err)" 0
}

has_end() {
	tshark -n -r capture.pcap -Y 'tcp.flags.fin == 1' 2>/dev/null | grep -q .
}

# tshark_says FILTER FIELD - of the capture, with the port taken for TLS
tshark_says() {
	tshark -n -r capture.pcap -d "tcp.port==$PORT,tls" -Y "$1" -T fields -e "$2" 2>/dev/null
}

# walk_records - both directions' streams, record by record: prints the bytes in
# records of application data (TLS 1.3 calls everything that on the outside),
# and fails at the first byte that belongs to no record. By its own arithmetic:
# tshark's dissector gives up where the capture has segments out of order,
# its reassembled stream does not.
walk_records() {
	tshark -n -r capture.pcap -q -z follow,tcp,raw,0 2>/dev/null | awk '
	function number(hex,	i, v) {
		for (i = 1; i <= length(hex); i++)
			v = v * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
		return v
	}
	function walk(s,	at, type, len) {
		for (at = 1; at <= length(s); at += 10 + 2 * len) {
			type = number(substr(s, at, 2))
			len = number(substr(s, at + 6, 4))
			if (type < 20 || type > 23 || substr(s, at + 2, 2) != "03" ||
			    at + 9 + 2 * len > length(s)) {
				print "no record at byte " (at - 1) / 2 " of " length(s) / 2
				exit bad = 1
			}
			if (type == 23)
				sum += len
		}
	}
	/missing in capture file/ { print; exit bad = 1 }
	/^\t?[0-9a-f]+$/ { dir = sub(/^\t/, ""); stream[dir] = stream[dir] $0 }
	END {
		if (!bad)
			walk(stream[0])
		if (!bad)
			walk(stream[1])
		if (!bad)
			print sum + 0
		exit bad
	}'
}

plain_tcp_is_found() {
	marked_file plain
	free_port
	start_capture "$PORT"
	# its input stays open: at its end nc would end the connection
	fed nc /dev/null busybox nc -l -p "$PORT"
	server=$PID
	until_true 60 "nc listens" listening "$PORT"
	timeout 60 busybox nc 127.0.0.1 "$PORT" <plain
	ended "$server" 60
	same nc.out plain
	end_capture
	at_least "occurrences of the marker" "$(markers capture.pcap)" \
		$((BYTES / (${#MARKER} + 1) - 1000))
	equal "what the walk finds there" "$(walk_records || :)" "no record at byte 0 of $BYTES"
}

# records_only VERSION OPTION... - a file from kseal-serve to curl
records_only() {
	local version=$1 in_records

	shift
	mkdir www
	marked_file www/plain
	start_kseald
	start_serve www
	start_capture "$PORT"
	get "/plain?$MARKER" -o got "$@"
	same got www/plain
	end_capture
	equal "occurrences of the marker" "$(markers capture.pcap)" 0
	# each record's tag comes on top
	in_records=$(walk_records) || fail "in the capture: $in_records"
	at_least "bytes in records of application data" "$in_records" \
		$((BYTES + 16 * BYTES / 16384))
	equal "the version in the server hello" "$(tshark_says \
		'tls.handshake.type == 2' "$([ "$version" = 0x0304 ] &&
			echo tls.handshake.extensions.supported_version ||
			echo tls.handshake.version)" | sort -u)" "$version"
}

# relayed_only VERSION OPTION... - a relay of kseal's each way
relayed_only() {
	local server in_records

	marked_file plain
	start_kseald
	fed kseal plain "$KSEAL_BUILD/userspace/kseal" server --broker "$BROKER" 0
	server=$PID
	kseal_port kseal
	start_capture "$PORT"
	fed openssl plain openssl s_client -quiet -connect "127.0.0.1:$PORT" -servername localhost \
		-CAfile "$W/ca.pem" "$@"
	until_true 120 "all bytes at kseal" has_bytes kseal.out "$BYTES"
	until_true 120 "all bytes at openssl" has_bytes openssl.out "$BYTES"
	release kseal
	ended "$server" 60
	same kseal.out plain
	same openssl.out plain
	end_capture
	equal "occurrences of the marker" "$(markers capture.pcap)" 0
	in_records=$(walk_records) || fail "in the capture: $in_records"
	at_least "bytes in records of application data" "$in_records" $((2 * BYTES))
}

add "the marker is found in plain TCP" plain_tcp_is_found
add "kseal-serve: records and no plaintext, TLS 1.3" records_only 0x0304 --tlsv1.3
add "kseal-serve: records and no plaintext, TLS 1.2" records_only 0x0303 --tls-max 1.2
add "relay both ways: records and no plaintext, TLS 1.3" relayed_only -tls1_3
add "relay both ways: records and no plaintext, TLS 1.2" relayed_only -tls1_2
run
