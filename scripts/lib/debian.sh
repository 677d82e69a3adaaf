# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Debian packages fetched and unpacked without installing them, and without
# touching the machine's own apt configuration or package lists.
#
# A "source" is where packages come from: `machine` (the lists apt has),
# `fresh` (the machine's configured sources, their lists fetched anew into the
# cache), or the name of a Debian suite, taken from the mirror the machine
# uses. use_source() picks one, the other functions work on what was picked.

APT=()

# mirror - the address of the Debian archive that this machine's apt uses, from
# the lists apt has or, where those are empty, from the ones fetched anew
mirror() {
	local lists

	for lists in '' "-oDir::State::Lists=$CACHE/apt/fresh/lists"; do
		# shellcheck disable=SC2016 # apt expands these
		apt-get ${lists:+"$lists"} indextargets \
			--format '$(ORIGIN) $(LABEL) $(SITE)' 'Created-By: Packages' 2>/dev/null |
			awk '$1 == "Debian" && $2 == "Debian" {print $3; exit}' | grep . && return
	done
	return 1
}

# private_apt NAME - apt with lists and archives of its own, in the cache
private_apt() {
	local d

	d=$(cache_dir "apt/$1")
	mkdir -p "$d"/lists/partial "$d"/archives/partial
	APT=(-o "Dir::State::Lists=$d/lists" -o "Dir::Cache=$d"
	     -o APT::Sandbox::User="$(id -un)")
}

use_source() {
	local d m

	case $1 in
	machine)
		APT=(-o APT::Sandbox::User="$(id -un)")
		return;;
	fresh)
		private_apt fresh;;
	*)
		m=$(mirror) || { say "apt has no Debian archive configured"; return 1; }
		private_apt "$1"
		d=$CACHE/apt/$1
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $m $1 main" \
			>"$d/sources.list"
		APT+=(-o "Dir::Etc::sourcelist=$d/sources.list" -o Dir::Etc::sourceparts=/dev/null);;
	esac
	say "fetching package lists ($1)"
	apt-get "${APT[@]}" -qq update >&2
}

# version_of PACKAGE - the version that would be fetched; fails if there is none
version_of() {
	apt-cache "${APT[@]}" policy "$1" 2>/dev/null |
		awk '$1 == "Candidate:" && $2 != "(none)" {print $2}' | grep .
}

# depends_of PACKAGE - its dependencies, alternatives each on a line of their own
depends_of() {
	apt-cache "${APT[@]}" show --no-all-versions "$1" 2>/dev/null |
		sed -n 's/^Depends: //p' | tr ',|' '\n' | awk '{print $1}'
}

# unpack DIR PACKAGE... - fetches packages and unpacks them over DIR
unpack() {
	local dir=$1 t p

	shift
	mkdir -p "$dir"
	dir=$(realpath "$dir")
	t=$(mktemp -d "$dir/.deb.XXXXXX")
	for p; do
		say "fetching $p"
		(cd "$t" && apt-get "${APT[@]}" -qq download "$p" >&2) || { rm -rf "$t"; return 1; }
	done
	for p in "$t"/*.deb; do
		dpkg -x "$p" "$dir" || { rm -rf "$t"; return 1; }
	done
	rm -rf "$t"
}
