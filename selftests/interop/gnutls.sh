#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# gnutls-cli and gnutls-serv against kseald in both roles, much each way.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

KSEAL=$KSEAL_BUILD/userspace/kseal
BYTES=$((SIZE * MIB))

# kseald_serves VERSION PRIORITY
kseald_serves() {
	talk_to_gnutls "$2"
	hang_up
	negotiated kseal "$1" '.*GCM.*'
	sealed_by_aesni kseal
}

# kseald_connects VERSION PRIORITY - gnutls-serv sends back the text it gets
kseald_connects() {
	local client

	text_file from_kseal "$BYTES"
	start_kseald
	free_port
	start gnutls-serv --echo --port "$PORT" --priority "$2" \
		--x509certfile "$W/server.pem" --x509keyfile "$W/server.key" >serv.log 2>&1
	until_true 60 "gnutls-serv listens" listening "$PORT"
	fed kseal from_kseal "$KSEAL" client --verbose --broker "$BROKER" --server-name localhost \
		127.0.0.1 "$PORT"
	client=$PID
	until_true 300 "all bytes back at kseal" has_bytes kseal.out "$BYTES"
	release kseal
	ended "$client" 60
	equal "the exit status of kseal" "$STATUS" 0
	same kseal.out from_kseal
	negotiated kseal "$1" '.*GCM.*'
	sealed_by_aesni kseal
}

for version in 1.3 1.2; do
	priority=NORMAL:-VERS-ALL:+VERS-TLS$version
	add "gnutls-cli, TLS $version, $SIZE MiB each way" kseald_serves "TLS $version" $priority
	add "gnutls-serv, TLS $version, $SIZE MiB each way" kseald_connects "TLS $version" $priority
done
run
