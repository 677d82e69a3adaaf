# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What every script here needs: where things are, how to speak, how to lock.
# To be sourced after `set -euo pipefail`; PROG names the script in messages.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# shellcheck disable=SC2034 # for those who source this
BUILD=${BUILD:-$TOP/build}
CACHE=${KSEAL_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/kseal}
PROG=${PROG:-${0##*/}}

# Scripts know -h by getopts, people say --help: this is the script's own $1.
[ "${1:-}" != --help ] || set -- -h

# Interpreters put before the system's own (pyenv and the like) cost seconds
# per start in a guest, and may lack the modules Debian's have.
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
export LC_ALL=C.UTF-8

# A make that runs this script hands down neither its job slots nor its flags;
# what is meant to reach us, V and the like, is exported by name.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

say() {
	echo "$PROG: $*" >&2
}

die() {
	say "$*"
	exit 1
}

# is_series SERIES - of kernels, as scripts/kernel and scripts/uml take it
is_series() {
	[[ $1 =~ ^([0-9]+\.[0-9]+|newest)$ ]]
}

# need_kernel NAME - which check and matrix know: a series, or uml
need_kernel() {
	[ "$1" = uml ] || is_series "$1" ||
		die "'$1' is no kernel to test with; say a series (6.1), newest, or uml"
}

# need PROGRAM... - each must be there
need() {
	local p missing=()
	for p; do
		type -P "$p" >/dev/null || missing+=("$p")
	done
	[ ${#missing[@]} = 0 ] ||
		die "not installed: ${missing[*]}; run scripts/setup as root"
}

# cache_dir NAME - makes and prints a directory of the cache
cache_dir() {
	local d=$CACHE/$1

	mkdir -p "$d" 2>/dev/null || die "cannot make the directory $d" \
		"(set KSEAL_CACHE to a place this user may write)"
	echo "$d"
}

# lock NAME - holds that lock of the cache until the script ends
lock() {
	local f

	f=$(cache_dir lock)/$1
	exec {LOCK_FD}>"$f" || die "cannot open the lock $f"
	flock -n "$LOCK_FD" && return
	say "waiting for another run that holds $f"
	flock "$LOCK_FD"
}

unlock() {
	exec {LOCK_FD}>&-
}

# newest NAME... - the one that sorts last as a version
newest() {
	printf '%s\n' "$@" | sort -V | tail -n 1
}
