// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kseald's messages: encoding and decoding.
 *
 * Each message is a table: which attribute goes to which member, and how it
 * is written. A member that is 0 or empty is not sent, and one not received
 * stays 0 or empty.
 */
#include <errno.h>
#include <string.h>

#include "protocol.h"

enum {
	ERRNO_MAX = 4095,		/* the kernel's MAX_ERRNO */
};

enum kind {
	KIND_U16,
	KIND_U32,
	KIND_U64,
	KIND_STRING,
	KIND_BYTES,			/* as many as the member has; all 0: none */
	KIND_ALPN,
};

struct row {
	uint16_t type;
	uint16_t offset;
	uint16_t size;
	uint8_t kind;
	uint8_t required;
	uint16_t critical;		/* KSEALD_A_CRITICAL: for who writes it */
};

#define ROW(attr, kind_, structure, member) {				\
	.type = KSEALD_A_##attr,					\
	.kind = KIND_##kind_,						\
	.offset = offsetof(struct structure, member),			\
	.size = sizeof(((struct structure *)0)->member),		\
}
#define REQUIRED_ROW(attr, kind_, structure, member) {			\
	.type = KSEALD_A_##attr,					\
	.kind = KIND_##kind_,						\
	.offset = offsetof(struct structure, member),			\
	.size = sizeof(((struct structure *)0)->member),		\
	.required = 1,							\
}
/* What a kseald that does not know it must not do without. */
#define CRITICAL_ROW(attr, kind_, structure, member) {			\
	.type = KSEALD_A_##attr,					\
	.kind = KIND_##kind_,						\
	.offset = offsetof(struct structure, member),			\
	.size = sizeof(((struct structure *)0)->member),		\
	.critical = KSEALD_A_CRITICAL,					\
}

static const struct row hello_rows[] = {
	REQUIRED_ROW(PROTOCOL, U16, kseald_hello, protocol),
	ROW(SOFTWARE, STRING, kseald_hello, software),
	ROW(ERROR, U32, kseald_hello, error),
	ROW(REASON, STRING, kseald_hello, reason),
};

static const struct row request_rows[] = {
	REQUIRED_ROW(ROLE, U32, kseald_request, role),
	ROW(TIMEOUT, U32, kseald_request, timeout_ms),
	ROW(SERVER_NAME, STRING, kseald_request, server_name),
	ROW(IDENTITY, STRING, kseald_request, identity),
	ROW(ALPN, ALPN, kseald_request, alpn),
	CRITICAL_ROW(CLIENT_AUTH, U32, kseald_request, client_auth),
	CRITICAL_ROW(PIN, STRING, kseald_request, pin),
	ROW(CLIENT_IDENTITY, STRING, kseald_request, client_identity),
	CRITICAL_ROW(HOLD, U32, kseald_request, hold),
	CRITICAL_ROW(CONTROL, U32, kseald_request, control),
};

static const struct row result_rows[] = {
	ROW(ERROR, U32, kseal_result, error),
	ROW(VERSION, U16, kseal_result, version),
	ROW(CIPHER, U16, kseal_result, cipher),
	ROW(PROTOCOL_NAME, STRING, kseal_result, alpn),
	ROW(SERVER_NAME, STRING, kseal_result, server_name),
	ROW(PEER, STRING, kseal_result, peer),
	ROW(SUITE, STRING, kseal_result, suite),
	ROW(REASON, STRING, kseal_result, reason),
	ROW(PEER_SUBJECT, STRING, kseal_result, peer_subject),
	ROW(PEER_NAMES, STRING, kseal_result, peer_names),
	ROW(PEER_FINGERPRINT, BYTES, kseal_result, peer_fingerprint),
	ROW(CONNECTION, STRING, kseal_result, connection),
	ROW(RESUMED, U32, kseal_result, resumed),
	ROW(LISTENER, STRING, kseal_result, listener),
};

static const struct row subscribe_rows[] = {
	REQUIRED_ROW(LISTENER, STRING, kseald_subscribe, listener),
	ROW(ROOM, U32, kseald_subscribe, room),
	ROW(ERROR, U32, kseald_subscribe, error),
	ROW(REASON, STRING, kseald_subscribe, reason),
};

#define COUNTER(name) {							\
	.type = KSEALD_A_COUNTER + KSEAL_COUNTER_##name,		\
	.kind = KIND_U64,						\
	.offset = offsetof(struct kseal_status, counters[KSEAL_COUNTER_##name]), \
	.size = sizeof(uint64_t),					\
}

static const struct row status_rows[] = {
	ROW(SOFTWARE, STRING, kseal_status, software),
	COUNTER(WORKERS),
	COUNTER(PROGRAMS),
	COUNTER(IN_FLIGHT),
	COUNTER(BEGUN_SERVER),
	COUNTER(BEGUN_CLIENT),
	COUNTER(DONE_SERVER),
	COUNTER(DONE_CLIENT),
	COUNTER(RESUMED),
	COUNTER(GIVEN_UP),
	COUNTER(FAILED_TIMEOUT),
	COUNTER(FAILED_CLOSED),
	COUNTER(FAILED_ALERT),
	COUNTER(FAILED_PROTOCOL),
	COUNTER(FAILED_CERTIFICATE),
	COUNTER(FAILED_REQUEST),
	COUNTER(FAILED_KERNEL),
	COUNTER(FAILED_OTHER),
	COUNTER(REFUSED_REQUEST),
	COUNTER(REFUSED_LIMIT),
	COUNTER(REFUSED_PROGRAM),
	COUNTER(REFUSED_RATE),
	COUNTER(REFUSED_STOPPING),
	COUNTER(REFUSED_DESCRIPTORS),
	COUNTER(REFUSED_CALLER),
	COUNTER(TICKETS_TAKEN),
};

/** struct layout - one kind of message */
struct layout {
	enum kseald_type type;
	const struct row *rows;
	size_t count;
	size_t size;
};

#define LAYOUT(type_, rows_, structure) {				\
	.type = type_,							\
	.rows = rows_,							\
	.count = sizeof(rows_) / sizeof(rows_[0]),			\
	.size = sizeof(struct structure),				\
}

static const struct layout hello_layout =
	LAYOUT(KSEALD_HELLO, hello_rows, kseald_hello);
static const struct layout request_layout =
	LAYOUT(KSEALD_REQUEST, request_rows, kseald_request);
/* the same of a socket that nobody asked for by itself */
static const struct layout handed_layout =
	LAYOUT(KSEALD_HANDED, result_rows, kseal_result);
static const struct layout fill_layout = { .type = KSEALD_FILL };
static const struct layout result_layout =
	LAYOUT(KSEALD_RESULT, result_rows, kseal_result);
static const struct layout subscribe_layout =
	LAYOUT(KSEALD_SUBSCRIBE, subscribe_rows, kseald_subscribe);
static const struct layout status_layout =
	LAYOUT(KSEALD_COUNTERS, status_rows, kseal_status);
static const struct layout status_request_layout = { .type = KSEALD_STATUS };

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put64(uint8_t *p, uint64_t v)
{
	put32(p, v >> 32);
	put32(p + 4, v);
}

static uint64_t get64(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

/* ---- writing ------------------------------------------------------------ */

static int is_zero(const uint8_t *bytes, size_t size)
{
	size_t i = 0;

	while (i < size && !bytes[i])
		i++;
	return i == size;
}

static size_t value_size(const struct row *row, const void *member)
{
	const struct kseald_alpn *alpn = member;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (row->kind) {
	case KIND_U16:
		memcpy(&u16, member, sizeof(u16));
		return u16 ? sizeof(u16) : 0;
	case KIND_U32:
		memcpy(&u32, member, sizeof(u32));
		return u32 ? sizeof(u32) : 0;
	case KIND_U64:
		memcpy(&u64, member, sizeof(u64));
		return u64 ? sizeof(u64) : 0;
	case KIND_STRING:
		return strnlen(member, row->size);
	case KIND_BYTES:
		return is_zero(member, row->size) ? 0 : row->size;
	default:
		return alpn->size;
	}
}

static int is_control(uint8_t c)
{
	return c < 0x20 || c == 0x7f;
}

/* What a peer chose (ALPN, SNI) is in these too. */
static void put_string(const char *text, size_t size, uint8_t *p)
{
	size_t i;

	for (i = 0; i < size; i++)
		p[i] = is_control(text[i]) ? '?' : text[i];
}

static void put_value(const struct row *row, const void *member, size_t size,
		      uint8_t *p)
{
	const struct kseald_alpn *alpn = member;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (row->kind) {
	case KIND_U16:
		memcpy(&u16, member, sizeof(u16));
		put16(p, u16);
		break;
	case KIND_U32:
		memcpy(&u32, member, sizeof(u32));
		put32(p, u32);
		break;
	case KIND_U64:
		memcpy(&u64, member, sizeof(u64));
		put64(p, u64);
		break;
	case KIND_STRING:
		put_string(member, size, p);
		break;
	case KIND_BYTES:
		memcpy(p, member, size);
		break;
	default:
		memcpy(p, alpn->names, size);
	}
}

static ssize_t encode(const struct layout *layout, uint32_t id, const void *msg,
		      uint8_t *buf, size_t size)
{
	size_t at = KSEALD_HEADER_SIZE, i, len;

	if (size < KSEALD_HEADER_SIZE)
		return -EMSGSIZE;
	put16(buf, layout->type);
	put16(buf + 2, 0);
	put32(buf + 4, id);

	for (i = 0; i < layout->count; i++) {
		const struct row *row = &layout->rows[i];
		const void *member = (const uint8_t *)msg + row->offset;

		len = value_size(row, member);
		if (!len)
			continue;
		if (size - at < 4 + len)
			return -EMSGSIZE;
		put16(buf + at, row->type | row->critical);
		put16(buf + at + 2, len);
		put_value(row, member, len, buf + at + 4);
		at += 4 + len;
	}
	return at;
}

ssize_t kseald_encode_hello(const struct kseald_hello *hello, uint8_t *buf,
			    size_t size)
{
	return encode(&hello_layout, 0, hello, buf, size);
}

ssize_t kseald_encode_request(uint32_t id, const struct kseald_request *request,
			      uint8_t *buf, size_t size)
{
	return encode(&request_layout, id, request, buf, size);
}

ssize_t kseald_encode_fill(uint8_t *buf, size_t size)
{
	return encode(&fill_layout, 0, NULL, buf, size);
}

ssize_t kseald_encode_result(const struct kseal_result *result, uint8_t *buf,
			     size_t size)
{
	return encode(&result_layout, result->id, result, buf, size);
}

ssize_t kseald_encode_subscribe(uint32_t id, const struct kseald_subscribe *subscribe,
				uint8_t *buf, size_t size)
{
	return encode(&subscribe_layout, id, subscribe, buf, size);
}

ssize_t kseald_encode_status_request(uint32_t id, uint8_t *buf, size_t size)
{
	return encode(&status_request_layout, id, NULL, buf, size);
}

ssize_t kseald_encode_status(const struct kseald_status *status, uint8_t *buf,
			     size_t size)
{
	return encode(&status_layout, status->id, &status->status, buf, size);
}

ssize_t kseald_encode_handed(const struct kseal_result *handed, uint8_t *buf, size_t size)
{
	return encode(&handed_layout, handed->id, handed, buf, size);
}

/* ---- reading ------------------------------------------------------------ */

/* Strings go to logs and terminals: no control characters, no NUL. */
static int get_string(char *member, size_t room, const uint8_t *p, size_t size)
{
	size_t i;

	if (!size || size >= room)
		return -EBADMSG;
	for (i = 0; i < size; i++)
		if (is_control(p[i]))
			return -EBADMSG;
	memcpy(member, p, size);
	member[size] = '\0';
	return 0;
}

static int get_alpn(struct kseald_alpn *alpn, const uint8_t *p, size_t size)
{
	size_t at = 0;

	if (!size || size > sizeof(alpn->names))
		return -EBADMSG;
	while (at < size) {
		if (!p[at] || size - at < 1 + (size_t)p[at])
			return -EBADMSG;
		at += 1 + p[at];
	}
	memcpy(alpn->names, p, size);
	alpn->size = size;
	return 0;
}

static int get_value(const struct row *row, void *member, const uint8_t *p,
		     size_t size)
{
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (row->kind) {
	case KIND_U16:
		if (size != sizeof(u16))
			return -EBADMSG;
		u16 = get16(p);
		memcpy(member, &u16, sizeof(u16));
		return 0;
	case KIND_U32:
		if (size != sizeof(u32))
			return -EBADMSG;
		u32 = get32(p);
		memcpy(member, &u32, sizeof(u32));
		return 0;
	case KIND_U64:
		if (size != sizeof(u64))
			return -EBADMSG;
		u64 = get64(p);
		memcpy(member, &u64, sizeof(u64));
		return 0;
	case KIND_STRING:
		return get_string(member, row->size, p, size);
	case KIND_BYTES:
		if (size != row->size)
			return -EBADMSG;
		memcpy(member, p, size);
		return 0;
	default:
		return get_alpn(member, p, size);
	}
}

static const struct row *find_row(const struct layout *layout, uint16_t type)
{
	size_t i;

	for (i = 0; i < layout->count; i++)
		if (layout->rows[i].type == type)
			return &layout->rows[i];
	return NULL;
}

/* One attribute. @seen has a bit for each row of the layout. */
static int get_attribute(const struct layout *layout, void *msg, uint64_t *seen,
			 uint16_t type, const uint8_t *value, size_t size)
{
	const struct row *row;
	uint64_t bit;

	row = find_row(layout, type & ~KSEALD_A_CRITICAL);
	if (!row)
		return type & KSEALD_A_CRITICAL ? -EOPNOTSUPP : 0;
	bit = 1ULL << (row - layout->rows);
	if (*seen & bit)
		return -EBADMSG;
	*seen |= bit;
	return get_value(row, (uint8_t *)msg + row->offset, value, size);
}

static int check_required(const struct layout *layout, uint64_t seen)
{
	size_t i;

	for (i = 0; i < layout->count; i++)
		if (layout->rows[i].required && !(seen & 1ULL << i))
			return -EBADMSG;
	return 0;
}

int kseald_decode_header(const uint8_t *buf, size_t size,
			 struct kseald_header *header)
{
	if (size < KSEALD_HEADER_SIZE || size > KSEALD_MESSAGE_MAX)
		return -EBADMSG;
	header->type = get16(buf);
	header->id = get32(buf + 4);
	return 0;
}

static int decode(const struct layout *layout, const uint8_t *buf, size_t size,
		  void *msg, uint32_t *id)
{
	struct kseald_header header;
	size_t at = KSEALD_HEADER_SIZE, len;
	uint64_t seen = 0;
	int ret, refused = 0;

	memset(msg, 0, layout->size);
	ret = kseald_decode_header(buf, size, &header);
	if (ret)
		return ret;
	if (header.type != layout->type)
		return -EBADMSG;
	*id = header.id;

	while (at < size) {
		if (size - at < 4)
			return -EBADMSG;
		len = get16(buf + at + 2);
		if (size - at - 4 < len)
			return -EBADMSG;
		ret = get_attribute(layout, msg, &seen, get16(buf + at),
				    buf + at + 4, len);
		if (ret == -EBADMSG)
			return ret;
		if (ret)
			refused = ret;
		at += 4 + len;
	}
	ret = check_required(layout, seen);
	return ret ? ret : refused;
}

int kseald_decode_hello(const uint8_t *buf, size_t size,
			struct kseald_hello *hello)
{
	uint32_t id;

	return decode(&hello_layout, buf, size, hello, &id);
}

int kseald_decode_request(const uint8_t *buf, size_t size,
			  struct kseald_request *request)
{
	uint32_t id;

	return decode(&request_layout, buf, size, request, &id);
}

static int decode_result(const struct layout *layout, const uint8_t *buf, size_t size,
			 struct kseal_result *result)
{
	uint32_t id = 0;
	int ret = decode(layout, buf, size, result, &id);

	result->id = id;
	result->fd = -1;
	if (!ret && (result->error < 0 || result->error > ERRNO_MAX))
		ret = -EBADMSG;
	return ret;
}

int kseald_decode_result(const uint8_t *buf, size_t size,
			 struct kseal_result *result)
{
	return decode_result(&result_layout, buf, size, result);
}

int kseald_decode_handed(const uint8_t *buf, size_t size,
			 struct kseal_result *result)
{
	return decode_result(&handed_layout, buf, size, result);
}

int kseald_decode_subscribe(const uint8_t *buf, size_t size,
			    struct kseald_subscribe *subscribe)
{
	uint32_t id;

	return decode(&subscribe_layout, buf, size, subscribe, &id);
}

int kseald_decode_status(const uint8_t *buf, size_t size,
			 struct kseald_status *status)
{
	return decode(&status_layout, buf, size, &status->status, &status->id);
}

/* ---- lists of protocols ------------------------------------------------- */

int kseald_alpn_parse(const char *text, struct kseald_alpn *alpn)
{
	size_t len;

	alpn->size = 0;
	for (;;) {
		len = strcspn(text, ",");
		if (!len || len > UINT8_MAX ||
		    sizeof(alpn->names) - alpn->size < 1 + len)
			return -EINVAL;
		alpn->names[alpn->size] = len;
		memcpy(alpn->names + alpn->size + 1, text, len);
		alpn->size += 1 + len;
		if (!text[len])
			return 0;
		text += len + 1;
	}
}

const uint8_t *kseald_alpn_next(const struct kseald_alpn *alpn,
				size_t *position, size_t *length)
{
	const uint8_t *name;

	if (*position >= alpn->size)
		return NULL;
	*length = alpn->names[*position];
	name = alpn->names + *position + 1;
	*position += 1 + *length;
	return name;
}
