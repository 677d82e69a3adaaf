// SPDX-License-Identifier: GPL-2.0
/*
 * kmod/record.c with any key material and any header: a header that is
 * accepted is the one that would be written, numbers survive an export, and
 * no two records have the same nonce.
 */
#include "fuzz.h"

#include "../../kmod/record.c"
#include "../../kmod/suite.c"

static void check_accepted(const struct kseal_record *rec, const uint8_t *header,
			   const struct kseal_header *out)
{
	uint8_t prefix[KSEAL_PREFIX_MAX], aad[KSEAL_AAD_MAX];
	size_t size;

	REQUIRE(out->content <= KSEAL_PLAINTEXT_MAX);
	size = KSEAL_HEADER_SIZE + out->body;
	REQUIRE(size <= KSEAL_RECORD_MAX);
	REQUIRE(size == kseal_record_prefix_size(rec) + out->content +
		kseal_record_tail_size(rec));
	kseal_record_write_prefix(rec, out->type, out->content, prefix);
	REQUIRE(!memcmp(prefix, header, KSEAL_HEADER_SIZE));
	size = kseal_record_aad(rec, out->type, out->content, aad);
	REQUIRE(size <= sizeof(aad));
	if (kseal_record_inner_type(rec))
		REQUIRE(size == KSEAL_HEADER_SIZE && !memcmp(aad, header, size));
	else
		REQUIRE(!memcmp(aad + KSEAL_SEQ_SIZE, header, 3));
}

static void check_numbers(struct kseal_record *rec, const uint8_t *info)
{
	uint8_t nonce[2][KSEAL_NONCE_SIZE], exported[KSEAL_INFO_MAX];
	bool last = rec->seq == UINT64_MAX - 1;

	memcpy(exported, info, rec->suite->info_size);
	kseal_record_export(rec, exported);
	REQUIRE(!memcmp(exported, info, rec->suite->info_size));
	REQUIRE(rec->used_up == (rec->seq == UINT64_MAX));
	if (rec->used_up)
		return;
	kseal_record_nonce(rec, NULL, nonce[0]);
	kseal_record_advance(rec);
	kseal_record_nonce(rec, NULL, nonce[1]);
	REQUIRE(memcmp(nonce[0], nonce[1], sizeof(nonce[0])));
	REQUIRE(rec->used_up == last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t info[KSEAL_INFO_MAX] = { 0 }, header[KSEAL_HEADER_SIZE];
	struct kseal_header out;
	struct kseal_record rec;
	int err;

	input_direction(&in, &rec, info);
	while (in.size) {
		input_fill(&in, header, sizeof(header));
		err = kseal_record_parse(&rec, header, &out);
		REQUIRE(!err || err == -EMSGSIZE || err == -EBADMSG || err == -EINVAL);
		if (!err)
			check_accepted(&rec, header, &out);
	}
	check_numbers(&rec, info);
	return 0;
}
