# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# OpenSSL of Debian 13, which knows VAES, for benchmarks, and nginx, which uses it.
# They, and the C library they need, are unpacked in the cache; nothing is installed.

OPENSSL_LAYOUT=2
OPENSSL_SUITE=trixie
OPENSSL_PACKAGES=(libssl3t64 libc6 libzstd1 zlib1g nginx libpcre2-8-0 libcrypt1)
OPENSSL_LIBS=usr/lib/x86_64-linux-gnu

# openssl_root - the directory with those packages
openssl_root() {
	local home dir

	home=$(cache_dir openssl-v$OPENSSL_LAYOUT)
	dir=$home/$OPENSSL_SUITE
	lock openssl
	if [ ! -e "$dir/.whole" ]; then
		rm -rf "${home:?}"/*
		{ use_source "$OPENSSL_SUITE" && unpack "$dir" "${OPENSSL_PACKAGES[@]}"; } ||
			die "no OpenSSL of Debian $OPENSSL_SUITE to compare with (see above)"
		: >"$dir/.whole"
	fi
	unlock
	echo "$dir"
}

# with_openssl ROOT PROGRAM... - to COMMAND: the program with that library; a newer C
# library runs what is built for an older one, not the other way round
with_openssl() {
	local root=$1

	shift
	[ -e "$root/$OPENSSL_LIBS/libcrypto.so.3" ] || die "$root holds no $OPENSSL_LIBS/libcrypto.so.3"
	# shellcheck disable=SC2034 # for those who call this
	COMMAND=("$root/$OPENSSL_LIBS/ld-linux-x86-64.so.2" --library-path "$root/$OPENSSL_LIBS" "$@")
}
