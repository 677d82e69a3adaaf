#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kseald's clients go on with the sessions of earlier ones: programs that know nothing of
# TLS connect by it, and the kernel hands on the tickets that come behind the handshake.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/../interop/lib.sh"

KSEAL=$KSEAL_BUILD/userspace/kseal
export LD_LIBRARY_PATH=$KSEAL_BUILD/userspace

# serve OPTION... - s_server, whose page tells whether a session was resumed. One ticket
# each: whoever waits for one has that of the last visit
serve() {
	free_port
	start openssl s_server -quiet -www -num_tickets 1 -accept "127.0.0.1:$PORT" \
		-cert "$W/server.pem" -key "$W/server.key" "$@" >server.out 2>server.err
	until_true 60 "s_server listens" listening "$PORT"
}

# visit NAME [PIN] - one connection; RESUMED is what kseald says, GOT holds what came
visit() {
	GOT=got.$((VISITS += 1))
	python3 "$(dirname "$0")/resume.py" "$BROKER" "$PORT" "$@" >"$GOT"
	RESUMED=$(sed -n 's/^resumed //p' "$GOT")
}

# expect 0|1 NAME [PIN] - a visit that is resumed or not, in all eyes
expect() {
	local want=$1 page=('New, TLS' 'Reused, TLS')

	shift
	visit "$@"
	equal "resumed, of visit $VISITS" "$RESUMED" "$want"
	grep -q "^${page[want]}" "$GOT" || { cat "$GOT"; fail "s_server does not say ${page[want]}"; }
	equal "the peer of visit $VISITS" "$(grep '^peer ' "$GOT")" "$(grep '^peer ' got.1)"
}

count() {
	"$KSEAL" status --broker "$BROKER" | awk -v n="$1" '$1 == n {print $2}'
}

# taken N - at least so many tickets were
taken() {
	[ "$(count tickets_taken)" -ge "$1" ]
}

# kept N - in TLS 1.3, where tickets come behind the handshake, wait for so many
kept() {
	[ "$VERSION" = -tls1_2 ] || until_true 60 "$1 tickets at kseald" taken "$1"
}

begin() {
	VERSION=$1
	VISITS=0
	start_kseald "${@:2}"
	serve "$VERSION"
}

goes_on() {
	begin "$1"
	expect 0 localhost
	kept 1
	expect 1 localhost
	kept 2
	expect 1 localhost
	equal "those that kseald counts" "$(count resumed)" 2
	equal "those that it logs" "$(grep -c 'resumed=1' kseald.err)" 2
}

# Another name, another pin: nothing of that is what the first one was believed for.
begins_anew() {
	local pin

	begin "$1"
	pin=sha256//$(openssl x509 -in "$W/server.pem" -noout -pubkey |
		openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64)
	expect 0 localhost
	kept 1
	expect 0 127.0.0.1
	expect 0 localhost "$pin"
	expect 1 localhost
}

# What one authority has vouched for is not resumed when it is another's turn.
after_reload() {
	certificates >certificates.log 2>&1
	cp "$W/ca.pem" authorities.pem
	begin "$1" --ca "$T/authorities.pem"
	expect 0 localhost
	kept 1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=other -keyout other.key -out other.pem 2>other.log
	cat other.pem >>authorities.pem
	reload
	expect 0 localhost
	kept 2
	reload
	expect 1 localhost
}

reload() {
	local before

	before=$(grep -c 'info: reloaded' kseald.err || :)
	kill -HUP "$KSEALD"
	until_true 60 "the reload" reloaded $((before + 1))
}

reloaded() {
	[ "$(grep -c 'info: reloaded' kseald.err)" -ge "$1" ]
}

# The other end is GnuTLS, of the same kseald, which sends two tickets.
with_gnutls() {
	local want

	VERSION=-tls1_3
	VISITS=0
	start_kseald --versions "$1"
	[ "$1" = 1.3 ] || VERSION=-tls1_2
	free_port
	echo "some words" >words
	for want in 0 1 1; do
		"$KSEAL" server --broker "$BROKER" "$PORT" <words >"server.$VISITS" \
			2>"server.$VISITS.err" &
		PID=$!
		PIDS+=("$PID")
		until_true 60 "kseal server listens" listening "$PORT"
		visit localhost
		equal "resumed, of visit $VISITS" "$RESUMED" "$want"
		grep -q '^some words' "$GOT"
		ended "$PID" 60
		kept $((2 * VISITS))
	done
	equal "those of both ends that kseald counts" "$(count resumed)" 4
}

none_is_kept() {
	begin -tls1_3 --client-session-cache 0
	expect 0 localhost
	expect 0 localhost
	equal "tickets taken" "$(count tickets_taken)" 0
}

add "a session goes on, TLS 1.3" goes_on -tls1_3
add "a session goes on, TLS 1.2" goes_on -tls1_2
add "another name or pin begins anew, TLS 1.3" begins_anew -tls1_3
add "another name or pin begins anew, TLS 1.2" begins_anew -tls1_2
add "other authorities begin anew, TLS 1.3" after_reload -tls1_3
add "other authorities begin anew, TLS 1.2" after_reload -tls1_2
add "with GnuTLS, TLS 1.3" with_gnutls 1.3
add "with GnuTLS, TLS 1.2" with_gnutls 1.2
add "with no cache for them none is resumed" none_is_kept
run
