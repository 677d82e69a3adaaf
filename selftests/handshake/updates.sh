#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Key updates in both directions at once, all through a transfer: one every 100 records,
# by OpenSSL, GnuTLS and the kernel, which has kseald's --key-records for its AEAD's limit
# (2^24.5 records would take days). Every second one of the libraries asks for another.
# The programs with kseald's sockets know nothing of TLS: they wait in read and write, or
# by poll, or splice.
#
# KSEAL_UPDATE_MIB is what goes each way (4): `scripts/interop updates` has 1024.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/../interop/lib.sh"

UPDATES=$KSEAL_BUILD/userspace/updates
: "${KSEAL_UPDATE_MIB:=4}"
EVERY=100
# what no row has less of, each way: records are full at most
LEAST=$((KSEAL_UPDATE_MIB * MIB / 16384 / EVERY))
# seconds until a connection is given up, one that goes on has time enough
PATIENCE=$((300 + 4 * KSEAL_UPDATE_MIB))

# start_end NAME WAY ROLE PORT - in the background; NAME.out and NAME.err have what it says
start_end() {
	local where=$BROKER

	case $2 in
	openssl|gnutls) where=$W;;
	esac
	start "$UPDATES" "$2" "$3" "$4" "$KSEAL_UPDATE_MIB" "$where" >"$1.out" 2>"$1.err"
}

# value NAME WORD - what it said of that
value() {
	local word value

	while read -r word value; do
		[ "$word" != "$2" ] || { echo "$value"; return; }
	done <"$1.out"
	return 1
}

# all_there NAME - it has sent and received all, and ended cleanly
all_there() {
	equal "bytes sent by $1" "$(value "$1" sent)" $((KSEAL_UPDATE_MIB * MIB))
	equal "bytes received by $1" "$(value "$1" received)" $((KSEAL_UPDATE_MIB * MIB))
}

# keys_changed NAME - of a socket of kseald's, by what the kernel tells of it
keys_changed() {
	at_least "KeyUpdates sent by $1" "$(value "$1" tx_key_updates)" $LEAST
	at_least "KeyUpdates received by $1" "$(value "$1" rx_key_updates)" $LEAST
	equal "sending keys of $1" "$(value "$1" tx_rekeys)" "$(value "$1" tx_key_updates)"
	equal "receiving keys of $1" "$(value "$1" rx_rekeys)" "$(value "$1" rx_key_updates)"
}

# converse SERVER CLIENT - two ways of userspace/updates, until both have ended
converse() {
	local server client begun=$SECONDS

	start_kseald --key-records $EVERY
	SENT=$(counter TxKeyUpdates) RECEIVED=$(counter RxKeyUpdates)
	start_end server "$1" server 0
	server=$PID
	until_true 60 "the server listens" grep -q '^port ' server.out
	start_end client "$2" client "$(value server port)"
	client=$PID
	ended "$client" $PATIENCE
	equal "the exit status of the client" "$STATUS" 0
	ended "$server" 60
	equal "the exit status of the server" "$STATUS" 0
	SENT=$(($(counter TxKeyUpdates) - SENT)) RECEIVED=$(($(counter RxKeyUpdates) - RECEIVED))
	all_there server
	all_there client
	echo "# $1 to $2, $KSEAL_UPDATE_MIB MiB each way, $((SECONDS - begun)) s: KeyUpdates" \
		"sent by the kernel: $SENT, received: $RECEIVED" >&3
}

# library_serves LIBRARY WAY - every update that the library made reached the kernel
library_serves() {
	converse "$1" "$2"
	keys_changed client
	equal "KeyUpdates received" "$RECEIVED" "$(value server updates)"
}

library_connects() {
	converse "$2" "$1"
	keys_changed server
	equal "KeyUpdates received" "$RECEIVED" "$(value client updates)"
}

# kseal_itself WAY WAY - all updates are the kernel's
kseal_itself() {
	converse "$1" "$2"
	keys_changed server
	keys_changed client
	equal "KeyUpdates received, and sent" "$RECEIVED" "$SENT"
}

# by_splice NAME - nothing of what it sent was copied
by_splice() {
	equal "bytes of $1 read where they lay" "$(value "$1" tx_splice_bytes)" \
		$((KSEAL_UPDATE_MIB * MIB))
}

splice_serves() {
	library_connects "$1" splice
	by_splice server
}

splice_connects() {
	library_serves "$1" splice
	by_splice client
}

splice_both() {
	kseal_itself splice splice
	by_splice server
	by_splice client
}

# for figures, which a test's own output has no place for while all is well
exec 3>&1
for library in openssl gnutls; do
	add "$library updates, kseal serves: read and write" library_connects $library blocking
	add "$library updates, kseal connects: poll" library_serves $library poll
done
add "openssl updates, kseal serves: splice" splice_serves openssl
add "gnutls updates, kseal connects: splice" splice_connects gnutls
add "kseal at both ends: read and write" kseal_itself blocking blocking
add "kseal at both ends: poll" kseal_itself poll poll
add "kseal at both ends: splice" splice_both
run
