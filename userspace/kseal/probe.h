/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel really uses, found by using it. */
#ifndef KSEAL_PROBE_H
#define KSEAL_PROBE_H

#include "kseal.h"

/**
 * struct probe - one cipher tried on a connection of this process to itself
 * @error: 0 or -errno
 * @step: what failed
 * @driver: the crypto API's implementation
 */
struct probe {
	int error;
	const char *step;
	char driver[KSEAL_DRIVER_SIZE];
};

/**
 * probe_connect() - a TCP connection of this process to itself, over loopback
 * @pair: its ends, the caller's to close, also after a failure; -1 for none
 *
 * Return: 0; -errno.
 */
int probe_connect(int pair[2]);

/** probe_cipher() - try TLS_CIPHER_@cipher with a throw-away key: GCM, CCM-128, ChaCha20 */
void probe_cipher(uint16_t cipher, struct probe *probe);

/**
 * driver_kind() - what a driver's name says about it
 *
 * Return: "AES-NI", "VAES"; NULL when the name speaks of neither: then the
 * processor's AES instructions are not used, or not for the whole of GCM.
 */
const char *driver_kind(const char *driver);

#endif /* KSEAL_PROBE_H */
