#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kseal check where all is there, and where kseald is not; kseal explain with a server
# whose records the kernel seals.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/../interop/lib.sh"

KSEAL=$KSEAL_BUILD/userspace/kseal

# lines VERDICT - how many things check.out has it for
lines() {
	awk -v v="$1" '$2 == v || $3 == v || $4 == v {n++} END {print n + 0}' check.out
}

all_is_well() {
	local rc

	start_kseald
	"$KSEAL" check --broker "$BROKER" >check.out || { cat check.out; fail "kseal check says no"; }
	cat check.out
	equal "what is wrong" "$(lines WRONG)" 0
	at_least "what is OK" "$(lines OK)" 6
	grep -q "^TLS 1.3 .* 40000 bytes each way" check.out
	grep -q '^TLS by kseald .* 40000 bytes each way' check.out
	tail -n 1 check.out | grep -qx 'all is well'
	# and without kseald
	rc=0
	"$KSEAL" check --broker "$T/none" >check.out || rc=$?
	equal "the exit status without kseald" "$rc" 1
	grep -q '^kseald .*WRONG .*No such file' check.out
	equal "what is wrong without kseald" "$(lines WRONG)" 1
}

# A kseald without a certificate can be no server, and says so.
without_certificate() {
	local rc=0

	start_ready kseald "$KSEAL_BUILD/userspace/kseald" --socket "$T/broker" --timeout 300
	"$KSEAL" check --broker "$T/broker" >check.out || rc=$?
	equal "the exit status without a certificate" "$rc" 1
	grep -q '^TLS by kseald .*WRONG .*no certificate' check.out
}

# explained VERSION OPTION... - of kseal-serve, whose goodbye the kernel seals
explained() {
	local version=$1

	shift
	"$KSEAL" explain --timeout 120 --ca "$W/ca.pem" "$@" --json "localhost:$PORT" >explain.json ||
		{ cat explain.json; fail "kseal explain says no"; }
	/usr/bin/python3 -I - "$version" <<-'EOT'
		import json, sys
		d = json.load(open("explain.json"))
		r = d["result"]
		assert r["ok"] and r["trusted"] and r["version"]["name"] == sys.argv[1], r
		ends = [s["direction"] for s in d["steps"] if s["kind"] == "alert"
			and s["alert"]["name"] == "close_notify"]
		assert ends == ["sent", "received"], ends
	EOT
}

server_is_explained() {
	mkdir www
	start_kseald
	start_serve www
	explained "TLS 1.3" --tls 1.3
	explained "TLS 1.2" --tls 1.2
}

add "kseal check, all is well" all_is_well
add "kseal check with a kseald that has no certificate" without_certificate
add "kseal explain of kseal-serve" server_is_explained
run
