# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# In a guest: which of upstream's tests run there, by selftests/upstream/expected.
# For run-guest, and for the in-tree module's turn with the same ones.

declare -A EXCUSED=()			# tests that need not pass, and why
LEAVE_OUT=()				# options for those that do not run at all
FEW_TESTS=()				# those for which few variants are enough
# suites that are enough for them
FEW_VARIANTS='12_aes_gcm|13_chacha'

# lacks ALGORITHM - the kernel has it neither at work nor in a module
lacks() {
	! grep -qx "name  *: $1" /proc/crypto && ! modprobe -nq "crypto-$1"
}

# read_expected FILE - to the variables above. Fails, with a word, at a line that
# says nothing.
read_expected() {
	local kind name when why

	while read -r kind name when why; do
		case $when in
		always)		;;
		without:*)	lacks "${when#*:}" || continue;;
		*)		echo "Bail out! $1: '$when' is no condition"; return 1;;
		esac
		case $kind in
		test)		EXCUSED[$name]=$why;;
		variant)	LEAVE_OUT+=(-V "$name")
				echo "# ---- upstream: no variant $name, $why: 0 s";;
		few)		FEW_TESTS+=("$name");;
		*)		echo "Bail out! $1: '$kind' is no kind"; return 1;;
		esac
	done < <(grep -v '^#' "$1")
	[ -z "${KSEAL_UPSTREAM_ALL:-}" ] || FEW_TESTS=()
	LEAVE_OUT+=("${FEW_TESTS[@]/#/-T}")
}

# few_of PROGRAM - to FEW: options for those tests alone, and few variants
few_of() {
	local others

	# of what the harness lists, the variants of the fixture of all suites
	mapfile -t others < <("$1" -l 2>&1 | awk '
		/^-/ { ours = 0 }
		$1 == "tls" && NF > 1 { ours = 1; print $2; next }
		ours && NF > 1 { print $1 }' | grep -vxE "$FEW_VARIANTS")
	FEW=("${others[@]/#/-V}" "${FEW_TESTS[@]/#/-t}")
}
