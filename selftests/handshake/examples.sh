#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The example programs of libkseal, each against another's TLS.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/../interop/lib.sh"

EXAMPLES=$KSEAL_BUILD/userspace/examples
export LD_LIBRARY_PATH=$KSEAL_BUILD/userspace

# serving NAME COMMAND... - start it; PORT is what it says
serving() {
	local name=$1

	shift
	start "$@" >"$name.out" 2>"$name.err"
	until_true 60 "$name listens" grep -q '^port ' "$name.out"
	PORT=$(sed -n 's/^port //p' "$name.out")
}

# whole_file NAME - what that server makes of a file reaches curl whole, sealed
whole_file() {
	local before

	random_file file $((3 * MIB + 17))
	start_kseald
	before=$(counter TxSpliceBytes)
	serving server "$EXAMPLES/sendfile-server" 0 "$T/file" "$BROKER"
	curl "${CURL[@]}" "$@" -o got "https://localhost:$PORT/"
	same got file
	at_least "the bytes read where they lay" "$(counter TxSpliceBytes)" \
		$((before + 3 * MIB))
}

# fetches CLIENT... - both ends are examples: the client gets the file
fetches() {
	text_file file 70000
	start_kseald
	serving server "$EXAMPLES/sendfile-server" 0 "$T/file" "$BROKER"
	"$@" localhost "$PORT" "$BROKER" >got 2>got.err
	grep -q '^HTTP/1.1 200 OK' got
	tail -c 70000 got >body
	same body file
	grep -q TLS_AES_ got.err
}

# from_openssl CLIENT... - a server that sends session tickets before its answer
from_openssl() {
	start_kseald
	free_port
	start openssl s_server -quiet -www -accept "127.0.0.1:$PORT" \
		-cert "$W/server.pem" -key "$W/server.key"
	until_true 60 "s_server listens" listening "$PORT"
	"$@" localhost "$PORT" "$BROKER" >got 2>got.err
	grep -q '^HTTP/1.0 200 ok' got
}

# refuses CLIENT... - a certificate of nobody known; it says so
refuses() {
	local rc=0

	start_kseald
	free_port
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=localhost -keyout other.key -out other.pem
	start openssl s_server -quiet -accept "127.0.0.1:$PORT" -cert other.pem -key other.key
	until_true 60 "s_server listens" listening "$PORT"
	"$@" localhost "$PORT" "$BROKER" >got 2>got.err || rc=$?
	cat got.err
	equal "the status" "$rc" 1
	grep -qi certificate got.err
}

# echoed WORDS OPTION... - s_client gets them back, and the end that it has said
echoed() {
	echo "$1" >words
	shift
	fed client words openssl s_client -quiet -no_ign_eof \
		-connect "127.0.0.1:$PORT" -servername localhost -CAfile "$W/ca.pem" \
		-verify_return_error "$@"
	until_true 60 "the echo" has_lines client.out 1
	same client.out words
	release client
	ended "$PID" 60
	equal "the status of s_client" "$STATUS" 0
}

in_one_call() {
	start_kseald
	serving server "$EXAMPLES/secure-echo" 0 "$BROKER"
	echoed "first words" "$@"
	equal "what the server complains of" "$(cat server.err)" ""
}

# kseald's own place is found without being named
at_its_place() {
	mkdir -p /run/kseald
	start_kseald --socket /run/kseald/broker.sock
	serving server "$EXAMPLES/secure-echo" 0
	echoed "first words"
	free_port
	start openssl s_server -quiet -www -accept "127.0.0.1:$PORT" \
		-cert "$W/server.pem" -key "$W/server.key"
	until_true 60 "s_server listens" listening "$PORT"
	python3 "$KSEAL_TOP/userspace/examples/client.py" localhost "$PORT" >got
	grep -q '^HTTP/1.0 200 ok' got
}

greets_many() {
	local i

	start_kseald
	serving server "$EXAMPLES/event-loop" 0 "$BROKER"
	for i in {1..5}; do
		openssl s_client -quiet -connect "127.0.0.1:$PORT" -servername localhost \
			-CAfile "$W/ca.pem" -verify_return_error >"got.$i" 2>"client.$i.err" \
			</dev/null &
		PIDS+=("$!")
	done
	for i in {1..5}; do
		until_true 60 "greeting $i" grep -q '^hello .*, this is TLS_' "got.$i"
	done
}

# echoes NAME OPTION... - a client's first words come back, and the example ends
echoes() {
	local name=$1

	shift
	certificates >certificates.log 2>&1
	serving server "$EXAMPLES/$name" 0 "$W/server.pem" "$W/server.key"
	echo "first words" >words
	fed client words openssl s_client -quiet -connect "127.0.0.1:$PORT" \
		-servername localhost -CAfile "$W/ca.pem" -verify_return_error "$@"
	until_true 60 "the echo" has_lines client.out 1
	same client.out words
	release client
	ended "${PIDS[0]}" 60
	equal "the status of $name" "$STATUS" 0
}

# A client whose Finished comes in one segment with its first words, of which the
# last bytes come later, or with all of it.
write_hasty_client() {
	cat >hasty.py <<-'EOT'
		import socket, ssl, sys
		port, ca, held = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
		tcp = socket.create_connection(("127.0.0.1", port))
		tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		ahead, out = ssl.MemoryBIO(), ssl.MemoryBIO()
		tls = ssl.create_default_context(cafile=ca).wrap_bio(ahead, out,
		                                                     server_hostname="localhost")
		while True:
		    try:
		        tls.do_handshake()
		        break
		    except ssl.SSLWantReadError:
		        tcp.sendall(out.read())
		        ahead.write(tcp.recv(16384))
		tls.write(b"first words\n")
		flight = out.read()
		tcp.sendall(flight[:len(flight) - held])
		sys.stdin.readline()
		tcp.sendall(flight[len(flight) - held:])
		while True:
		    try:
		        data = tls.read()
		        break
		    except ssl.SSLWantReadError:
		        ahead.write(tcp.recv(16384))
		sys.stdout.write(data.decode())
	EOT
}

# reads_ahead HELD - OpenSSL has those words when the kernel takes over, but for
# HELD bytes
reads_ahead() {
	local ahead

	certificates >certificates.log 2>&1
	write_hasty_client
	serving server "$EXAMPLES/openssl-handover" 0 "$W/server.pem" "$W/server.key"
	mkfifo go
	exec 8<>go	# for writing alone it would wait for a reader, and that for us
	start python3 hasty.py "$PORT" "$W/ca.pem" "$1" <go >got 2>client.err
	until_true 60 "the hand-over" grep -q 'bytes read ahead' server.err
	ahead=$(sed -n 's/ bytes read ahead.*//p' server.err)
	equal "what was read ahead" "$ahead" $((5 + 12 + 1 + 16 - $1))
	echo >&8
	ended "$PID" 60
	equal "the echo" "$(cat got)" "first words"
	at_least "what the kernel took of it" "$(counter RxPrefixBytes)" "$ahead"
}

add "sendfile-server, to curl over TLS 1.3" whole_file --tlsv1.3
add "sendfile-server, to curl over TLS 1.2" whole_file --tls-max 1.2
add "get, from sendfile-server" fetches "$EXAMPLES/get"
add "get, from a server with session tickets" from_openssl "$EXAMPLES/get"
add "get refuses a certificate of nobody known" refuses "$EXAMPLES/get"
add "client.py, from sendfile-server" fetches python3 "$KSEAL_TOP/userspace/examples/client.py"
add "client.py, from a server with session tickets" \
	from_openssl python3 "$KSEAL_TOP/userspace/examples/client.py"
add "client.py refuses a certificate of nobody known" \
	refuses python3 "$KSEAL_TOP/userspace/examples/client.py"
add "secure-echo, TLS 1.3" in_one_call -tls1_3
add "secure-echo, TLS 1.2" in_one_call -tls1_2
add "secure-echo and client.py, with kseald at its own place" at_its_place
add "event-loop greets many" greets_many
add "gnutls-install, TLS 1.3" echoes gnutls-install -tls1_3
add "gnutls-install, TLS 1.2" echoes gnutls-install -tls1_2
add "openssl-handover" echoes openssl-handover -tls1_3
add "openssl-handover, a record read ahead" reads_ahead 0
add "openssl-handover, most of a record read ahead" reads_ahead 7
run
