#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kseal run: programs that know nothing of TLS, against clients and servers that do.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/../interop/lib.sh"

KSEAL=$KSEAL_BUILD/userspace/kseal
BYTES=$((SIZE * MIB))

# start_run NAME PROGRAM... - in the background; NAME.out and NAME.err hold what it says
start_run() {
	local name=$1

	shift
	start "$KSEAL" run --verbose --broker "$BROKER" "$@" >"$name.out" 2>"$name.err"
}

# start_python [OPTION...] - http.server of the directory www, with a kseald of these options
start_python() {
	start_kseald "$@"
	free_port
	start_run python --listen "$PORT" -- /usr/bin/python3 -m http.server --bind 127.0.0.1 \
		--directory www "$PORT"
	until_true 60 "python listens" listening "$PORT"
}

# ---- servers --------------------------------------------------------------------

# python_serves - files by http.server, which blocks in accept() and has no idea
python_serves() {
	local n

	mkdir www
	random_file www/file "$BYTES"
	start_python
	for n in 1 2; do
		equal "the status of GET $n" "$(status /file --tlsv1.3)" 200
		same got www/file
	done
	equal "the status, TLS 1.2" "$(status /file --tls-max 1.2)" 200
	same got www/file
	equal "the status of what is not there" "$(status /nothing)" 404
	at_least "connections that python accepted" "$(grep -c 'accepted a connection' python.err)" 4
	absent Traceback python.err
}

# A client that says nothing holds nobody up.
slow_clients_delay_nobody() {
	mkdir www
	echo hello >www/file
	start_python
	start socat -u "TCP:127.0.0.1:$PORT" CREATE:silent
	until_true 60 "the silent client is there" connected "$PORT"
	equal "the status" "$(status /file -m 60)" 200
	same got www/file
}

connected() {
	[ -n "$(ss -Htn state established "sport = :$1")" ]
}

# s_client OPTION..., gnutls_cli PRIORITY - feed the server from_client; client.out has what
# came, PID is its number
s_client() {
	fed client from_client openssl s_client -quiet -connect "127.0.0.1:$PORT" \
		-servername localhost -CAfile "$W/ca.pem" -verify_return_error "$@"
}

gnutls_cli() {
	fed client from_client gnutls-cli --logfile cli.log --x509cafile "$W/ca.pem" \
		--priority "$1" --sni-hostname localhost --verify-hostname localhost \
		--port "$PORT" 127.0.0.1
}

# socat_serves CLIENT... - forking for each connection; each side sends much, and each sees
# the end of the other: close_notify is EOF to socat, and its end becomes one
socat_serves() {
	local client

	random_file from_socat "$BYTES"
	random_file from_client "$BYTES"
	start_kseald
	free_port
	start_run socat --listen "$PORT" -- socat -t 300 \
		"TCP-LISTEN:$PORT,bind=127.0.0.1,fork,reuseaddr" \
		"SYSTEM:'cat $T/from_socat; head -c $BYTES >$T/got'"
	until_true 60 "socat listens" listening "$PORT"
	"$@"
	client=$PID
	until_true 120 "all bytes at the client" has_bytes client.out "$BYTES"
	until_true 120 "all bytes at socat" has_bytes got "$BYTES"
	# socat's end reaches it as one
	ended "$client" 60
	same client.out from_socat
	same got from_client
	absent 'E connection|error' socat.err
}

# nc_serves CLIENT... - one connection; its end is shutdown()
nc_serves() {
	local client server

	random_file from_nc "$BYTES"
	random_file from_client "$BYTES"
	start_kseald
	free_port
	fed nc from_nc "$KSEAL" run --broker "$BROKER" --listen "$PORT" -- \
		nc -N -l 127.0.0.1 "$PORT"
	server=$PID
	until_true 60 "nc listens" listening "$PORT"
	"$@"
	client=$PID
	until_true 120 "all bytes at the client" has_bytes client.out "$BYTES"
	until_true 120 "all bytes at nc" has_bytes nc.out "$BYTES"
	release nc
	ended "$client" 60
	ended "$server" 60
	equal "the exit status of nc" "$STATUS" 0
	same client.out from_nc
	same nc.out from_client
}

# libmicrohttpd_serves - by its own thread, with epoll and sendfile
libmicrohttpd_serves() {
	local before

	random_file file "$BYTES"
	start_kseald
	free_port
	start_run http --listen "$PORT" -- "$KSEAL_BUILD/userspace/plain-http" "$PORT" "$T/file"
	until_true 60 "libmicrohttpd listens" listening "$PORT"
	before=$(counter TxSpliceBytes)
	equal "the status" "$(status / --tlsv1.3)" 200
	same got file
	# two requests of one connection
	get / -o one --next "${CURL[@]}" "https://localhost:$PORT/" -o two
	same one file
	same two file
	at_least "bytes that went by sendfile" $(($(counter TxSpliceBytes) - before)) $((3 * BYTES))
}

# ---- clients --------------------------------------------------------------------

start_s_server() {
	free_port
	start openssl s_server -quiet -accept "127.0.0.1:$PORT" -cert "$W/server.pem" \
		-key "$W/server.key" "$@" >s_server.out 2>s_server.err
	until_true 60 "s_server listens" listening "$PORT"
}

# curl_fetches - plain http:// by curl, which connects without waiting, from a TLS server
curl_fetches() {
	mkdir www
	random_file www/file "$BYTES"
	start_kseald
	start_serve www
	equal "the status" "$("$KSEAL" run --verbose --broker "$BROKER" --connect "localhost:$PORT" \
		-- curl -sS -m 300 -o got -w '%{http_code}' "http://localhost:$PORT/file" 2>curl.err)" 200
	cat curl.err
	same got www/file
	grep -q 'connected to localhost: TLS_' curl.err
}

# socat_connects OPTION... - waiting in connect()
socat_connects() {
	random_file data "$BYTES"
	start_kseald
	start_s_server -rev
	echo "abc" | "$KSEAL" run --verbose --broker "$BROKER" --connect "localhost:$PORT" \
		-- socat -t 60 - "TCP:localhost:$PORT" >got 2>socat.err
	equal "what came back" "$(cat got)" cba
}

# nc_connects - by poll(), to s_server, which sends as much; nc's end is shutdown()
nc_connects() {
	local client

	random_file from_nc "$BYTES"
	random_file from_server "$BYTES"
	start_kseald
	free_port
	fed s_server from_server openssl s_server -quiet -naccept 1 -accept "127.0.0.1:$PORT" \
		-cert "$W/server.pem" -key "$W/server.key"
	until_true 60 "s_server listens" listening "$PORT"
	fed nc from_nc "$KSEAL" run --broker "$BROKER" --connect "localhost:$PORT" -- \
		nc -N localhost "$PORT"
	client=$PID
	until_true 120 "all bytes at nc" has_bytes nc.out "$BYTES"
	until_true 120 "all bytes at s_server" has_bytes s_server.out "$BYTES"
	release nc
	ended "$client" 60
	equal "the exit status of nc" "$STATUS" 0
	same nc.out from_server
	same s_server.out from_nc
}

# connections_are_refused - to a server whose certificate nobody has signed
connections_are_refused() {
	local rc=0

	start_kseald
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=localhost -keyout "$T/other.key" -out "$T/other.pem"
	free_port
	start openssl s_server -quiet -accept "127.0.0.1:$PORT" -cert other.pem -key other.key -www
	until_true 60 "s_server listens" listening "$PORT"
	"$KSEAL" run --broker "$BROKER" --connect "localhost:$PORT" -- \
		curl -sS -m 60 "http://localhost:$PORT/" >got 2>curl.err || rc=$?
	cat curl.err
	[ "$rc" != 0 ] || fail "curl got something"
	grep -q '^kseal run: the connection to localhost has failed: .*certificate' curl.err
	[ ! -s got ] || fail "something came through: $(cat got)"
}

# ---- key updates ------------------------------------------------------------------

# keys_are_updated - every 100 records by the kernel, while s_client asks for more itself
keys_are_updated() {
	local before

	mkdir www
	random_file www/file $((8 * MIB))
	start_python --key-records 100
	before=$(counter TxKeyUpdates)
	equal "the status" "$(status /file --tlsv1.3)" 200
	same got www/file
	at_least "key updates of the kernel" $(($(counter TxKeyUpdates) - before)) 4
}

# sha384_serves - a kernel without hmac(sha384) takes the keys without the secrets
sha384_serves() {
	mkdir www
	random_file www/file "$BYTES"
	start_python --ciphers AES-256-GCM
	equal "the status" "$(status /file --tlsv1.3)" 200
	same got www/file
	grep -q 'suite=TLS_AES_256_GCM_SHA384' kseald.err
}

if [ -n "${KSEAL_SLOW_KERNEL:-}" ]; then
	echo "# gnutls-cli stands still under User-Mode Linux: it is a client of these in QEMU"
else
	add "socat, gnutls-cli, TLS 1.3, $SIZE MiB each way" \
		socat_serves gnutls_cli NORMAL:-VERS-ALL:+VERS-TLS1.3
	add "nc -l, gnutls-cli, TLS 1.2, $SIZE MiB each way" \
		nc_serves gnutls_cli NORMAL:-VERS-ALL:+VERS-TLS1.2
fi
add "python3 -m http.server, $SIZE MiB, both versions" python_serves
# where time is short the debug kernel alone has all others
if [ -n "${KSEAL_SLOW_KERNEL:-}" ] || [ -z "${KSEAL_FEW_VARIANTS:-}" ]; then
	add "a client that says nothing delays nobody" slow_clients_delay_nobody
	add "socat, forking, TLS 1.3, $SIZE MiB each way" socat_serves s_client -tls1_3
	add "socat, forking, TLS 1.2, $SIZE MiB each way" socat_serves s_client -tls1_2
	add "nc -l, $SIZE MiB each way" nc_serves s_client
	add "libmicrohttpd, epoll and sendfile, $SIZE MiB" libmicrohttpd_serves
	add "curl fetches http:// by TLS" curl_fetches
	add "socat connects" socat_connects
	add "nc connects, $SIZE MiB each way" nc_connects
	add "a bad certificate is an error to curl" connections_are_refused
	add "a key update every 100 records" keys_are_updated
	add "a suite with SHA-384, which not every kernel has" sha384_serves
fi
run
