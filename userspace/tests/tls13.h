/* SPDX-License-Identifier: GPL-2.0 */
/* A TLS 1.3 client made by hand: its hello is the test's, down to the byte. */
#ifndef TESTS_TLS13_H
#define TESTS_TLS13_H

#include <stddef.h>
#include <stdint.h>

enum {
	TLS13_HASH = 32,
	TLS13_FLIGHT_MAX = 1 << 15,
};

/**
 * struct tls13 - one handshake with TLS_AES_128_GCM_SHA256 and X25519
 * @fd: blocks; the test's
 * @share: the public key the test puts in its hello
 * @transcript: all messages so far
 * @failed: what went wrong, NULL as long as nothing did
 */
struct tls13 {
	int fd;
	uint8_t share[32];
	void *key;
	uint8_t transcript[TLS13_FLIGHT_MAX];
	size_t transcript_size;
	uint8_t secret[TLS13_HASH];
	uint8_t client[TLS13_HASH];
	uint8_t server[TLS13_HASH];
	const char *failed;
};

/** tls13_begin() - make a key; tls13_end() frees it */
void tls13_begin(struct tls13 *tls, int fd);

/**
 * tls13_shake() - send the hello, take the server's flight, answer with Finished
 * @hello: the body of a ClientHello
 * @server_hello: the body of ServerHello, as it came, at least 256 bytes
 * @extensions: likewise EncryptedExtensions
 *
 * The server's Finished is checked, and so is every record; its certificate is not.
 *
 * Return: 0; -1, and @tls->failed says at what.
 */
int tls13_shake(struct tls13 *tls, const uint8_t *hello, size_t size, uint8_t *server_hello,
		uint8_t *extensions);

void tls13_end(struct tls13 *tls);

#endif /* TESTS_TLS13_H */
