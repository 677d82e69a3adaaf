// SPDX-License-Identifier: GPL-2.0
/*
 * Who may resume a session, how, and for how long. The clock that keys and sessions
 * age by is wrapped by the linker: it moves when a test says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <time.h>
#include <sys/socket.h>

#include "certs.h"
#include "driver.h"
#include "loopback.h"
#include "peer.h"
#include "session_cache.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct certs certs;
static struct credentials credentials;
static time_t later;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int ret = __real_clock_gettime(clock, now);

	if (clock == CLOCK_BOOTTIME)
		now->tv_sec += later;
	return ret;
}

static void load(struct credentials *into, const char *const *options)
{
	driver_load_with(into, &certs, (const char *const[]){ "a", "b", NULL }, options);
}

static int set_up_group(void **state)
{
	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "a", "a.example", CERT_ECDSA, -1, 10);
	certs_issue(&certs, "b", "b.example", CERT_ECDSA, -1, 10);
	return 0;
}

static int tear_down_group(void **state)
{
	(void)state;
	certs_end(&certs);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	later = 0;
	load(&credentials, (const char *const[]){ NULL });
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	credentials_free(&credentials);
	return 0;
}

/* ---- coming back -------------------------------------------------------- */

/** struct way - how a client comes back */
struct way {
	const char *name;
	const char *priority;
	int no_tickets;
};

static const struct way ways[] = {
	{ "TLS 1.3, ticket", "NORMAL:-VERS-ALL:+VERS-TLS1.3", 0 },
	{ "TLS 1.2, ticket", "NORMAL:-VERS-ALL:+VERS-TLS1.2", 0 },
	{ "TLS 1.2, session ID", "NORMAL:-VERS-ALL:+VERS-TLS1.2", 1 },
};

/** struct session - one handshake */
struct session {
	struct kseald_request request;
	struct kseal_result result;
	struct tls tls;
	struct peer peer;
	int pair[2];
};

/* TLS 1.3: the ticket is behind the handshake, so before any data. */
static void keep_session(struct session *s, gnutls_datum_t *resume)
{
	char byte;
	int ret;

	gnutls_free(resume->data);
	assert_int_equal(gnutls_record_send(s->tls.session, "x", 1), 1);
	do {
		ret = gnutls_record_recv(s->peer.session, &byte, 1);
	} while (ret == GNUTLS_E_AGAIN);
	assert_int_equal(ret, 1);
	assert_int_equal(gnutls_session_get_data2(s->peer.session, resume), 0);
}

/*
 * One handshake, with @identity if that is not NULL, from a client that comes with
 * *@resume and takes the session for its next. Return: whether it was resumed.
 */
static int come(const struct way *way, const char *identity, const char *host,
		gnutls_datum_t *resume)
{
	struct session s = {
		.peer = {
			.priority = way->priority, .no_tickets = way->no_tickets,
			.host = host, .resume = *resume,
		},
	};
	int resumed;

	driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
	if (identity)
		strcpy(s.request.identity, identity);
	loopback_pair(s.pair);
	assert_int_equal(tls_start(&s.tls, s.pair[0], &s.request, &credentials, &s.result), 0);
	peer_start(&s.peer, &certs, s.pair[1]);
	assert_int_equal(driver_run(&s.tls, &s.result), TLS_DONE);
	peer_join(&s.peer);
	assert_int_equal(s.peer.ret, 0);
	resumed = gnutls_session_is_resumed(s.peer.session);
	assert_int_equal(s.result.resumed, resumed);
	keep_session(&s, resume);
	tls_stop(&s.tls);
	close(s.pair[0]);
	peer_end(&s.peer);
	return resumed;
}

/* Whether a client with *@resume, which it keeps, is known. */
static int is_known(const struct way *way, const char *identity, const gnutls_datum_t *resume)
{
	gnutls_datum_t copy = { 0 };
	int known;

	copy.data = gnutls_malloc(resume->size);
	assert_non_null(copy.data);
	memcpy(copy.data, resume->data, resume->size);
	copy.size = resume->size;
	known = come(way, identity, NULL, &copy);
	gnutls_free(copy.data);
	return known;
}

#define assert_resumed(way, expected, what) do {			\
	if ((what) != (expected))					\
		fail_msg("%s: %s", (way)->name, #what);			\
} while (0)

static void clients_come_back_to_their_identity_only(void **state)
{
	gnutls_datum_t resume;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		resume = (gnutls_datum_t){ 0 };
		assert_resumed(&ways[i], 0, come(&ways[i], "a", NULL, &resume));
		assert_resumed(&ways[i], 1, come(&ways[i], "a", NULL, &resume));
		assert_resumed(&ways[i], 0, come(&ways[i], "b", NULL, &resume));
		assert_resumed(&ways[i], 1, come(&ways[i], "b", NULL, &resume));
		gnutls_free(resume.data);
	}
}

/* The default identity's is no session with b.example, though its client thinks so. */
static void names_lead_to_the_same_identity_or_to_no_session(void **state)
{
	gnutls_datum_t resume;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		resume = (gnutls_datum_t){ 0 };
		assert_resumed(&ways[i], 0, come(&ways[i], NULL, "a.example", &resume));
		assert_resumed(&ways[i], 1, come(&ways[i], NULL, "a.example", &resume));
		assert_resumed(&ways[i], 0, come(&ways[i], NULL, "b.example", &resume));
		gnutls_free(resume.data);
	}
}

/* ---- time --------------------------------------------------------------- */

static void old_keys_are_good_for_one_more_period(void **state)
{
	gnutls_datum_t first, second;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		first = second = (gnutls_datum_t){ 0 };
		tear_down(NULL);
		later = 0;
		load(&credentials, (const char *const[]){ "--ticket-key-period=1000", NULL });
		come(&ways[i], "a", NULL, &first);
		later = 1500;
		assert_resumed(&ways[i], 1, is_known(&ways[i], "a", &first));
		come(&ways[i], "a", NULL, &second);
		assert_resumed(&ways[i], 1, is_known(&ways[i], "a", &second));
		assert_resumed(&ways[i], 0, is_known(&ways[i], "b", &first));
		later = 3000;
		assert_resumed(&ways[i], 0, is_known(&ways[i], "a", &first));
		assert_resumed(&ways[i], 1, is_known(&ways[i], "a", &second));
		/* nobody came for two periods: the key in use is too old as well */
		later = 9000;
		assert_resumed(&ways[i], 0, is_known(&ways[i], "a", &second));
		gnutls_free(first.data);
		gnutls_free(second.data);
	}
}

static void session_ids_are_forgotten_in_time(void **state)
{
	gnutls_datum_t resume = { 0 };

	(void)state;
	come(&ways[2], "a", NULL, &resume);
	later = 7199 - 60;
	assert_true(is_known(&ways[2], "a", &resume));
	later = 7200;
	assert_false(is_known(&ways[2], "a", &resume));
	gnutls_free(resume.data);
}

static void nothing_is_resumed_when_that_is_turned_off(void **state)
{
	gnutls_datum_t resume;
	size_t i;

	(void)state;
	tear_down(NULL);
	load(&credentials, (const char *const[]){ "--session-lifetime=0", NULL });
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		resume = (gnutls_datum_t){ 0 };
		assert_resumed(&ways[i], 0, come(&ways[i], "a", NULL, &resume));
		assert_resumed(&ways[i], 0, come(&ways[i], "a", NULL, &resume));
		gnutls_free(resume.data);
	}
}

/* ---- reload ------------------------------------------------------------- */

static void replace(struct credentials *fresh)
{
	credentials_inherit(fresh, &credentials);
	credentials_free(&credentials);
	credentials = *fresh;
}

static void a_reload_keeps_the_sessions_of_identities_it_does_not_change(void **state)
{
	gnutls_datum_t a[ARRAY_SIZE(ways)] = { 0 }, b[ARRAY_SIZE(ways)] = { 0 };
	struct credentials fresh;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		come(&ways[i], "a", NULL, &a[i]);
		come(&ways[i], "b", NULL, &b[i]);
	}
	certs_issue(&certs, "b", "b.example", CERT_ECDSA, -1, 10);
	load(&fresh, (const char *const[]){ NULL });
	replace(&fresh);
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		assert_resumed(&ways[i], 1, is_known(&ways[i], "a", &a[i]));
		assert_resumed(&ways[i], 0, is_known(&ways[i], "b", &b[i]));
	}
	/* other limits, and it begins anew */
	load(&fresh, (const char *const[]){ "--session-lifetime=60", NULL });
	replace(&fresh);
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		assert_resumed(&ways[i], 0, is_known(&ways[i], "a", &a[i]));
		gnutls_free(a[i].data);
		gnutls_free(b[i].data);
	}
}

/* ---- the cache ---------------------------------------------------------- */

static int has(struct session_cache *cache, unsigned int number, time_t now)
{
	const uint8_t key[SESSION_KEY_SIZE] = { number };
	gnutls_datum_t data = session_cache_get(cache, key, now);
	int found = data.data != NULL;

	if (found) {
		assert_int_equal(data.size, sizeof(number));
		assert_memory_equal(data.data, &number, sizeof(number));
	}
	gnutls_free(data.data);
	return found;
}

static int put(struct session_cache *cache, unsigned int number, time_t now, time_t until)
{
	const uint8_t key[SESSION_KEY_SIZE] = { number };
	const gnutls_datum_t data = { (unsigned char *)&number, sizeof(number) };

	return session_cache_put(cache, key, &data, now, until);
}

static void the_cache_is_bounded_and_forgets_the_oldest(void **state)
{
	const uint8_t one[SESSION_KEY_SIZE] = { 1 };
	struct session_cache cache;

	(void)state;
	session_cache_init(&cache, 2);
	assert_int_equal(put(&cache, 1, 0, 100), 0);
	assert_int_equal(put(&cache, 2, 0, 100), 0);
	assert_true(has(&cache, 1, 99) && has(&cache, 2, 99));
	assert_int_equal(put(&cache, 3, 0, 200), 0);
	assert_false(has(&cache, 1, 99));
	assert_true(has(&cache, 2, 99) && has(&cache, 3, 99));
	assert_false(has(&cache, 2, 100));
	assert_int_equal(put(&cache, 3, 0, 300), 0);
	assert_int_equal(cache.count, 2);
	assert_int_equal(put(&cache, 1, 150, 300), 0);
	assert_int_equal(cache.count, 2);
	assert_true(has(&cache, 1, 250) && has(&cache, 3, 250));
	session_cache_remove(&cache, one);
	session_cache_remove(&cache, one);
	assert_false(has(&cache, 1, 250));
	session_cache_wipe(&cache);

	session_cache_init(&cache, 0);
	assert_int_not_equal(put(&cache, 1, 0, 100), 0);
	session_cache_wipe(&cache);
}

static int add(struct session_cache *cache, unsigned int number, unsigned int value)
{
	const uint8_t key[SESSION_KEY_SIZE] = { number };
	const gnutls_datum_t data = { (unsigned char *)&value, sizeof(value) };

	return session_cache_add(cache, key, &data, 0, 100);
}

/* What is found; 0 for nothing. */
static unsigned int take(struct session_cache *cache, unsigned int number)
{
	const uint8_t key[SESSION_KEY_SIZE] = { number };
	gnutls_datum_t data = session_cache_get(cache, key, 50);
	unsigned int value = 0;

	if (data.data)
		memcpy(&value, data.data, sizeof(value));
	gnutls_free(data.data);
	return value;
}

static void what_is_given_out_once_is_given_out_newest_first(void **state)
{
	struct session_cache cache;
	unsigned int i;

	(void)state;
	session_cache_init(&cache, 6);
	for (i = 1; i <= SESSION_SPARES + 1; i++)
		assert_int_equal(add(&cache, 1, i), 0);
	assert_int_equal(cache.count, SESSION_SPARES);
	assert_int_equal(add(&cache, 2, 99), 0);
	for (i = SESSION_SPARES + 1; i > 1; i--)
		assert_int_equal(take(&cache, 1), i);
	assert_int_equal(take(&cache, 1), 0);
	assert_int_equal(take(&cache, 2), 99);
	assert_int_equal(cache.count, 0);
	/* others go when it is full, whatever they are */
	for (i = 1; i <= 7; i++)
		assert_int_equal(add(&cache, i, i), 0);
	assert_int_equal(take(&cache, 1), 0);
	assert_int_equal(take(&cache, 2), 2);
	session_cache_wipe(&cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(clients_come_back_to_their_identity_only,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_lead_to_the_same_identity_or_to_no_session,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(old_keys_are_good_for_one_more_period, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(session_ids_are_forgotten_in_time, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_resumed_when_that_is_turned_off,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_reload_keeps_the_sessions_of_identities_it_does_not_change, set_up,
			tear_down),
		cmocka_unit_test(the_cache_is_bounded_and_forgets_the_oldest),
		cmocka_unit_test(what_is_given_out_once_is_given_out_newest_first),
	};

	return cmocka_run_group_tests_name("resumption", tests, set_up_group, tear_down_group);
}
