# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Reads what a run of scripts/vm left behind and says how it went.

SPLAT='BUG: |BUG at |WARNING: |Oops|Kernel panic|general protection fault'
SPLAT+='|KASAN:|UBSAN:|KCSAN:|KMSAN:|KFENCE:|refcount_t: |(list_add|list_del|slab|page table) corruption'
SPLAT+='|soft lockup|hard LOCKUP|detected stall|self-detected stall|blocked for more than'
SPLAT+='|scheduling while atomic|sleeping function called|Out of memory: |invoked oom-killer'
SPLAT+='|unable to handle|double fault|stack guard page|Bad page state|memory leak|unchecked MSR'
# lines of a sane boot that only look like one of these
BENIGN='Spectre V2 ?:|Unprivileged eBPF|unchecked MSR access error: (RDMSR|WRMSR)'

# complaints - what the kernel had to complain about, each line once. The
# console misses info lines of the boot, the dmesg what came after it: read both
# (but not the stacks that stage2 itself asks for when the time is out).
complaints() {
	local f benign=$BENIGN a

	for a in "${ALLOW[@]}"; do
		benign+="|$a"
	done
	for f in "$WORK/console.log" "$SHARE/dmesg"; do
		[ ! -f "$f" ] || sed '/vm-dump:/,$d' "$f"
	done | tr -d '\r' | { grep -aE "$SPLAT" || :; } | { grep -avE "$benign" || :; } |
		awk '!seen[$0]++'
}

# no_status - FINAL and WHY for a guest that never told how its command ended
no_status() {
	FINAL=125
	WHY="no status from the guest"
	[ -s "$SHARE/started" ] || WHY="the guest never got to the command"
	if [ "$QEMU_RC" = 124 ] || [ "$QEMU_RC" = 137 ]; then
		FINAL=124
		WHY+=": out of time (whole run)"
	fi
	if [ "$SPLATS" -gt 0 ]; then
		FINAL=99
		WHY+=": the kernel died"
	fi
	{
		echo "vm: $WHY (qemu status $QEMU_RC); end of the console:"
		tail -n 30 "$WORK/console.log" | tr -d '\r' | sed 's/^/vm: console: /'
		head -n 10 "$WORK/qemu.log" | sed 's/^/vm: qemu: /'
	} >&2
}

# judge - sets FINAL (the exit status), WHY, SPLATS and RC
judge() {
	complaints >"$WORK/splats"
	SPLATS=$(wc -l <"$WORK/splats")
	if [ "$SPLATS" -gt 0 ]; then
		{
			echo "vm: the kernel $RELEASE complained ($SPLATS lines):"
			head -n 20 "$WORK/splats" | sed 's/^/vm: kernel: /'
		} >&2
	fi
	RC=$(cat "$SHARE/rc" 2>/dev/null || :)
	if [ -z "$RC" ]; then
		no_status
		return
	fi
	FINAL=$RC WHY=ok
	[ "$RC" = 0 ] || WHY="command failed"
	if [ -e "$SHARE/timedout" ]; then
		FINAL=124
		WHY="out of time ($SECONDS_MAX s)"
		echo "vm: $WHY; what its CPUs and blocked tasks did is in the console log (-o, -v)" >&2
	fi
	if [ "$SPLATS" -gt 0 ] && [ -z "$NOFAIL" ]; then
		FINAL=99
		WHY="kernel complaint"
	fi
}

# summary START END - one line for people
summary() {
	local boot=-

	if [ -s "$SHARE/started" ]; then
		boot=$(date -r "$SHARE/started" +%s.%N | awk -v a="$1" '{printf "%.1f", $1 - a}')
	fi
	echo "vm: kernel=$RELEASE accel=$ACCEL boot=${boot}s" \
		"total=$(awk -v a="$1" -v b="$2" 'BEGIN {printf "%.1f", b - a}')s" \
		"command=${RC:--} splats=$SPLATS status=$FINAL ($WHY)"
}

# keep DIR SUMMARY - the logs of the run
keep() {
	local f

	mkdir -p "$1"
	for f in "$WORK"/{console.log,splats,qemu.log} "$SHARE"/{out,err}; do
		cp "$f" "$1/"
	done
	[ ! -e "$SHARE/dmesg" ] || cp "$SHARE/dmesg" "$1/dmesg.log"
	echo "$2" >"$1/result"
}
