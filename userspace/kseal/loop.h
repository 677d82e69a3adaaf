/* SPDX-License-Identifier: GPL-2.0 */
/* Connections of this process to itself that become TLS, sealed by the kernel. */
#ifndef KSEAL_LOOP_H
#define KSEAL_LOOP_H

#include <stddef.h>

/** struct loop_result - how it went; @words says with what, or what failed and why */
struct loop_result {
	int ok;
	char words[512];
};

/**
 * loop_alone() - both ends' handshakes by GnuTLS, both ends' records by the kernel
 * @version: 0x0303 or 0x0304
 */
void loop_alone(unsigned int version, struct loop_result *result);

/**
 * loop_through() - the server's end by the kseald at @path, the client's by GnuTLS
 * @path: its socket
 */
void loop_through(const char *path, struct loop_result *result);

#endif /* KSEAL_LOOP_H */
