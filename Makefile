# SPDX-License-Identifier: GPL-2.0
# The verbs; `make help` lists them. Products go to build/ and to the cache that
# scripts/kernel describes, nowhere else.

BUILD	?= $(CURDIR)/build
KDIR	?= /lib/modules/$(shell uname -r)/build
PREFIX	?= /usr/local
export BUILD KDIR PREFIX DESTDIR V QUICK PROFILE

userspace = $(MAKE) --no-print-directory -C userspace BUILD=$(BUILD)/userspace PREFIX=$(PREFIX)
selftests = $(MAKE) --no-print-directory -C selftests BUILD=$(BUILD)/selftests

# Without headers of the running kernel there is still all of user space to
# build, and modules for Debian's kernels (make check, make demo).
have_headers = [ -f $(KDIR)/Makefile ]
define no_headers
	{ \
	echo 'kseal: no headers of the running kernel in $(KDIR), so no module was built for it.'; \
	echo '       Debian: apt-get install linux-headers-$(shell uname -r); another place: make KDIR=...'; \
	echo '       A container has no kernel of its own: build on its host. make demo and make check'; \
	echo '       need neither, they run guests with kernels of their own.'; \
	} >&2
endef

all: userspace
	@if $(have_headers); then scripts/build-module -k $(KDIR); else $(no_headers); fi

modules:
	@$(have_headers) || { $(no_headers); exit 1; }
	@scripts/build-module -k $(KDIR)

userspace:
	@! type dpkg-query >/dev/null 2>&1 || scripts/setup -n build || \
		{ echo 'kseal: install the packages above: sudo scripts/setup build' >&2; exit 1; }
	@$(userspace) all

selftests:
	@$(selftests) all

check:
	@scripts/check

matrix:
	@scripts/matrix

interop:
	@scripts/interop

soak:
	@scripts/soak

bench:
	@scripts/bench

demo:
	@scripts/demo

lint:
	@scripts/lint

install: install-modules install-userspace

install-modules:
	@$(have_headers) || { $(no_headers); \
		echo '       To install user space alone: make install-userspace' >&2; exit 1; }
	@scripts/install-module $(KDIR)

install-userspace:
	@$(userspace) install

uninstall:
	@scripts/install-module -r
	@$(userspace) uninstall

clean:
	rm -rf $(BUILD)

help:
	@echo 'make             user space, and the module for the running kernel'
	@echo 'make modules     the module alone (KDIR=headers of another kernel)'
	@echo 'make userspace   library, daemon and commands alone'
	@echo 'make demo        HTTPS by sendfile from a guest with the module (DIR=what to serve,'
	@echo '                 KEEP=1 leaves it running); installs what is missing'
	@echo 'make check       all tests, in guests with Debian 6.1, 6.12, and the newest; installs what is missing'
	@echo 'make matrix      every suite on every kernel, beside the in-tree module; the table of the README'
	@echo 'make interop     nginx, Chromium and redis with what kseal seals, in a debug kernel'
	@echo 'make soak        random calls with ever new seeds, until one fails or ^C (scripts/soak --help)'
	@echo 'make bench       how fast it is beside plain TCP, the in-tree module, GnuTLS and OpenSSL'
	@echo '                 (QUICK=1 a quick look; PROFILE=CASE where the time goes; scripts/bench --help)'
	@echo 'make lint        static checks alone'
	@echo 'make install     module, library, daemon, commands, man pages (as root; PREFIX=$(PREFIX))'
	@echo 'make install-userspace, make install-modules   one of the two'
	@echo 'make uninstall   removes all of it again'
	@echo 'make clean       removes build/; the cache of kernels stays'
	@echo 'V=1 shows commands, DESTDIR=... installs below another root.'

.PHONY: all modules userspace selftests check matrix interop soak bench demo lint install \
	install-modules install-userspace uninstall clean help
