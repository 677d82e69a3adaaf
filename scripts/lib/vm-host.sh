# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What scripts/vm prepares on the host: kernel, initramfs, accelerator.

# release_of BZIMAGE - the release it carries: no run of it needed
release_of() {
	local off

	off=$(od -An -tu2 -j 526 -N 2 "$1" | tr -d ' ')
	[ -n "$off" ] && dd if="$1" bs=1 skip=$((off + 512)) count=128 2>/dev/null |
		tr '\0' '\n' | head -n 1 | cut -d' ' -f1
}

# find_kernel WHAT - sets IMAGE, MODULES and RELEASE: a series is Debian's, from
# the cache; a path is a bzImage, with MODULES given or beside it
find_kernel() {
	if [ -f "$1" ]; then
		IMAGE=$(realpath "$1")
		RELEASE=$(release_of "$IMAGE")
		[ -n "$RELEASE" ] || die "$1 is no bzImage"
		MODULES=${MODULES:-/lib/modules/$RELEASE}
	else
		local all

		all=$("$TOP/scripts/kernel" "$1") || die "no kernel '$1' to run"
		IMAGE=$(sed -n 's/^image=//p' <<<"$all")
		RELEASE=$(sed -n 's/^release=//p' <<<"$all")
		MODULES=${MODULES:-$(sed -n 's/^modules=//p' <<<"$all")}
	fi
	[ -d "$MODULES/kernel" ] || die "no modules of $RELEASE in $MODULES (name their directory with -m)"
	[ -f "$MODULES/modules.dep" ] || die "$MODULES has no modules.dep: run depmod for $RELEASE"
	MODULES=$(realpath "$MODULES")
}

# unpack_module FILE TO
unpack_module() {
	case $1 in
	*.xz)	xz -dc "$1";;
	*.zst)	zstd -qdc "$1";;
	*.gz)	gzip -dc "$1";;
	*)	cat "$1";;
	esac >"$2"
}

# boot_modules - the files that must be in before the root is there, in order
boot_modules() {
	local base=${MODULES%/lib/modules/*} m

	for m in virtio_pci 9pnet_virtio 9p overlay; do
		# a built-in has no file and prints none
		modprobe -d "$base/" -S "$RELEASE" -aD "$m" 2>/dev/null || :
	done | awk '$1 == "insmod" && !seen[$2]++ {print $2}'
}

# fill_initramfs DIR - busybox, the modules, vm-init
fill_initramfs() {
	local t=$1 f b n=0

	mkdir -p "$t"/{bin,dev,proc,sys,m,host,ovl,new}
	cp "$(type -P busybox)" "$t/bin/busybox"
	while read -r f; do
		b=${f##*/}
		n=$((n + 1))
		unpack_module "$f" "$t/m/$(printf '%02d-%s.ko' $n "${b%%.ko*}")" ||
			die "cannot unpack the module $f"
	done < <(boot_modules)
	grep -qsE '(^|/)9p\.ko' "$MODULES/modules.builtin" || ls "$t"/m/*-9p.ko >/dev/null 2>&1 ||
		die "the kernel $RELEASE has no 9p file system in $MODULES"
	install -m 755 "$TOP/scripts/lib/vm-init" "$t/init"
}

# make_initramfs - sets INITRD; made anew when a part of it is newer
make_initramfs() {
	local dir t p

	need busybox cpio gzip xz modprobe
	lock vm
	dir=$(cache_dir vm)
	INITRD=$dir/initrd-$RELEASE-$(echo "$TOP $MODULES" | md5sum | cut -c1-8).gz
	for p in "$TOP"/scripts/lib/vm-{init,host.sh} "$(type -P busybox)" "$MODULES/modules.dep" none; do
		[ "$INITRD" -nt "$p" ] || break
	done
	if [ "$p" != none ]; then
		# of kernels and checkouts that nobody runs any more, and of killed runs
		find "$dir" -mindepth 1 -maxdepth 1 \( -name 'initrd-*' -o -name 'run.*' -o -name 'mk.*' \) \
			-mtime +14 -exec rm -rf --one-file-system {} +
		t=$(mktemp -d "$dir/mk.XXXXXX")
		fill_initramfs "$t"
		(cd "$t" && find . | cpio -oH newc --quiet --owner=0:0 | gzip -1) >"$INITRD.new"
		mv "$INITRD.new" "$INITRD"
		rm -rf "$t"
	fi
	unlock
}

# reliable QEMU - does it emulate several CPUs safely (see scripts/qemu), and start?
reliable() {
	local v

	v=$("$1" --version 2>/dev/null | sed -n '1s/^QEMU emulator version \([0-9.]*\).*/\1/p')
	[ -n "$v" ] && [ "$(newest "$v" 8.1)" = "$v" ]
}

# kvm_runs - does the machine's KVM run code? A /dev/kvm that opens is no answer:
# without hardware behind it, guests stop somewhere. Ten bytes of firmware
# that say so through the debug-exit port are.
kvm_runs() {
	local rom rc=0

	[ -r /dev/kvm ] && [ -w /dev/kvm ] || return
	grep -qwE 'vmx|svm' /proc/cpuinfo || return
	[ "$(cat "$CACHE/vm/no-kvm" 2>/dev/null)" != "$(cat /proc/sys/kernel/random/boot_id)" ] ||
		return
	rom=$(mktemp "$(cache_dir vm)/rom.XXXXXX")
	# the reset vector, 16 bytes before the end: mov $0x31,%al; out %al,$0xf4; hlt
	{ head -c 65520 /dev/zero; printf '\xb0\x31\xe6\xf4\xf4\xeb\xfd'; head -c 9 /dev/zero; } >"$rom"
	# a child shell, so that an abort is no line on the terminal
	(timeout -k 2 10 "$SYSTEM_QEMU" -accel kvm -cpu host -nodefaults -display none -monitor none \
		-bios "$rom" -device isa-debug-exit,iobase=0xf4,iosize=1 \
		</dev/null || exit $?) >/dev/null 2>&1 || rc=$?
	rm -f "$rom"
	[ $rc = 99 ]
}

# kvm_failed - remember it until the machine is booted again
kvm_failed() {
	cat /proc/sys/kernel/random/boot_id >"$(cache_dir vm)/no-kvm"
	say "KVM is there but a guest does not come up under it; emulating from now on"
}
