// SPDX-License-Identifier: GPL-2.0
/*
 * PURE: taking a ClientHello apart (RFC 8446 4.1.2, RFC 5246 7.4.1.2).
 *
 * A reader walks over the bytes. Once it has failed it stays failed and gives
 * nothing but empty spans, so each step need not be checked for itself.
 */
#include <errno.h>
#include <string.h>

#include "hello.h"

enum {
	EXT_SERVER_NAME = 0,		/* RFC 6066 3 */
	EXT_GROUPS = 10,		/* RFC 8446 4.2.7 */
	EXT_SIGALGS = 13,		/* RFC 8446 4.2.3 */
	EXT_ALPN = 16,			/* RFC 7301 3.1 */
	EXT_SESSION_TICKET = 35,	/* RFC 5077 3.2 */
	EXT_PRE_SHARED_KEY = 41,	/* RFC 8446 4.2.11 */
	EXT_VERSIONS = 43,		/* RFC 8446 4.2.1 */
	EXT_PSK_MODES = 45,		/* RFC 8446 4.2.9 */
	NAME_TYPE_HOST = 0,
	TYPES = 1 << 16,
	BINDER_MIN = 32,
};

/** struct reader - a place in the hello */
struct reader {
	const uint8_t *at;
	size_t left;
	const char *why;
};

static void bad(struct reader *in, const char *why)
{
	if (!in->why)
		in->why = why;
	in->left = 0;
}

static struct hello_span take(struct reader *in, size_t size, const char *what)
{
	struct hello_span span = { in->at, size };

	if (in->why || size > in->left) {
		bad(in, what);
		return (struct hello_span){ 0 };
	}
	in->at += size;
	in->left -= size;
	return span;
}

/* A number of @bytes bytes. */
static size_t number(struct reader *in, size_t bytes, const char *what)
{
	struct hello_span span = take(in, bytes, what);
	size_t value = 0, i;

	for (i = 0; i < span.size; i++)
		value = value << 8 | span.data[i];
	return value;
}

/* What stands behind its length, of @bytes bytes. */
static struct hello_span vector(struct reader *in, size_t bytes, const char *what)
{
	const size_t size = number(in, bytes, what);

	return take(in, size, what);
}

/* Likewise, of whole elements, and at least one. */
static struct hello_span list(struct reader *in, size_t bytes, size_t element, const char *what)
{
	struct hello_span span = vector(in, bytes, what);

	if (!span.size || span.size % element)
		bad(in, what);
	return span;
}

static void end(struct reader *in, const char *what)
{
	if (in->left)
		bad(in, what);
}

/* ---- extensions --------------------------------------------------------- */

/* One name of each type at most; hosts are the only type there is. */
static void server_name(struct reader *in, struct hello *hello)
{
	static const char what[] = "its server_name is malformed";
	struct hello_span names = list(in, 2, 1, what), name;
	struct reader inner = { names.data, names.size, NULL };
	size_t type;

	while (inner.left) {
		type = number(&inner, 1, what);
		name = list(&inner, 2, 1, what);
		if (type != NAME_TYPE_HOST)
			continue;
		if (hello->host.data)
			bad(&inner, what);
		hello->host = name;
	}
	if (inner.why)
		bad(in, what);
}

static void alpn(struct reader *in, struct hello *hello)
{
	static const char what[] = "its list of protocols (ALPN) is malformed";
	struct reader inner;

	hello->alpn = list(in, 2, 1, what);
	inner = (struct reader){ hello->alpn.data, hello->alpn.size, NULL };
	while (inner.left)
		list(&inner, 1, 1, what);
	if (inner.why)
		bad(in, what);
}

static void groups(struct reader *in, struct hello *hello)
{
	hello->groups = list(in, 2, 2, "its list of groups is malformed");
}

static void sigalgs(struct reader *in, struct hello *hello)
{
	hello->sigalgs = list(in, 2, 2, "its list of signature algorithms is malformed");
}

static void versions(struct reader *in, struct hello *hello)
{
	hello->versions = list(in, 1, 2, "its list of versions is malformed");
}

static void psk_modes(struct reader *in, struct hello *hello)
{
	hello->psk_modes = list(in, 1, 1, "its psk_key_exchange_modes are malformed");
}

static void session_ticket(struct reader *in, struct hello *hello)
{
	hello->ticket = take(in, in->left, "its session ticket is malformed");
}

/* As many binders as identities, each long enough. */
static void pre_shared_key(struct reader *in, struct hello *hello)
{
	static const char what[] = "its pre_shared_key is malformed";
	struct hello_span ids = list(in, 2, 1, what), binders = list(in, 2, 1, what), one;
	struct reader id = { ids.data, ids.size, NULL };
	struct reader binder = { binders.data, binders.size, NULL };

	while (id.left) {
		one = list(&id, 2, 1, what);
		take(&id, 4, what);
		if (!hello->psk.data)
			hello->psk = one;
		if (vector(&binder, 1, what).size < BINDER_MIN)
			bad(&binder, what);
	}
	end(&binder, what);
	if (id.why || binder.why)
		bad(in, what);
}

static const struct {
	uint16_t type;
	void (*parse)(struct reader *in, struct hello *hello);
} known[] = {
	{ EXT_SERVER_NAME, server_name },
	{ EXT_GROUPS, groups },
	{ EXT_SIGALGS, sigalgs },
	{ EXT_ALPN, alpn },
	{ EXT_SESSION_TICKET, session_ticket },
	{ EXT_PRE_SHARED_KEY, pre_shared_key },
	{ EXT_VERSIONS, versions },
	{ EXT_PSK_MODES, psk_modes },
};

static void extension(struct reader *in, struct hello *hello, size_t type, struct hello_span data)
{
	struct reader inner = { data.data, data.size, NULL };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].type != type)
			continue;
		known[i].parse(&inner, hello);
		end(&inner, "bytes are left over in an extension");
	}
	if (inner.why)
		bad(in, inner.why);
}

static void all_extensions(struct reader *in, struct hello *hello)
{
	static const char what[] = "its extensions are cut short";
	uint8_t seen[TYPES / 8] = { 0 };
	struct hello_span data;
	size_t type;

	hello->extensions = vector(in, 2, what);
	end(in, "bytes follow its extensions");
	if (in->why)
		return;
	*in = (struct reader){ hello->extensions.data, hello->extensions.size, NULL };
	while (in->left) {
		type = number(in, 2, what);
		data = vector(in, 2, what);
		if (in->why)
			return;
		if (seen[type / 8] & 1 << type % 8)
			bad(in, "it has an extension twice");
		else if (type == EXT_PRE_SHARED_KEY && in->left)
			bad(in, "extensions follow its pre_shared_key");
		else
			extension(in, hello, type, data);
		seen[type / 8] |= 1 << type % 8;
	}
}

/* ---- the whole ---------------------------------------------------------- */

int hello_parse(struct hello *hello, const uint8_t *body, size_t size, const char **why)
{
	struct reader in = { body, size, NULL };

	memset(hello, 0, sizeof(*hello));
	hello->version = number(&in, 2, "it ends inside its version");
	hello->random = take(&in, HELLO_RANDOM_SIZE, "it ends inside its random");
	hello->session_id = vector(&in, 1, "its session ID is malformed");
	if (hello->session_id.size > HELLO_SESSION_ID_MAX)
		bad(&in, "its session ID is too long");
	hello->suites = list(&in, 2, 2, "its list of suites is malformed");
	hello->compressions = list(&in, 1, 1, "its list of compressions is malformed");
	if (!in.why && !memchr(hello->compressions.data, 0, hello->compressions.size))
		bad(&in, "it does not offer to go without compression");
	/* clients of TLS 1.2 may have no extensions at all, not even their length */
	if (in.left)
		all_extensions(&in, hello);
	*why = in.why;
	if (in.why)
		memset(hello, 0, sizeof(*hello));
	return in.why ? -EBADMSG : 0;
}

/* ---- asking ------------------------------------------------------------- */

int hello_has(const struct hello_span *numbers, uint16_t wanted)
{
	size_t i;

	for (i = 0; i < hello_count(numbers); i++)
		if (hello_number(numbers, i) == wanted)
			return 1;
	return 0;
}

int hello_offers_version(const struct hello *hello, uint16_t version)
{
	if (hello->versions.data)
		return hello_has(&hello->versions, version);
	return version <= HELLO_TLS_1_2 && version <= hello->version;
}

size_t hello_host(const struct hello *hello, char host[HELLO_HOST_SIZE])
{
	size_t i;

	host[0] = '\0';
	if (hello->host.size >= HELLO_HOST_SIZE)
		return 0;
	for (i = 0; i < hello->host.size; i++)
		if (hello->host.data[i] <= ' ' || hello->host.data[i] >= 0x7f)
			return 0;
	if (hello->host.size)
		memcpy(host, hello->host.data, hello->host.size);
	host[hello->host.size] = '\0';
	return hello->host.size;
}

/* RFC 8446 4.2.3; those of TLS 1.2 are pairs of a hash and a kind of key. */
static int is_made_with(uint16_t sigalg, enum hello_key key)
{
	switch (sigalg) {
	case 0x0804: case 0x0805: case 0x0806:	/* rsa_pss_rsae_* */
		return key == HELLO_KEY_RSA;
	case 0x0809: case 0x080a: case 0x080b:	/* rsa_pss_pss_* */
		return key == HELLO_KEY_RSA_PSS;
	case 0x0807: case 0x0808:		/* ed25519, ed448 */
		return key == HELLO_KEY_EDDSA;
	default:
		if (sigalg >> 8 < 2 || sigalg >> 8 > 6)
			return 0;
		return (sigalg & 0xff) == 1 ? key == HELLO_KEY_RSA :
		       (sigalg & 0xff) == 3 ? key == HELLO_KEY_ECDSA : 0;
	}
}

int hello_verifies(const struct hello *hello, enum hello_key key)
{
	size_t i;

	if (!hello->sigalgs.data)
		return key == HELLO_KEY_RSA || key == HELLO_KEY_ECDSA;
	for (i = 0; i < hello_count(&hello->sigalgs); i++)
		if (is_made_with(hello_number(&hello->sigalgs, i), key))
			return 1;
	return 0;
}
