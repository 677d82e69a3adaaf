/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KSEAL_RECORD_H
#define KSEAL_RECORD_H

#include "suite.h"

/* RFC 5246 6.2 and RFC 8446 5.1, 5.2 */
enum kseal_record_limits {
	KSEAL_HEADER_SIZE	= 5,		/* type, version, length */
	KSEAL_PLAINTEXT_MAX	= 1 << 14,
	KSEAL_EXPLICIT_MAX	= 8,
	KSEAL_PREFIX_MAX	= KSEAL_HEADER_SIZE + KSEAL_EXPLICIT_MAX,
	KSEAL_TAIL_MAX		= 1 + KSEAL_TAG_MAX,	/* inner type, tag */
	KSEAL_RECORD_MAX	= KSEAL_PREFIX_MAX + KSEAL_PLAINTEXT_MAX + KSEAL_TAIL_MAX,
	KSEAL_AAD_MAX		= KSEAL_SEQ_SIZE + KSEAL_HEADER_SIZE,
};

/* Numbers must not wrap (RFC 5246 6.1, RFC 8446 5.3). As in-tree TLS, we let no
 * record have the very last, so that there is always a next one to tell.
 */
#define KSEAL_SEQ_END	(~(u64)0)

/* RFC 8446 5.1 */
enum kseal_content_type {
	KSEAL_CHANGE_CIPHER_SPEC	= 20,
	KSEAL_ALERT			= 21,
	KSEAL_HANDSHAKE			= 22,
	KSEAL_APPLICATION_DATA		= 23,
};

/**
 * struct kseal_record - the numbers of one direction
 * @suite: what is sealed with
 * @version: 0x0303 or 0x0304
 * @nonce: salt and iv as installed, constant; with an explicit nonce only the
 *	salt is read after kseal_record_init()
 * @used_up: @seq has come to KSEAL_SEQ_END
 * @seq: number of the next record
 * @explicit_nonce: TLS 1.2: the nonce_explicit of the next record sent
 */
struct kseal_record {
	const struct kseal_suite *suite;
	u16 version;
	u8 nonce[KSEAL_NONCE_SIZE];
	bool used_up;
	u64 seq;
	u64 explicit_nonce;
};

/**
 * struct kseal_header - a parsed record header
 * @type: content type on the wire
 * @body: bytes after the header
 * @content: how many of them, deciphered, are content: all that are neither
 *	explicit nonce nor tag nor the inner type; padding counts as content
 */
struct kseal_header {
	u8 type;
	u16 body;
	u16 content;
};

void kseal_record_init(struct kseal_record *rec, const struct kseal_suite *suite,
		       u16 version, const u8 *info);
void kseal_record_export(const struct kseal_record *rec, u8 *info);

bool kseal_record_inner_type(const struct kseal_record *rec);
size_t kseal_record_prefix_size(const struct kseal_record *rec);
size_t kseal_record_tail_size(const struct kseal_record *rec);

void kseal_record_write_prefix(const struct kseal_record *rec, u8 type,
			       size_t len, u8 *prefix);
int kseal_record_parse(const struct kseal_record *rec, const u8 *header,
		       struct kseal_header *out);

size_t kseal_record_aad(const struct kseal_record *rec, u8 type, size_t content,
			u8 *aad);
void kseal_record_nonce(const struct kseal_record *rec, const u8 *explicit_nonce,
			u8 *nonce);
void kseal_record_advance(struct kseal_record *rec);
size_t kseal_record_unpad(const u8 *inner, size_t len);

#endif /* KSEAL_RECORD_H */
