# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The kernels of scripts/uml and scripts/bench: Debian's source of a series,
# configured and built in the cache, in uml/SERIES/VERSION-KEY/. VERSION is the
# package's, KEY is of everything else that decides what comes out. A directory
# gets that name by a rename once the kernel in it is built.

# debug, what finds bugs, or timing, what is fast
UML_KIND=${UML_KIND:-debug}

# changes when what is kept in such a directory changes
UML_LAYOUT=2

# Nothing a User-Mode Linux kernel is made of; a gigabyte of it.
UML_LEFT_OUT=('*/Documentation/*.rst' '*/tools/testing/*' '*/tools/perf/*' '*/sound/*.[ch]')
for d in gpu net/ethernet net/wireless media staging infiniband scsi usb iio; do
	UML_LEFT_OUT+=("*/drivers/$d/*.[ch]")
done
for d in arm arm64 mips powerpc s390 sh sparc riscv loongarch m68k alpha parisc; do
	UML_LEFT_OUT+=("*/arch/$d/*.[chS]" "*/arch/$d/*.dts*")
done

# what the kernel must have; what it gets if it knows of it
uml_wanted() {
	cat "$TOP"/scripts/lib/uml.config "$TOP/scripts/lib/uml-$UML_KIND.config"
}

# UML_SMP asks for the one with several CPUs
uml_fragments() {
	uml_wanted
	[ $UML_KIND = timing ] || cat "$TOP"/scripts/lib/uml-some.config
	[ -z "${UML_SMP:-}" ] || cat "$TOP"/scripts/lib/uml-smp.config
}

uml_key() {
	{
		echo $UML_LAYOUT
		gcc --version | head -n 1
		ld --version | head -n 1
		uml_fragments
	} | sha256sum | cut -c1-12
}

# uml_whole DIR - is that a finished kernel?
uml_whole() {
	[ -x "$1/linux" ] && [ -s "$1/release" ] && [ -s "$1/Module.symvers" ] && [ -d "$1/modules" ]
}

# uml_cached DIR KEY - the newest finished kernel there that has the key
uml_cached() {
	local d found=()

	for d in "$1"/*-"$2"; do
		if uml_whole "$d"; then found+=("$d"); fi
	done
	[ ${#found[@]} -gt 0 ] && newest "${found[@]}"
}

# uml_unpack SERIES DIR - the source out of the package that use_source() leads to
uml_unpack() {
	local tar deb

	deb=$(mktemp -d "$2/.deb.XXXXXX")
	unpack "$deb" "linux-source-$1" || return 1
	tar=$deb/usr/src/linux-source-$1.tar.xz
	say "unpacking $(basename "$tar")"
	tar -xJf "$tar" -C "$2" --strip-components=1 --wildcards \
		"${UML_LEFT_OUT[@]/#/--exclude=}" || return 1
	rm -rf "$deb"
}

# uml_configure DIR - fails if the kernel cannot have what the fragments ask for
uml_configure() {
	local line name bad=0

	uml_fragments >"$1/kseal.config"
	make -s -C "$1" ARCH=um KCONFIG_ALLCONFIG=kseal.config allnoconfig >&2 || return 1
	while read -r line; do
		case $line in
		CONFIG_*=*)			name=${line%%=*};;
		'# CONFIG_'*' is not set')	name=${line#\# }; name=${name%% *}; line=;;
		*)				continue;;
		esac
		if [ -n "$line" ] && ! grep -qxF -- "$line" "$1/.config"; then
			say "this kernel cannot have $line"
			bad=1
		elif [ -z "$line" ] && grep -q "^$name=" "$1/.config"; then
			say "this kernel cannot be without $name"
			bad=1
		fi
	done < <(uml_wanted)
	return $bad
}

# uml_prune DIR - only what runs, and what modules are built with, stays
uml_prune() {
	find "$1" -type f ! -path "$1/scripts/*" ! -path "$1/tools/*" \
		\( -name '*.[ocSa]' -o -name '.*.cmd' -o -name '.tmp_vmlinux*' -o -name '*.mod' \) \
		-delete
}

# uml_make DIR - kernel and modules
uml_make() {
	local log=$1/build.log

	say "building it, ARCH=um: some minutes ($log tells how far it is)"
	make -C "$1" ARCH=um -j2 ${V:+V="$V"} all >"$log" 2>&1 ||
		{ tail -n 30 "$log" >&2; return 1; }
	make -s -C "$1" ARCH=um INSTALL_MOD_PATH="$1/installed" modules_install >>"$log" 2>&1 ||
		{ tail -n 30 "$log" >&2; return 1; }
	make -s -C "$1" ARCH=um kernelrelease >"$1/release" || return 1
	ln -s "installed/lib/modules/$(cat "$1/release")" "$1/modules"
	rm -f "$1/modules"/{build,source}
	uml_prune "$1"
}

# uml_fetch_from SOURCE SERIES HOME KEY
uml_fetch_from() {
	local version dir

	use_source "$1" || return 1
	version=$(version_of "linux-source-$2") || return 1
	uml_whole "$3/$version-$4" && return
	say "User-Mode Linux $version goes into the cache, $3"
	dir=$(mktemp -d "$3/.new.XXXXXX")
	chmod 755 "$dir"
	if uml_unpack "$2" "$dir" && uml_configure "$dir" && uml_make "$dir" && uml_whole "$dir"; then
		rm -rf "${3:?}/$version-$4"
		mv -T "$dir" "$3/$version-$4"
		return
	fi
	say "Linux $version of source '$1' cannot be built as User-Mode Linux (see above; its tree: $dir)"
	die "without it there is nothing to run"
}

# uml_newest - the series of Debian's newest kernel, which its source comes with
uml_newest() {
	"$TOP/scripts/kernel" newest series
}

# uml_kernel SERIES - makes sure it is in the cache and prints its directory
uml_kernel() {
	local home key s dir

	need gcc make bc bison flex tar xz apt-get dpkg depmod
	home=$(realpath "$(cache_dir "uml/$1")")
	key=$(uml_key)
	lock "uml-$1"
	dir=$(uml_cached "$home" "$key") || {
		rm -rf "$home"/.new.*
		for s in machine fresh bookworm-backports trixie trixie-backports; do
			uml_fetch_from "$s" "$1" "$home" "$key" && break
		done
		dir=$(uml_cached "$home" "$key") ||
			die "apt finds no package linux-source-$1 in the machine's sources nor in" \
				"those of its mirror (see above; is the network up?)"
	}
	unlock
	echo "$dir"
}
