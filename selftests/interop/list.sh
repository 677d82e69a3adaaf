#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kseal list and kseal top, beside connections that are known.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

KSEAL=$KSEAL_BUILD/userspace/kseal
BYTES=$((MIB / 4))

# json EXPRESSION - of the list as Python has it, in all
json() {
	python3 -c "import json, sys
all = json.load(open('list.json'))
of_kseal = [s for s in all if s.get('program') == 'kseal']
print($1)"
}

lists_a_connection() {
	talk_to_gnutls NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM
	"$KSEAL" list >listed
	cat listed
	grep -Eq "^kseal/$SERVER +127.0.0.1:$PORT +127.0.0.1:[0-9]+ +TLS 1.3 +AES-256-GCM +both " listed
	"$KSEAL" list --json >list.json
	equal "sockets of kseal" "$(json 'len(of_kseal)')" 1
	equal "its process" "$(json "of_kseal[0]['pid']")" "$SERVER"
	equal "bytes sent" "$(json "of_kseal[0]['tx_bytes']")" $BYTES
	equal "bytes received" "$(json "of_kseal[0]['rx_bytes']")" $BYTES
	equal "the ULP" "$(json "of_kseal[0]['ulp']")" kseal
	equal "its state" "$(json "of_kseal[0]['state']")" open
	equal "who takes alerts" "$(json "of_kseal[0]['control']")" program
	"$KSEAL" top -n 2 -d 0.3 >looks
	cat looks
	equal "looks of kseal top" "$(grep -c '^1 sockets, sending 0 B/s' looks)" 2
	grep -q "^kseal/$SERVER " looks
	hang_up
	"$KSEAL" list --json >list.json
	equal "sockets when it has ended" "$(json 'len(of_kseal)')" 0
}

# what it knows of a network namespace that it is not in
lists_other_namespaces() {
	local server client

	ip netns add kseal-list
	ip -n kseal-list link set lo up
	# kseald is asked for nothing but the handshake; the namespace is the program's
	random_file from_kseal 1000
	start_kseald
	fed kseal from_kseal ip netns exec kseal-list "$KSEAL" server --broker "$BROKER" 0
	server=$PID
	kseal_port kseal
	fed gnutls from_kseal ip netns exec kseal-list gnutls-cli --logfile cli.log \
		--x509cafile "$W/ca.pem" --sni-hostname localhost --verify-hostname localhost \
		--port "$PORT" 127.0.0.1
	client=$PID
	until_true 120 "all bytes at kseal" has_bytes kseal.out 1000
	"$KSEAL" list --json >list.json
	equal "sockets in the other namespace" "$(json 'len(of_kseal)')" 1
	equal "whether that is another namespace" \
		"$(json "of_kseal[0]['netns'] == $(stat -L -c %i /proc/self/ns/net)")" False
	equal "bytes received there" "$(json "of_kseal[0]['rx_bytes']")" 1000
	release kseal
	release gnutls
	ended "$client" 60
	ended "$server" 60
	ip netns del kseal-list
}

says_what_is_wrong() {
	local rc

	for words in 'list extra' 'top extra' 'list --nonsense' 'top -d 0' 'top -n x'; do
		rc=0
		# shellcheck disable=SC2086 # words
		"$KSEAL" $words >said 2>&1 || rc=$?
		equal "the status of kseal $words" $rc 2
	done
	"$KSEAL" list --help | grep -q '^Usage: kseal list'
	"$KSEAL" top -h | grep -q '^Usage: kseal top'
}

add "a connection is listed, and gone when it ends" lists_a_connection
add "connections of another network namespace" lists_other_namespaces
add "wrong words" says_what_is_wrong
run
