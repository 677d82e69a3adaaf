#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Key updates all through 1 GiB each way, as selftests/handshake/updates.sh has them.
: "${KSEAL_UPDATE_MIB:=1024}"
export KSEAL_UPDATE_MIB
exec "$(dirname "$0")/../handshake/updates.sh"
