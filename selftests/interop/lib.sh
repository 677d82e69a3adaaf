# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2119,SC2120
# What the interop scripts share: tests as functions, processes that end with
# their test, waiting for a condition, certificates, kseald.
#
# A script declares its tests with `add` and ends with `run`. Each test is a
# function that runs in a subshell under `set -e`, in $T, a directory of its
# own; a command that fails fails the test, and what it printed becomes
# comments. Whatever a test started with `start` is ended with it.
set -uo pipefail
# the system's own programs: shims before them cost seconds per start over 9p
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C.UTF-8

: "${KSEAL_TOP:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)}"
: "${KSEAL_BUILD:=$KSEAL_TOP/build}"
STAT=/proc/net/kseal_stat
MIB=$((1024 * 1024))
# MiB that large transfers have each way; make check has no time for more
SIZE=${KSEAL_FEW_VARIANTS:+2}
: "${SIZE:=10}"

[ -n "${KSEAL_GUEST:-}" ] || {
	echo "Bail out! this machine is not a guest of scripts/vm; use scripts/guest-tests"
	exit 1
}

W=$(mktemp -d "/tmp/$(basename "$0" .sh).XXXXXX") || exit 1
trap 'rm -rf "$W"' EXIT
CURL=(-sS --cacert "$W/ca.pem" --path-as-is -m 300)
TESTS=() NAMES=()

# ---- tests --------------------------------------------------------------------

# add NAME FUNCTION [ARG...] - declare a test; KSEAL_ONLY, an extended regular
# expression for names, leaves others out
add() {
	[[ $1 =~ ${KSEAL_ONLY:-} ]] || return 0
	NAMES+=("$1")
	shift
	TESTS+=("$(printf '%q ' "$@")")
}

# run - all that were declared; the script's last line
run() {
	local i rc bad=0 n=${#TESTS[@]}

	echo "TAP version 13"
	echo "1..$n"
	for ((i = 0; i < n; i++)); do
		T=$W/$i
		mkdir "$T"
		(
			PIDS=()
			trap 'rc=$?; trap - ERR; set +e; [ $rc = 0 ] || state; end_all; exit $rc' EXIT
			cd "$T" || exit 1
			set -eE
			trap 'echo "failed: ${FUNCNAME[0]:-} line $LINENO: $BASH_COMMAND"' ERR
			eval "${TESTS[i]}"
		) >"$T/log" 2>&1 </dev/null
		rc=$?
		if [ $rc = 0 ]; then
			echo "ok $((i + 1)) ${NAMES[i]}"
		else
			bad=1
			show "$T"
			echo "not ok $((i + 1)) ${NAMES[i]}"
		fi
		rm -rf "$T"
	done
	exit $bad
}

# state - as a test ends: what it has got, and its connections
state() {
	echo "-- files and connections at the end:"
	stat -c '   %n %s' -- *
	ss -tnoi 2>/dev/null | sed 's/^/   /'
}

# show DIR - why a test failed: the ends of its processes' output, its log, and,
# last, what is read first
show() {
	local f

	for f in "$1"/*.err "$1"/*.log; do
		[ -s "$f" ] || continue
		echo "# -- ${f##*/}:"
		tail -c 4000 "$f" | tail -n 15 | tr -cd '\n\t -~' | sed 's/^/#    /'
	done
	sed 's/^/# /' "$1/log" | tail -n 80
	grep -a '^failed: ' "$1/log" | head -n 3 | sed 's/^/# /'
}

# fail WORD... - end the test, saying why
fail() {
	echo "failed: $*"
	exit 1
}

# equal WHAT GOT WANTED
equal() {
	[ "$2" = "$3" ] || fail "$1 is '$2', not '$3'"
}

# at_least WHAT GOT WANTED
at_least() {
	[ "$2" -ge "$3" ] || fail "$1 is $2, less than $3"
}

# absent PATTERN FILE - no line of it matches. (A failing "! grep" would end no
# test: set -e does not look at inverted commands.)
absent() {
	if grep -e "$1" "$2"; then
		fail "$2 has what it must not have: $1"
	fi
}

# ---- processes ------------------------------------------------------------------

# start COMMAND... - in the background, ended with the test; its number is PID.
# Redirections are the caller's.
start() {
	"$@" &
	PID=$!
	PIDS+=("$PID")
}

# still_runs PID
still_runs() {
	local stat

	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null && [[ $stat != *") Z "* ]]
}

end_all() {
	local p

	for p in "${PIDS[@]}"; do
		kill "$p" 2>/dev/null
	done
	for p in "${PIDS[@]}"; do
		timeout_kill "$p"
	done
}

# timeout_kill PID - wait for it, with force in the end
timeout_kill() {
	local n=0

	while still_runs "$1"; do
		n=$((n + 1))
		[ $n -lt 200 ] || kill -KILL "$1" 2>/dev/null
		sleep .05
	done
	wait "$1" 2>/dev/null
}

# until_true SECONDS WHAT COMMAND... - probe until it succeeds
until_true() {
	local limit=$1 what=$2 end=$((SECONDS + $1))

	shift 2
	until "$@"; do
		[ $SECONDS -lt "$end" ] || fail "not within $limit s: $what"
		sleep .05
	done
}

# ended PID SECONDS - it ends by itself; its status is STATUS
ended() {
	until_true "$2" "the end of process $1" not_running "$1"
	STATUS=0
	wait "$1" || STATUS=$?
}

not_running() {
	! still_runs "$1"
}

# ---- ports ---------------------------------------------------------------------

# listening PORT - does something listen there? Without connecting: that would
# be a handshake.
listening() {
	[ -n "$(ss -Hltn "sport = :$1")" ]
}

# free_port - set PORT to one that nothing uses
free_port() {
	for _ in {1..100}; do
		PORT=$((20000 + RANDOM % 12000))
		[ -n "$(ss -Hatn "sport = :$PORT")" ] || return 0
	done
	fail "no free port in 100 tries"
}

# ---- files ---------------------------------------------------------------------

# random_file FILE BYTES
random_file() {
	head -c "$2" /dev/urandom >"$1"
}

# text_file FILE BYTES - the same as printable lines of 64
text_file() {
	{ base64 -w 63 /dev/urandom || :; } | head -c "$2" >"$1"
}

# size FILE - 0 when it is not there
size() {
	stat -c %s "$1" 2>/dev/null || echo 0
}

has_bytes() {
	[ "$(size "$1")" -ge "$2" ]
}

# has_lines FILE COUNT
has_lines() {
	[ "$(wc -l <"$1")" -ge "$2" ]
}

# same FILE FILE - by checksum
same() {
	local a b

	a=$(sha256sum <"$1")
	b=$(sha256sum <"$2")
	equal "the checksum of $1 ($(size "$1") bytes; $2 has $(size "$2"))" "$a" "$b"
}

# counter NAME - from the kernel, as it is now
counter() {
	awk -v n="$1" '$1 == n {print $2; found = 1} END {exit !found}' $STAT
}

# ---- kseald ----------------------------------------------------------------------

# certificates - once per script: CA, and a certificate it signed for localhost
certificates() {
	[ ! -e "$W/server.pem" ] || return 0
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj '/CN=kseal test CA' -addext basicConstraints=critical,CA:TRUE \
		-addext keyUsage=critical,keyCertSign -keyout "$W/ca.key" -out "$W/ca.pem"
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj /CN=localhost -keyout "$W/server.key" -out "$W/server.csr"
	openssl x509 -req -in "$W/server.csr" -CA "$W/ca.pem" -CAkey "$W/ca.key" \
		-CAcreateserial -days 2 -out "$W/server.crt" -extfile <(
			echo subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1
			echo keyUsage=digitalSignature
			echo extendedKeyUsage=serverAuth)
	cp "$W/server.crt" "$W/server.pem"
}

# start_ready NAME COMMAND... - start it with "--ready-fd 9" and wait until it
# says so; NAME.ready holds what it said, NAME.err its standard error
start_ready() {
	local name=$1

	shift
	rm -f "$name.fifo"
	mkfifo "$name.fifo"
	"$@" --ready-fd 9 9>"$name.fifo" 2>>"$name.err" >>"$name.out" &
	PID=$!
	PIDS+=("$PID")
	timeout 60 cat "$name.fifo" >"$name.ready" || fail "$1 is not ready within 60 s"
	[ -s "$name.ready" ] || fail "$1 ended before it was ready"
}

# start_kseald [OPTION...] - its socket is BROKER, its process KSEALD. No handshake is
# to fail because the machine is slow.
start_kseald() {
	certificates >certificates.log 2>&1
	BROKER=$T/broker.sock
	start_ready kseald "$KSEAL_BUILD/userspace/kseald" --socket "$BROKER" \
		--cert "$W/server.pem" --key "$W/server.key" --ca "$W/ca.pem" \
		--timeout 300 "$@"
	KSEALD=$PID
}

# ---- a conversation ------------------------------------------------------------

# fed NAME FILE COMMAND... - start it with FILE as its input, which does not end
# before `release NAME`; NAME.out and NAME.err hold its output, PID its number
fed() {
	local name=$1 file=$2

	shift 2
	mkfifo "$name.in" "$name.hold"
	cat "$file" "$name.hold" >"$name.in" &
	PIDS+=("$!")
	"$@" <"$name.in" >"$name.out" 2>"$name.err" &
	PID=$!
	PIDS+=("$PID")
}

# release NAME - let its input end
release() {
	timeout 30 bash -c ': >"$1"' - "$1.hold" || fail "the input of $1 was not read to its end"
}

# kseal_port NAME - set PORT to where that `kseal server 0` listens
kseal_port() {
	until_true 60 "kseal server listens" grep -q 'listening on port' "$1.err"
	PORT=$(sed -n 's/.*listening on port //p' "$1.err")
}

# talk_to_gnutls PRIORITY - `kseal server`, by kseald, and gnutls-cli give each other
# $BYTES at once; they are SERVER and CLIENT, and stay until hang_up
talk_to_gnutls() {
	random_file from_kseal "$BYTES"
	random_file from_gnutls "$BYTES"
	start_kseald
	fed kseal from_kseal "$KSEAL" server --verbose --broker "$BROKER" 0
	SERVER=$PID
	kseal_port kseal
	fed gnutls from_gnutls gnutls-cli --logfile cli.log --x509cafile "$W/ca.pem" \
		--priority "$1" --sni-hostname localhost --verify-hostname localhost \
		--port "$PORT" 127.0.0.1
	CLIENT=$PID
	until_true 300 "all bytes at kseal" has_bytes kseal.out "$BYTES"
	until_true 300 "all bytes at gnutls-cli" has_bytes gnutls.out "$BYTES"
}

# hang_up - and both ends are content with what they got
hang_up() {
	release kseal
	ended "$CLIENT" 60
	equal "the exit status of gnutls-cli" "$STATUS" 0
	ended "$SERVER" 60
	equal "the exit status of kseal" "$STATUS" 0
	same kseal.out from_gnutls
	same gnutls.out from_kseal
}

# negotiated NAME VERSION SUITE - what that kseal said it speaks; SUITE a pattern
negotiated() {
	grep -Eq "^kseal: $2, $3, " "$1.err" || fail "kseal did not speak $2 with $3: $(head -n 3 "$1.err")"
}

# sealed_by_aesni - by what the kernel seals, as kseal --verbose said
sealed_by_aesni() {
	grep -Eq 'sealed by .*aesni' "$1.err" || fail "not sealed by AES-NI: $(tail -n 1 "$1.err")"
}

# ---- kseal-serve ---------------------------------------------------------------

# start_serve DIR [OPTION...] - its port is PORT, its process SERVE; access.log
# and serve.err hold what it says
start_serve() {
	local dir=$1

	shift
	start_ready serve "$KSEAL_BUILD/userspace/kseal-serve" --broker "$BROKER" \
		--listen 127.0.0.1:0 --access-log "$T/access.log" "$@" "$dir"
	SERVE=$PID
	PORT=$(sed -n 's/^listening 127.0.0.1:\([0-9]*\)$/\1/p' serve.ready)
	equal "the first line of --ready-fd" "$(head -n 1 serve.ready)" "listening 127.0.0.1:$PORT"
	equal "the last line of --ready-fd" "$(tail -n 1 serve.ready)" ready
}

# get PATH [OPTION...] - by curl, over TLS; -o and the like are the caller's
get() {
	local path=$1

	shift
	curl "${CURL[@]}" "$@" "https://localhost:$PORT$path"
}

# start_get PATH [OPTION...] - likewise in the background; curl's number is PID
start_get() {
	local path=$1

	shift
	start curl "${CURL[@]}" "$@" "https://localhost:$PORT$path"
}

# status PATH [OPTION...] - only the status, the body to got, which is not made
# where there is none
status() {
	rm -f got
	get "$@" -o got -w '%{http_code}'
}

# logged PATH - the access log has a line for it; LINE is the last
logged() {
	until_true 30 "a line for $1 in the access log" grep -qF " $1\" " access.log
	LINE=$(grep -F " $1\" " access.log | tail -n 1)
}

# log_value KEY - out of LINE
log_value() {
	local v

	v=$(grep -o " $1=[^ ]*" <<<"$LINE") || fail "no $1= in $LINE"
	echo "${v#*=}"
}
