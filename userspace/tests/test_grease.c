// SPDX-License-Identifier: GPL-2.0
/*
 * A hello like a browser's, with numbers everywhere that are reserved so that servers
 * ignore them (RFC 8701), against kseald itself: the handshake is done all the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "certs.h"
#include "daemon.h"
#include "kseal.h"
#include "loopback.h"
#include "tls13.h"

enum {
	RESULT_MS = 20000,
	HELLO_MAX = 1024,
	PART = 256,
};

static struct certs certs;
static struct daemon kseald;
static struct kseal_broker *broker;

/** struct hello - one being written */
struct hello {
	uint8_t data[HELLO_MAX];
	size_t size;
};

static void put(struct hello *h, const void *data, size_t size)
{
	assert_true(h->size + size <= HELLO_MAX);
	memcpy(h->data + h->size, data, size);
	h->size += size;
}

#define PUT(h, ...) \
	put(h, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void put_name(struct hello *h)
{
	PUT(h, 0, 0, 0, 14, 0, 12, 0, 0, 9);
	put(h, "good.test", 9);
}

/* A share of GREASE comes first, of one byte. */
static void put_shares(struct hello *h, const uint8_t *share)
{
	PUT(h, 0, 51, 0, 43, 0, 41, 0x2a, 0x2a, 0, 1, 0, 0, 29, 0, 32);
	put(h, share, 32);
}

/* As Chromium orders them, more or less. */
static void put_extensions(struct hello *h, const uint8_t *share)
{
	PUT(h, 0x3a, 0x3a, 0, 0);				/* GREASE, empty */
	put_name(h);
	PUT(h, 0, 23, 0, 0);					/* extended_master_secret */
	PUT(h, 0xff, 1, 0, 1, 0);				/* renegotiation_info */
	PUT(h, 0, 10, 0, 10, 0, 8, 0x2a, 0x2a, 0, 29, 0, 23, 0, 24);	/* groups */
	PUT(h, 0, 11, 0, 2, 1, 0);				/* ec_point_formats */
	PUT(h, 0, 35, 0, 0);					/* session_ticket */
	PUT(h, 0, 16, 0, 17, 0, 15, 2, 0x1a, 0x1a, 2, 'h', '2',	/* ALPN */
	    8, 'h', 't', 't', 'p', '/', '1', '.', '1');
	PUT(h, 0, 5, 0, 5, 1, 0, 0, 0, 0);			/* status_request */
	PUT(h, 0, 13, 0, 10, 0, 8, 0xda, 0xda, 4, 3, 8, 4, 4, 1);	/* signature_algorithms */
	PUT(h, 0, 18, 0, 0);					/* signed_certificate_timestamp */
	put_shares(h, share);
	PUT(h, 0, 45, 0, 3, 2, 0x0b, 1);			/* psk_key_exchange_modes */
	PUT(h, 0, 43, 0, 7, 6, 0x4a, 0x4a, 3, 4, 3, 3);		/* supported_versions */
	PUT(h, 0, 27, 0, 5, 4, 0x6a, 0x6a, 0, 2);		/* compress_certificate */
	PUT(h, 0x8a, 0x8a, 0, 1, 0);				/* GREASE, of one byte */
}

static void put_hello(struct hello *h, const uint8_t *share)
{
	size_t at;

	h->size = 0;
	PUT(h, 3, 3);
	put(h, share, 32);					/* as good as any random */
	PUT(h, 32);
	put(h, share, 32);
	/* suites: GREASE, AES-128-GCM of TLS 1.3, two of TLS 1.2 */
	PUT(h, 0, 8, 0x0a, 0x0a, 0x13, 1, 0xc0, 0x2b, 0xc0, 0x2f, 1, 0, 0, 0);
	at = h->size;
	put_extensions(h, share);
	h->data[at - 2] = (h->size - at) >> 8;
	h->data[at - 1] = h->size - at;
}

static void shake(struct tls13 *tls, uint8_t *server_hello, uint8_t *extensions)
{
	struct hello hello;

	put_hello(&hello, tls->share);
	if (tls13_shake(tls, hello.data, hello.size, server_hello, extensions))
		fail_msg("the client is stuck with: %s", tls->failed);
}

static void a_hello_full_of_grease_is_answered(void **state)
{
	static const uint8_t alpn[] = { 0, 16, 0, 5, 0, 3, 2, 'h', '2' };
	const struct kseal_request request = {
		.size = sizeof(request), .role = KSEAL_SERVER, .alpn = "h2,http/1.1",
	};
	const struct timeval limit = { .tv_sec = RESULT_MS / 1000 };
	uint8_t server_hello[PART] = { 0 }, extensions[PART] = { 0 };
	struct kseal_result result = { .fd = -1 };
	static struct tls13 tls;
	uint32_t id;
	int pair[2];

	(void)state;
	loopback_pair(pair);
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	assert_int_equal(kseal_submit(broker, pair[1], &request, &id), 0);
	close(pair[1]);
	tls13_begin(&tls, pair[0]);
	shake(&tls, server_hello, extensions);
	/* version, random, session ID of 32 bytes, then the suite */
	assert_memory_equal(server_hello + 67, "\x13\x01\x00", 3);
	assert_non_null(memmem(extensions, PART, alpn, sizeof(alpn)));
	assert_int_equal(kseal_receive(broker, &result, RESULT_MS), 0);
	/* where there is no module, the keys have nowhere to go */
	if (result.error)
		assert_non_null(strstr(result.reason, "the handshake is done, but the kernel module"));
	else
		close(result.fd);
	tls13_end(&tls);
	close(pair[0]);
}

static int set_up(void **state)
{
	const char *args[] = { "--cert", NULL, "--key", NULL, NULL };

	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "good", "good.test", CERT_ECDSA, -1, 1);
	args[1] = certs_path(&certs, "good.pem");
	args[3] = certs_path(&certs, "good.key");
	daemon_prepare(&kseald);
	daemon_start(&kseald, args);
	return kseal_broker_open(kseald.socket, &broker);
}

static int tear_down(void **state)
{
	(void)state;
	kseal_broker_close(broker);
	daemon_stop(&kseald);
	daemon_clean(&kseald);
	certs_end(&certs);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hello_full_of_grease_is_answered),
	};

	return cmocka_run_group_tests_name("grease", tests, set_up, tear_down);
}
