# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Programs that know nothing of TLS, of the machine's own Debian, for tests of kseal run:
# nginx and redis. They are unpacked in the cache; nothing is installed, so none of them
# is started as a service.

PROGRAMS_LAYOUT=1
PROGRAMS=(nginx redis-tools redis-server libhiredis0.14 libjemalloc2 liblzf1 liblua5.1-0
	lua-cjson lua-bitop libatomic1)

# programs_root - the directory with those packages
programs_root() {
	local dir

	dir=$(cache_dir programs-v$PROGRAMS_LAYOUT)/of-this-debian
	lock programs
	if [ ! -e "$dir/.whole" ]; then
		rm -rf "$dir"
		{ use_source machine && unpack "$dir" "${PROGRAMS[@]}"; } ||
			{ use_source fresh && unpack "$dir" "${PROGRAMS[@]}"; } ||
			die "no nginx and redis of this Debian to test with (see above)"
		: >"$dir/.whole"
	fi
	unlock
	echo "$dir"
}
