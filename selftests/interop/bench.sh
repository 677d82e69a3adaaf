#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# That scripts/bench measures: every case gives a number for everybody who can do it.
# How large it is, no test can say.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

BENCH=$KSEAL_BUILD/selftests/bench/bench
SUITE=tls13-aes128gcm
# who asks for the in-tree module has it loaded
OURS=(-T plain -T kseal -T gnutls -T openssl)
ANY='[^"]*'		# in place of a transport: the driver of a cipher

cipher_alone() {
	insmod "$KSEAL_MODULES/kseal_bench.ko"
	timeout 120 "$BENCH" -r 1 -t 10 -p 'cipher-*' >results
	rmmod kseal_bench
	has_number cipher-16k-seal "$SUITE" "$ANY"
	has_number cipher-16k-open "$SUITE" "$ANY"
	has_number cipher-256-seal "$SUITE" "$ANY"
	has_number cipher-16k-open tls12-aes128gcm "$ANY"
	has_number cipher-16k-seal tls13-chacha20 "$ANY"
}

cipher_refuses() {
	local run=/sys/module/kseal_bench/parameters/run line

	insmod "$KSEAL_MODULES/kseal_bench.ko"
	for line in 'gcm(aes) 16 5 16384' 'gcm(aes) 16 0 16384 1' 'gcm(aes) 16 5 16385 1' \
		    'gcm(aes) 15 5 100 1' 'gcm(none) 16 5 100 1'; do
		if echo "$line" >$run; then
			rmmod kseal_bench
			fail "took '$line'"
		fi
	done
	rmmod kseal_bench
}

# both ends inside the kernel
inside() {
	local what

	insmod "$KSEAL_MODULES/kseal_bench.ko"
	timeout 300 "$BENCH" -m -r 1 -t 10 -p 'inside-*' -T plain -T kseal >results
	rmmod kseal_bench
	has_number inside-write-64k "$SUITE" plain
	for what in write-64k records-256 records-1400; do
		has_number "inside-$what" "$SUITE" kseal
	done
	# by pages it came with 6.5
	[[ $(uname -r) != 6.1.* ]] || return 0
	has_number inside-sendfile-1m "$SUITE" kseal
	has_number inside-sendfile-128k "$SUITE" plain
}

inside_refuses() {
	local sockets=/sys/module/kseal_bench/parameters/sockets line

	insmod "$KSEAL_MODULES/kseal_bench.ko"
	# no sockets, no such way, no bytes, more than there may be
	for line in '0 1 write 4096 1' '0 1 send 4096 1' '0 1 write 0 1' '0 1 write 1048577 1' '0 1'; do
		if echo "$line" >$sockets; then
			rmmod kseal_bench
			fail "took '$line'"
		fi
	done
	rmmod kseal_bench
}

refuses_names() {
	local status=0

	"$BENCH" -T ksael 2>said || status=$?
	equal "the status" $status 2
	grep -q 'ksael is neither transport nor suite' said
}

# has_number CASE SUITE TRANSPORT - exactly one, and not nothing
has_number() {
	grep "\"case\": \"$1\", \"suite\": \"$2\", \"transport\": \"$3\"" results >found ||
		fail "no result for $1 of $2 by $3"
	equal "results for $1 of $2 by $3" "$(wc -l <found)" 1
	grep -Eq '"value": [0-9.e+]*[1-9]' found || fail "$(cat found)"
}

# by_all PATTERN CASE... - -p PATTERN measures these
by_all() {
	local what who

	timeout 300 "$BENCH" -m -r 1 -t 5 -p "$1" -s $SUITE "${OURS[@]}" >results
	for what in "${@:2}"; do
		for who in kseal gnutls openssl; do
			has_number "$what" $SUITE $who
		done
		[[ $what = records-* ]] || has_number "$what" $SUITE plain
	done
}

kernel_only() {
	timeout 300 "$BENCH" -m -r 1 -t 5 -p 'sendmmsg-*' -T plain -T kseal >results
	timeout 300 "$BENCH" -m -r 1 -t 5 -p 'uring-*' -T plain -T kseal >>results
	has_number sendmmsg-1400 $SUITE kseal
	has_number uring-16k $SUITE kseal
}

other_suites() {
	local suite

	timeout 300 "$BENCH" -m -r 1 -t 5 -p 'recv-256k' -T kseal -T openssl -T gnutls >results
	for suite in tls12-aes128gcm tls13-aes256gcm tls13-chacha20; do
		has_number recv-256k $suite kseal
		has_number recv-256k $suite openssl
		has_number recv-256k $suite gnutls
	done
}

memory() {
	timeout 300 "$BENCH" -r 1 -p 'memory-*' -T kseal >results
	has_number memory-idle $SUITE kseal
	has_number memory-16k $SUITE kseal
}

# over a link that takes 50 ms there and back
slow_link() {
	timeout 300 "$BENCH" -r 1 -p 'response-*' -T kseal -T plain >results
	has_number response-256k-first $SUITE kseal
	has_number response-256k-last $SUITE plain
	has_number response-256k-last $SUITE 'kseal, small records first'
	# 25 ms is the way; at least three times that, as the sender waits for an
	# acknowledgement. What small records gain is a benchmark's to say.
	at_least "ns to the first byte of full records" "$(first_byte kseal)" 75000000
}

# first_byte TRANSPORT - in ns
first_byte() {
	sed -n "s/.*response-256k-first.*\"transport\": \"$1\".*\"value\": \([0-9.e+]*\)}/\1/p" results |
		awk '{ printf "%d\n", $1 }'
}

# the client of scripts/lib/bench-serve
downloads() {
	local client=$KSEAL_BUILD/selftests/bench/client/client

	mkdir www
	random_file www/file $((MIB + 1))
	start_kseald
	start_serve www
	"$client" -c 4 -n 10 "$PORT" www/file >seconds
	grep -Eq '^[0-9]+[.][0-9]+$' seconds
	until_true 60 "eleven lines in the access log" has_lines access.log 11
	equal "complete responses" "$(grep -c '"GET /file" 200 .* end=ok' access.log)" 11
	# what it compares with is not what is served
	mkdir other
	cp www/file other/file
	printf x | dd of=other/file bs=1 seek=1000 conv=notrunc status=none
	if "$client" -n 1 "$PORT" other/file 2>said; then
		fail "the client is content with other bytes"
	fi
	grep -q 'other bytes came' said
}

quick_and_report() {
	insmod "$KSEAL_MODULES/kseal_bench.ko"
	timeout 300 "$BENCH" -q -r 2 -t 5 >results
	rmmod kseal_bench
	# its sockets had it loaded, and the tests that follow want its name
	! grep -q '^tls ' /proc/modules || until_true 60 "the in-tree module unloads" rmmod tls
	"$KSEAL_TOP/scripts/lib/bench-report" results . >printed
	grep -q '^sendfile-1m  *tls13-aes128gcm .*GB/s\|^sendfile-1m .*MB/s' printed
	cmp printed bench.txt
	python3 -c 'import json, xml.dom.minidom as m
m.parse("bench.svg")
assert len(json.load(open("bench.json"))) > 20'
}

add "the cipher by itself" cipher_alone
add "a name that nothing has is refused" refuses_names
add "what the cipher cannot be asked is refused" cipher_refuses
add "both ends inside the kernel" inside
add "what the sockets cannot be asked is refused" inside_refuses
add "sendfile" by_all 'sendfile-*' sendfile-1m sendfile-128k sendfile-16k
add "write" by_all 'write-*' write-64k write-16k write-1400
add "records" by_all 'records-*' records-256 records-1400
add "receiving" by_all 'recv-*' recv-64k recv-256k
add "latency" by_all 'ping-*' ping-1-p50 ping-1-p99 ping-1k-p50 ping-16k-p50
if [ -n "${KSEAL_FEW_VARIANTS:-}" ]; then
	add "connections" by_all connections-16 connections-16
else
	add "connections" by_all 'connections-*' connections-16 connections-256
fi
add "sendmmsg and io_uring" kernel_only
add "other suites" other_suites
add "memory" memory
add "a response over a slow link" slow_link
add "downloads from kseal-serve" downloads
add "a quick look, and the report" quick_and_report
run
