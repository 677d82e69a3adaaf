#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kseald accepts connections itself: what comes in goes on to a back end that knows
# nothing of TLS, or to a program that takes the sockets.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/../interop/lib.sh"

KSEAL=$KSEAL_BUILD/userspace/kseal
SERVER=$KSEAL_BUILD/userspace/kseal-serve
HERE=$(cd "$(dirname "$0")" && pwd -P)
BYTES=$((SIZE * MIB))
S_CLIENT=(-quiet -servername localhost -CAfile "$W/ca.pem")

# listener NAME [SETTING...] - in the form of the configuration
listener() {
	echo "{ name = \"$1\"; listen = \"127.0.0.1:0\"; max-connections = 100; ${*:2} }"
}

# proxy NAME PORT - one whose back end is there
proxy() {
	listener "$1" "proxy = \"127.0.0.1:$2\""
}

# listen LISTENER... - start kseald with them, and with what is in SETTINGS
SETTINGS=
listen() {
	local IFS=,

	echo "$SETTINGS listeners = ( $* )" >kseald.conf
	IFS=$' \t\n'
	start_kseald --config kseald.conf
}

# at NAME - set PORT to where that listener is
at() {
	PORT=$(sed -n "s/.*listener $1: listens at 127.0.0.1://p" kseald.err)
	[ -n "$PORT" ] || fail "kseald does not say where listener $1 is"
}

# proxied NAME FIELD... - the line of the connection that came in there last, with these
proxied() {
	local field line

	until_true 60 "a line of a connection" grep -q "listener=$1 .*outcome=prox" kseald.err
	line=$(grep "listener=$1 .*outcome=prox" kseald.err | tail -n 1)
	for field in "${@:2}"; do
		[[ " $line " == *" $field "* ]] || fail "no $field in: $line"
	done
}

# shaken NAME COUNT - so many handshakes have been done there
shaken() {
	[ "$(grep -c "listener=$1 .*outcome=done" kseald.err)" -ge "$2" ]
}

# start_http BYTES - a server of plain HTTP, unmodified, with a file of so many; sets BACKEND
start_http() {
	mkdir www
	random_file www/file "$1"
	/usr/bin/python3 -u -m http.server --bind 127.0.0.1 --directory www 0 >http.out 2>http.err &
	PIDS+=("$!")
	until_true 60 "http.server listens" has_lines http.out 1
	BACKEND=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' http.out)
}

# start_backends - those of backend.py
start_backends() {
	/usr/bin/python3 "$HERE/backend.py" "$BYTES" >backend.out 2>backend.err &
	PIDS+=("$!")
	until_true 60 "the back ends listen" has_lines backend.out 3
}

# One file, and nothing of it through kseald's memory.
plain_http() {
	local spliced

	start_http "$BYTES"
	listen "$(proxy www "$BACKEND")"
	at www
	start strace -f -qq -e trace=read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg \
		-e signal=none -o trace -p "$KSEALD"
	until_true 60 "strace is there" grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/$KSEALD/status"
	spliced=$(counter TxSpliceBytes)
	get /file -o got
	same got www/file
	proxied www outcome=proxied "backend=127.0.0.1:$BACKEND" 'reason="both sides ended"'
	at_least "what the kernel sealed out of spliced pages" \
		$(($(counter TxSpliceBytes) - spliced)) "$BYTES"
	# those of handshake, alerts and log: some KB
	[ -s trace ] || fail "strace has seen nothing"
	equal "calls of kseald that moved much" "$(awk '$NF + 0 > 20000' trace | wc -l)" 0
}

# All up, the end of that, and an answer.
half_close() {
	at up
	"$KSEAL" client --broker "$BROKER" --server-name localhost 127.0.0.1 "$PORT" <up >digest
	equal "the digest" "$(cat digest)" "$(sha256sum <up | cut -d' ' -f1)"
	proxied up outcome=proxied "in=$BYTES" out=64
}

# The client is told by an alert, and the log by a line.
backend_is_down() {
	at down
	! openssl s_client "${S_CLIENT[@]}" -connect "127.0.0.1:$PORT" <<<hello >down.out 2>down.err ||
		fail "s_client is content"
	grep -q 'alert internal error' down.err || fail "no alert: $(cat down.err)"
	proxied down outcome=proxy_failed in=0 out=0 \
		'reason="the back end broke: cannot connect: Connection refused"'
}

# Half an answer is not taken for a whole one.
backend_dies() {
	at cut
	! get /x -o got 2>curl.err || fail "curl is content"
	grep -q 'alert internal error' curl.err || fail "no alert: $(cat curl.err)"
	proxied cut outcome=proxy_failed 'reason="the back end broke: Connection reset by peer"'
}

# Nor half a question.
client_dies() {
	local client

	at expect
	mkfifo hold
	{ echo hello; cat hold; } | openssl s_client "${S_CLIENT[@]}" -connect "127.0.0.1:$PORT" \
		>s_client.out 2>s_client.err &
	client=$!
	PIDS+=("$client")
	until_true 60 "the connection is there" shaken expect 1
	kill -KILL "$client"
	proxied expect outcome=proxy_failed \
		'reason="the client broke: the connection ended without close_notify"'
	until_true 60 "the back end has heard" grep -q '^reset' backend.out
	: >hold
}

# SIGTERM while a question is on its way: it is answered.
stopping() {
	local client

	at up
	mkfifo rest
	{ cat digest; cat rest; } | "$KSEAL" client --broker "$BROKER" --server-name localhost \
		127.0.0.1 "$PORT" >late &
	client=$!
	PIDS+=("$client")
	until_true 60 "a second connection" shaken up 2
	kill "$KSEALD"
	until_true 60 "kseald has heard" grep -q 'stopping after 1 proxied' kseald.err
	echo >rest
	wait "$client" || fail "the client failed"
	equal "the digest" "$(cat late)" "$(echo | cat digest - | sha256sum | cut -d' ' -f1)"
	ended "$KSEALD" 60
	equal "the exit status of kseald" "$STATUS" 0
}

# backend NAME - the port of that one of backend.py
backend() {
	sed -n "s/^$1 //p" backend.out
}

# One kseald for all of it, whose start takes longer than the rest.
ends() {
	random_file up "$BYTES"
	start_backends
	free_port
	listen "$(proxy up "$(backend digest)")" "$(proxy down "$PORT")" \
		"$(proxy cut "$(backend reset)")" "$(proxy expect "$(backend expect)")"
	half_close
	backend_is_down
	backend_dies
	client_dies
	stopping
}

# A client that comes before there is a program waits for it; of two programs the other
# one goes on when one ends.
programs() {
	local first client

	mkdir www
	random_file www/file "$BYTES"
	listen "$(listener app)"
	at app
	start_get /file -o got
	client=$PID
	start_ready serve "$SERVER" --broker "$BROKER" --backend app --access-log log.1 www
	first=$PID
	wait "$client" || fail "curl has not got it"
	same got www/file
	start_ready serve "$SERVER" --broker "$BROKER" --backend app --access-log log.2 www
	kill "$first"
	ended "$first" 60
	equal "the exit status of kseal-serve" "$STATUS" 0
	get /file -o again
	same again www/file
	grep -q 'GET /file' log.2
}

# Nobody but the kernel sees a KeyUpdate: of a client, whose kernel has them sent, and of
# kseald's side.
keys_are_updated() {
	local received sent

	start_backends
	start_http $((8 * MIB))
	SETTINGS='key-records = 100;'
	listen "$(proxy up "$(backend digest)")" "$(proxy down "$BACKEND")"
	at up
	received=$(counter RxKeyUpdates)
	"$KSEAL" run --broker "$BROKER" --connect "localhost:$PORT" -- \
		socat -t 60 - "TCP:localhost:$PORT" <www/file >digest
	equal "the digest" "$(cat digest)" "$(sha256sum <www/file | cut -d' ' -f1)"
	at_least "key updates of the client" $(($(counter RxKeyUpdates) - received)) 4
	proxied up outcome=proxied in=$((8 * MIB)) out=64
	at down
	sent=$(counter TxKeyUpdates)
	get /file -o got
	same got www/file
	at_least "key updates of kseald's side" $(($(counter TxKeyUpdates) - sent)) 4
}

in_flight() {
	[ "$("$KSEAL" status --broker "$BROKER" | awk '$1 == "in_flight" { print $2 }')" = "$1" ]
}

# The program ends during a handshake. Whom no other one has taken when kseald ends hears
# why, though the kernel, which has the connection already, takes no alerts from programs.
nobody_came() {
	local client program

	mkdir www
	listen "$(listener app)"
	start_ready serve "$SERVER" --broker "$BROKER" --backend app www
	program=$PID
	at app
	exec 4<>"/dev/tcp/127.0.0.1/$PORT"
	until_true 60 "kseald has accepted it" in_flight 1
	kill "$program"
	ended "$program" 60
	until_true 60 "kseald has noticed" grep -q 'takes no more of its sockets' kseald.err
	free_port
	start socat "TCP-LISTEN:$PORT,bind=127.0.0.1" FD:4
	exec 4>&-
	until_true 60 "socat listens" listening "$PORT"
	mkfifo hold
	openssl s_client "${S_CLIENT[@]}" -connect "127.0.0.1:$PORT" <hold >s_client.out \
		2>s_client.err &
	client=$!
	PIDS+=("$client")
	exec 3>hold
	until_true 60 "the connection is there" shaken app 1
	kill "$KSEALD"
	ended "$client" 60
	grep -q 'alert internal error' s_client.err || fail "no alert: $(cat s_client.err)"
	grep -q 'listener=app .*outcome=turned_away' kseald.err
}

# Only who shows a good certificate gets through to the back end.
known_clients_only() {
	local backend

	mkdir www
	echo "for clients of ours" >www/file
	/usr/bin/python3 -u -m http.server --bind 127.0.0.1 --directory www 0 >http.out 2>http.err &
	PIDS+=("$!")
	until_true 60 "http.server listens" has_lines http.out 1
	backend=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' http.out)
	certificates >certificates.log 2>&1
	{
		issue_client good "$W/ca.pem" "$W/ca.key"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
			-subj '/CN=another CA' -keyout other.key -out other.pem
		issue_client bad other.pem other.key
	} >>certificates.log 2>&1
	echo "listeners = ( $(proxy www "$backend") )" >kseald.conf
	start_kseald --config kseald.conf --client-ca "$W/ca.pem" --client-auth required
	at www
	get /file --cert good.pem --key good.key -o got
	same got www/file
	proxied www outcome=proxied
	! get /file --cert bad.pem --key bad.key -o got.bad 2>bad.err || fail "a bad client got it"
	! get /file -o got.none 2>none.err || fail "a client without a certificate got it"
	until_true 60 "both are refused" refused 2
	equal "connections to the back end" "$(grep -c 'GET /file' http.err)" 1
	grep -q 'listener=www .*issuer is unknown' kseald.err
	grep -q 'listener=www .*has shown no certificate' kseald.err
}

# refused COUNT - so many clients of www were
refused() {
	[ "$(grep -c 'listener=www .*cause=failed_certificate' kseald.err)" -ge "$1" ]
}

# issue_client NAME CA KEY - NAME.pem and NAME.key, for clients
issue_client() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
		-keyout "$1.key" -out "$1.csr"
	openssl x509 -req -in "$1.csr" -CA "$2" -CAkey "$3" -CAcreateserial -days 2 \
		-out "$1.pem" -extfile <(echo extendedKeyUsage=clientAuth)
}

add "a plain HTTP server behind a proxy, and no byte of it in kseald" plain_http
add "a proxied connection ends, half of it, all of it, or badly" ends
add "both ends of a proxied connection update their keys" keys_are_updated
add "programs take a listener's sockets" programs
add "a listener that wants certificates of its clients" known_clients_only
add "connections that no program takes are told" nobody_came
run
