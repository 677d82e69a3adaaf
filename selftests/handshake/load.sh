#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Many handshakes, and nothing of them stays: descriptors and memory of kseald, sockets
# and keys in the kernel. And kseald killed in the middle of it, at any point: what it
# has given back goes on, what it was at ends with an error.
#
# KSEAL_HANDSHAKES is how many, and KSEAL_KILLS how often:
#	KSEAL_TEST_LIMIT=3000 scripts/uml -q -e KSEAL_HANDSHAKES=20000 newest handshake/load
# takes a quarter of an hour.
# shellcheck source=selftests/interop/lib.sh
. "$(dirname "$0")/../interop/lib.sh"

LOAD=$KSEAL_BUILD/userspace/load
: "${KSEAL_HANDSHAKES:=500}"
: "${KSEAL_KILLS:=2}"
WARM=200		# handshakes after which kseald has what it keeps
SLACK=2048		# KiB that its memory may grow by, whatever their number

# descriptors, memory - of kseald, now; memory in KiB
descriptors() {
	local fds=(/proc/"$KSEALD"/fd/*)

	echo ${#fds[@]}
}

memory() {
	awk '$1 == "VmRSS:" {print $2}' "/proc/$KSEALD/status"
}

gauges() {
	grep '^Curr' $STAT
}

nothing_left() {
	[ "$(gauges | awk '{n += $2} END {print n}')" = 0 ]
}

# value NAME FILE - of NAME=VALUE in it
value() {
	tr ' ' '\n' <"$2" | sed -n "s/^$1=//p"
}

many_in_a_row() {
	local fds kib grown

	start_kseald --log-level warning
	"$LOAD" "$BROKER" "$W/ca.pem" $WARM
	fds=$(descriptors) kib=$(memory)
	"$LOAD" "$BROKER" "$W/ca.pem" "$KSEAL_HANDSHAKES" >load.out
	cat load.out
	equal "handshakes done" "$(value 'done' load.out)" "$KSEAL_HANDSHAKES"
	at_least "sessions resumed" "$(value resumed load.out)" $((KSEAL_HANDSHAKES / 2))
	equal "descriptors of kseald" "$(descriptors)" "$fds"
	grown=$(($(memory) - kib))
	echo "memory: $kib KiB after $WARM handshakes, $grown more after $KSEAL_HANDSHAKES more"
	at_least "what memory may grow by, less what it has grown" $((SLACK - grown)) 0
	until_true 60 "no socket left in the kernel" nothing_left
	"$KSEAL_BUILD/userspace/kseal" status --broker "$BROKER" >status.out || :
	grep -Eq "^ +done_server +$((WARM + KSEAL_HANDSHAKES)) " status.out
	grep -Eq '^ +in_flight +0 ' status.out
}

# kill_it - with no warning, wherever it is, and have another one
kill_it() {
	sleep "0.$((RANDOM % 10))$((RANDOM % 10))"
	kill -KILL "$KSEALD"
	wait "$KSEALD" || :
	start_kseald --log-level warning
}

killed_under_load() {
	local i load

	start_kseald --log-level warning
	"$LOAD" "$BROKER" "$W/ca.pem" 100 "$KSEAL_KILLS" >load.out 2>load.err &
	load=$!
	PIDS+=("$load")
	for ((i = 0; i < KSEAL_KILLS; i++)); do
		kill_it
	done
	ended "$load" 240
	cat load.out load.err
	equal "the exit status of the load" "$STATUS" 0
	equal "deaths that it saw" "$(value deaths load.out)" "$KSEAL_KILLS"
	at_least "connections that went on" "$(value kept load.out)" 1
	until_true 60 "no socket left in the kernel" nothing_left
}

add "$KSEAL_HANDSHAKES handshakes leave nothing behind" many_in_a_row
add "kseald killed $KSEAL_KILLS times under load: connections go on, or end with an error" \
	killed_under_load
run
