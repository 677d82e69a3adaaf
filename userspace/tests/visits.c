// SPDX-License-Identifier: GPL-2.0
/*
 * Connections of kseald's client role, one after the other, to a server of plain GnuTLS.
 * The kernel's part is done here: the socket options of ticket queues are wrapped by the
 * linker, and tickets are opened with the keys that the kernel would have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include <gnutls/crypto.h>

#include "driver.h"
#include "loopback.h"
#include "peer.h"
#include "visits.h"

struct visits visits = { .kernel = -1 };

/* ---- the kernel ------------------------------------------------------------ */

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
time_t __real_time(time_t *now);
time_t __wrap_time(time_t *now);
int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t size);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int ret = __real_clock_gettime(clock, now);

	if (clock == CLOCK_BOOTTIME)
		now->tv_sec += visits.later;
	return ret;
}

time_t __wrap_time(time_t *now)
{
	const time_t is = __real_time(NULL) + visits.wall_later;

	if (now)
		*now = is;
	return is;
}

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	int pair[2];

	if (level != SOL_TLS || name != KSEAL_TICKET_QUEUE)
		return __real_getsockopt(fd, level, name, value, size);
	assert_int_equal(*size, sizeof(int));
	if (!visits.has_queues) {
		errno = ENOPROTOOPT;
		return -1;
	}
	assert_int_equal(visits.kernel, -1);
	assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), errno);
	visits.kernel = pair[1];
	memcpy(value, pair, sizeof(int));
	return 0;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	struct kseal_tickets tie;

	if (level != SOL_TLS || name != KSEAL_TICKETS)
		return __real_setsockopt(fd, level, name, value, size);
	assert_int_equal(size, sizeof(tie));
	memcpy(&tie, value, sizeof(tie));
	assert_int_equal(tie.queue, visits.tickets.queue);
	assert_int_equal(tie.reserved, 0);
	visits.cookie = tie.cookie;
	visits.ties++;
	return 0;
}

/** struct opener - what the kernel opens records with */
struct opener {
	gnutls_aead_cipher_hd_t cipher;
	uint8_t iv[12];
	uint64_t number;
};

static void opener_start(struct opener *opener, gnutls_session_t session)
{
	gnutls_datum_t iv, key;
	unsigned char number[8];

	assert_int_equal(gnutls_record_get_state(session, 1, NULL, &iv, &key, number), 0);
	assert_int_equal(iv.size, sizeof(opener->iv));
	memcpy(opener->iv, iv.data, iv.size);
	assert_int_equal(gnutls_aead_cipher_init(&opener->cipher, gnutls_cipher_get(session),
						 &key), 0);
	opener->number = number[7];
}

static void read_all(int fd, uint8_t *to, size_t size)
{
	ssize_t n;

	for (; size; size -= n, to += n) {
		loopback_wait(fd, POLLIN);
		n = recv(fd, to, size, 0);
		assert_true(n > 0);
	}
}

/* Opens the next record. Return: the length of what is in it, whose type is *@type. */
static size_t open_record(struct opener *opener, int fd, uint8_t *content, uint8_t *type)
{
	uint8_t header[5], body[16640], nonce[12];
	size_t size, length = sizeof(body);

	read_all(fd, header, sizeof(header));
	size = header[3] << 8 | header[4];
	read_all(fd, body, size);
	memcpy(nonce, opener->iv, sizeof(nonce));
	nonce[11] ^= opener->number++;
	assert_int_equal(gnutls_aead_cipher_decrypt(opener->cipher, nonce, sizeof(nonce), header,
						    sizeof(header), 16, body, size, content,
						    &length), 0);
	while (length && !content[length - 1])
		length--;
	assert_true(length > 0);
	*type = content[length - 1];
	return length - 1;
}

void visits_give(const uint8_t *message, size_t size)
{
	struct {
		struct kseal_ticket head;
		uint8_t message[KSEAL_TICKET_MESSAGE_MAX];
	} given = { .head = { .cookie = visits.cookie, .len = size } };

	assert_true(size <= sizeof(given.message));
	if (size)
		memcpy(given.message, message, size);
	assert_int_equal(send(visits.kernel, &given, sizeof(given.head) + size, 0),
			 sizeof(given.head) + size);
	uv_run(&visits.loop, UV_RUN_NOWAIT);
}

/* All that comes before the server's first word goes to the queue. Return: tickets. */
static unsigned int hand_on(struct opener *opener, int fd, uint8_t spoil)
{
	uint8_t content[16640], type;
	size_t size, at, length;
	unsigned int count = 0;

	for (;;) {
		size = open_record(opener, fd, content, &type);
		if (type == 23)
			return count;
		assert_int_equal(type, 22);
		for (at = 0; at < size; at += length, count++) {
			length = 4 + (content[at + 1] << 16 | content[at + 2] << 8 |
				      content[at + 3]);
			content[at] ^= spoil;
			visits_give(content + at, length);
		}
		assert_int_equal(at, size);
	}
}

/* ---- a client ---------------------------------------------------------------- */

static int listen_somewhere(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_return_code(listen(fd, 8), errno);
	return fd;
}

void visits_connect(int at, int pair[2])
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	assert_return_code(getsockname(at, (struct sockaddr *)&address, &len), errno);
	pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_return_code(connect(pair[0], (struct sockaddr *)&address, len), errno);
	pair[1] = accept(at, NULL, NULL);
	assert_return_code(pair[1], errno);
}

void visits_request(const struct visit *visit, struct kseald_request *request)
{
	driver_request(request, KSEAL_CLIENT, visit->host ? visit->host : "a.example",
		       visit->alpn);
	request->control = visit->control ? visit->control : KSEAL_CONTROL_BY_KERNEL;
	if (visit->pin)
		strcpy(request->pin, visit->pin);
}

/* Where the worker is done with a handshake, but for the hand-over. */
static void finish(struct visit *visit, struct tls *tls)
{
	const int follows = gnutls_protocol_get_version(tls->session) == GNUTLS_TLS1_3;
	struct opener opener;
	unsigned int before = visits.ties;

	if (follows)
		opener_start(&opener, tls->session);
	client_session_keep_done(tls);
	tickets_follow(&visits.tickets, tls);
	if (follows && visits.ties > before && !visit->hold)
		visit->given = hand_on(&opener, tls->fd, visit->spoil);
	if (follows)
		gnutls_aead_cipher_deinit(opener.cipher);
}

int visit(struct visit *visit)
{
	struct peer peer = {
		.server = 1, .cert = visit->cert ? visit->cert : "a",
		.priority = visit->priority ? visit->priority : TLS13,
		.staple = visit->staple, .alpn = visit->alpn, .ticket_key = visits.ticket_key, .say = "x",
	};
	struct kseald_request request;
	struct tls tls;
	int pair[2];

	visit->result = (struct kseal_result){ 0 };
	visits_request(visit, &request);
	visits_connect(visit->listener ? visit->listener : visits.listener, pair);
	assert_int_equal(tls_start(&tls, pair[0], &request, &visits.credentials, &visit->result), 0);
	peer_start(&peer, &visits.certs, pair[1]);
	if (driver_run(&tls, &visit->result) != TLS_DONE)
		fail_msg("%s", visit->result.reason);
	peer_join(&peer);
	assert_int_equal(peer.ret, 0);
	assert_int_equal(visit->result.resumed, gnutls_session_is_resumed(peer.session));
	visit->offered_tickets = peer.offered_tickets;
	finish(visit, &tls);
	tls_stop(&tls);
	close(pair[0]);
	peer_end(&peer);
	return visit->result.resumed;
}

static void load(struct credentials *into, const char *const *options)
{
	driver_load_with(into, &visits.certs, (const char *const[]){ "a", "b", NULL }, options);
}

void visits_reload(const char *const *options)
{
	struct credentials fresh;

	load(&fresh, options);
	credentials_inherit(&fresh, &visits.credentials);
	credentials_free(&visits.credentials);
	visits.credentials = fresh;
}

int visits_group(void **state)
{
	(void)state;
	certs_begin(&visits.certs);
	certs_issue(&visits.certs, "a", "a.example *.a.example", CERT_ECDSA, -1, 10);
	certs_issue(&visits.certs, "b", "b.example", CERT_ECDSA, -1, 10);
	certs_issue(&visits.certs, "short", "a.example", CERT_ECDSA, -1, 1);
	assert_int_equal(gnutls_session_ticket_key_generate(&visits.ticket_key), 0);
	visits.listener = listen_somewhere();
	visits.other_listener = listen_somewhere();
	return 0;
}

int visits_group_ends(void **state)
{
	(void)state;
	gnutls_free(visits.ticket_key.data);
	close(visits.listener);
	close(visits.other_listener);
	certs_end(&visits.certs);
	return 0;
}

int visits_set_up(void **state)
{
	(void)state;
	visits.later = visits.wall_later = 0;
	visits.has_queues = 1;
	visits.ties = 0;
	load(&visits.credentials, (const char *const[]){ NULL });
	assert_int_equal(uv_loop_init(&visits.loop), 0);
	assert_int_equal(watch_open(&visits.watch, &visits.loop), 0);
	tickets_open(&visits.tickets, &visits.watch);
	return 0;
}

int visits_tear_down(void **state)
{
	(void)state;
	tickets_close(&visits.tickets);
	watch_close(&visits.watch);
	uv_run(&visits.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&visits.loop), 0);
	if (visits.kernel >= 0)
		close(visits.kernel);
	visits.kernel = -1;
	credentials_free(&visits.credentials);
	return 0;
}
