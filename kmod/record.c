// SPDX-License-Identifier: GPL-2.0
/*
 * PURE: a record's bytes around its ciphertext, and the numbers behind them.
 *
 *	TLS 1.2 (RFC 5246 6.2.3.3, RFC 5288 3, RFC 6655 3)
 *	  type 0303 length | nonce_explicit[8] | ciphertext | tag
 *	  nonce = salt[4] nonce_explicit[8]
 *	  aad   = seq[8] type 0303 length of the content
 *	the same with ChaCha20-Poly1305 (RFC 7905 2)
 *	  type 0303 length | ciphertext | tag
 *	  nonce = as in TLS 1.3
 *
 *	TLS 1.3 (RFC 8446 5.2, 5.3)
 *	  23 0303 length | ciphertext of (content type zeros*) | tag
 *	  nonce = iv[12] xor seq, padded on the left
 *	  aad   = the header
 */
#include <linux/tls.h>

#include "record.h"

static void put_be16(u8 *p, u16 v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static u16 get_be16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static void put_be64(u8 *p, u64 v)
{
	int i;

	for (i = 7; i >= 0; i--, v >>= 8)
		p[i] = v;
}

static u64 get_be64(const u8 *p)
{
	u64 v = 0;
	int i;

	for (i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

/* Bytes of the nonce that are on the wire, in front of the ciphertext. */
static size_t explicit_size(const struct kseal_record *rec)
{
	return rec->version == TLS_1_3_VERSION ? 0 : rec->suite->explicit_size;
}

/**
 * kseal_record_init() - start a direction
 * @rec: to fill
 * @suite: the row of the suite
 * @version: 0x0303 or 0x0304
 * @info: the suite's struct tls12_crypto_info_*, @suite->info_size bytes
 */
void kseal_record_init(struct kseal_record *rec, const struct kseal_suite *suite,
		       u16 version, const u8 *info)
{
	memset(rec, 0, sizeof(*rec));
	rec->suite = suite;
	rec->version = version;
	memcpy(rec->nonce, info + suite->salt_offset, suite->salt_size);
	memcpy(rec->nonce + suite->salt_size, info + suite->iv_offset, suite->iv_size);
	rec->seq = get_be64(info + suite->seq_offset);
	rec->used_up = rec->seq == KSEAL_SEQ_END;
	if (explicit_size(rec))
		rec->explicit_nonce = get_be64(info + suite->iv_offset);
}

/**
 * kseal_record_export() - write the current numbers back
 * @rec: the direction
 * @info: the structure it was started with; iv and rec_seq become those of
 *	the next record
 */
void kseal_record_export(const struct kseal_record *rec, u8 *info)
{
	put_be64(info + rec->suite->seq_offset, rec->seq);
	if (explicit_size(rec))
		put_be64(info + rec->suite->iv_offset, rec->explicit_nonce);
}

/**
 * kseal_record_inner_type() - whether the content type is encrypted
 * @rec: the direction
 *
 * Return: true in TLS 1.3, where one byte behind the content holds it.
 */
bool kseal_record_inner_type(const struct kseal_record *rec)
{
	return rec->version == TLS_1_3_VERSION;
}

/**
 * kseal_record_prefix_size() - bytes in front of the ciphertext
 * @rec: the direction
 *
 * Return: header and explicit nonce, at most KSEAL_PREFIX_MAX.
 */
size_t kseal_record_prefix_size(const struct kseal_record *rec)
{
	return KSEAL_HEADER_SIZE + explicit_size(rec);
}

/**
 * kseal_record_tail_size() - bytes behind the content
 * @rec: the direction
 *
 * Return: inner content type and tag, at most KSEAL_TAIL_MAX.
 */
size_t kseal_record_tail_size(const struct kseal_record *rec)
{
	return (kseal_record_inner_type(rec) ? 1 : 0) + rec->suite->tag_size;
}

/* TLS 1.3 shows the world application data only (RFC 8446 5.2). */
static u8 wire_type(const struct kseal_record *rec, u8 type)
{
	return kseal_record_inner_type(rec) ? KSEAL_APPLICATION_DATA : type;
}

static void write_header(u8 *p, u8 type, size_t body)
{
	p[0] = type;
	put_be16(p + 1, TLS_1_2_VERSION);
	put_be16(p + 3, body);
}

/**
 * kseal_record_write_prefix() - write header and explicit nonce
 * @rec: the direction
 * @type: content type
 * @len: bytes of content, at most KSEAL_PLAINTEXT_MAX
 * @prefix: room for kseal_record_prefix_size() bytes
 */
void kseal_record_write_prefix(const struct kseal_record *rec, u8 type,
			       size_t len, u8 *prefix)
{
	write_header(prefix, wire_type(rec, type),
		     explicit_size(rec) + len + kseal_record_tail_size(rec));
	if (explicit_size(rec))
		put_be64(prefix + KSEAL_HEADER_SIZE, rec->explicit_nonce);
}

/**
 * kseal_record_parse() - read and check a header
 * @rec: the direction
 * @header: KSEAL_HEADER_SIZE bytes off the wire
 * @out: filled on success
 *
 * Return: 0; -EMSGSIZE longer than RFC 5246 6.2.3 and RFC 8446 5.2 allow for
 * an AEAD of this size; -EBADMSG too short to hold what every record has, or
 * a TLS 1.3 record that is not application data outside; -EINVAL another
 * version. Checked in this order, which is that of the kernel's documentation.
 */
int kseal_record_parse(const struct kseal_record *rec, const u8 *header,
		       struct kseal_header *out)
{
	size_t body = get_be16(header + 3);
	size_t fixed = explicit_size(rec) + kseal_record_tail_size(rec);

	if (body > fixed + KSEAL_PLAINTEXT_MAX)
		return -EMSGSIZE;
	if (body < fixed)
		return -EBADMSG;
	if (get_be16(header + 1) != TLS_1_2_VERSION)
		return -EINVAL;
	if (header[0] != wire_type(rec, header[0]))
		return -EBADMSG;
	out->type = header[0];
	out->body = body;
	out->content = body - fixed;
	return 0;
}

/**
 * kseal_record_aad() - write the additional data of the next record
 * @rec: the direction
 * @type: content type on the wire (ignored for TLS 1.3)
 * @content: bytes of content
 * @aad: room for KSEAL_AAD_MAX bytes
 *
 * Return: bytes written.
 */
size_t kseal_record_aad(const struct kseal_record *rec, u8 type, size_t content,
			u8 *aad)
{
	if (kseal_record_inner_type(rec)) {
		write_header(aad, wire_type(rec, type),
			     content + kseal_record_tail_size(rec));
		return KSEAL_HEADER_SIZE;
	}
	put_be64(aad, rec->seq);
	write_header(aad + KSEAL_SEQ_SIZE, type, content);
	return KSEAL_SEQ_SIZE + KSEAL_HEADER_SIZE;
}

/**
 * kseal_record_nonce() - the nonce of the next record
 * @rec: the direction
 * @explicit_nonce: TLS 1.2: the bytes off the wire, or NULL for the one that
 *	kseal_record_write_prefix() writes; ignored for TLS 1.3
 * @nonce: KSEAL_NONCE_SIZE bytes, filled
 */
void kseal_record_nonce(const struct kseal_record *rec, const u8 *explicit_nonce,
			u8 *nonce)
{
	size_t size = explicit_size(rec);
	u8 seq[KSEAL_SEQ_SIZE];
	size_t i;

	memcpy(nonce, rec->nonce, KSEAL_NONCE_SIZE);
	if (size) {
		if (explicit_nonce)
			memcpy(nonce + KSEAL_NONCE_SIZE - size, explicit_nonce, size);
		else
			put_be64(nonce + KSEAL_NONCE_SIZE - size, rec->explicit_nonce);
		return;
	}
	put_be64(seq, rec->seq);
	for (i = 0; i < KSEAL_SEQ_SIZE; i++)
		nonce[KSEAL_NONCE_SIZE - KSEAL_SEQ_SIZE + i] ^= seq[i];
}

/**
 * kseal_record_advance() - count one record
 * @rec: the direction, not used up; once @rec->used_up is set no record may
 *	follow
 */
void kseal_record_advance(struct kseal_record *rec)
{
	rec->explicit_nonce++;
	if (++rec->seq == KSEAL_SEQ_END)
		rec->used_up = true;
}

/**
 * kseal_record_unpad() - find the end of a TLSInnerPlaintext
 * @inner: deciphered bytes
 * @len: how many
 *
 * Return: bytes up to and including the last that is not zero, which is the
 * content type (RFC 8446 5.4); 0 when all are zero.
 */
size_t kseal_record_unpad(const u8 *inner, size_t len)
{
	while (len && !inner[len - 1])
		len--;
	return len;
}
