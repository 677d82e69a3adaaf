// SPDX-License-Identifier: GPL-2.0
/* kmod/frame.c: cutting a byte stream that arrives in any pieces into records */
#include <stdlib.h>

#include "../../kmod/frame.c"
#include "../../kmod/record.c"
#include "../../kmod/suite.c"

#include "vectors/direction.h"

enum {
	RECORDS_MAX	= 12,
	STREAM_MAX	= RECORDS_MAX * KSEAL_RECORD_MAX,
	SEEDS		= 2000,
};

static const uint16_t versions[] = { 0x0303, 0x0304 };

/* A stream of records, and what it was made of. */
struct stream {
	uint8_t *bytes;
	size_t len;
	size_t records;
	struct kseal_header want[RECORDS_MAX];
	int err;		/* of the header behind them, 0 for none */
};

/* What reading a stream gave. */
struct found {
	size_t records;
	struct kseal_header header[RECORDS_MAX];
	int err;
	size_t err_at;		/* bytes that had arrived when it was found */
};

static void stream_header(struct stream *s, uint8_t type, uint8_t major,
			  uint8_t minor, size_t body)
{
	const uint8_t header[] = { type, major, minor, body >> 8, body & 0xff };

	assert_true(s->len + sizeof(header) + body <= STREAM_MAX);
	memcpy(s->bytes + s->len, header, sizeof(header));
	s->len += sizeof(header);
}

/* The body looks like headers, so that reading one in the wrong place shows. */
static void stream_record(struct stream *s, uint16_t version, uint8_t type, size_t content)
{
	static const uint8_t decoy[] = { 23, 3, 3, 0, 30 };
	struct kseal_header *want = &s->want[s->records++];
	size_t i;

	want->type = version == 0x0304 ? 23 : type;
	want->body = content + (version == 0x0304 ? 17 : 24);
	want->content = content;
	stream_header(s, want->type, 3, 3, want->body);
	for (i = 0; i < want->body; i++)
		s->bytes[s->len++] = decoy[i % sizeof(decoy)];
}

/*
 * Reading as the receive path does: look at what has arrived of the record at
 * the head, take it when it is whole, look at the next one. The header is
 * given only when it may be read.
 */
static void take_whole(struct found *out, struct kseal_frame *frame,
		       const struct kseal_record *rec, const uint8_t *head,
		       size_t *taken, size_t avail)
{
	for (;;) {
		size_t here = avail - *taken;
		bool may_read = here >= KSEAL_HEADER_SIZE && !frame->full;
		int state = kseal_frame_look(frame, rec, may_read ? head + *taken : NULL,
					     here);

		if (state < 0) {
			out->err = state;
			out->err_at = avail;
			assert_int_equal(frame->full, 0);
			return;
		}
		if (state == KSEAL_FRAME_HEADER) {
			assert_true(here < KSEAL_HEADER_SIZE);
			assert_int_equal(kseal_frame_missing(frame, here),
					 KSEAL_HEADER_SIZE - here);
			return;
		}
		assert_int_equal(frame->full, KSEAL_HEADER_SIZE + frame->header.body);
		if (state == KSEAL_FRAME_PART) {
			assert_true(here < frame->full);
			assert_int_equal(kseal_frame_missing(frame, here),
					 frame->full - here);
			return;
		}
		assert_int_equal(state, KSEAL_FRAME_WHOLE);
		assert_true(here >= frame->full);
		assert_int_equal(kseal_frame_missing(frame, here), 0);
		assert_true(out->records < RECORDS_MAX);
		out->header[out->records++] = frame->header;
		*taken += frame->full;
		kseal_frame_next(frame);
	}
}

static void check_found(const char *row, const struct found *got,
			const struct stream *s)
{
	size_t i;

	check_num(row, "number of records", got->records, s->records);
	for (i = 0; i < s->records; i++) {
		check_num(row, "type", got->header[i].type, s->want[i].type);
		check_num(row, "body", got->header[i].body, s->want[i].body);
		check_num(row, "content", got->header[i].content, s->want[i].content);
	}
	check_num(row, "error", got->err, s->err);
}

static size_t piece_all(uint64_t *rng, size_t left)
{
	(void)rng;
	return left;
}

static size_t piece_one(uint64_t *rng, size_t left)
{
	(void)rng;
	(void)left;
	return 1;
}

/* Segments as of a network, and a few bytes around headers. */
static size_t piece_random(uint64_t *rng, size_t left)
{
	static const size_t below[] = { 2, 8, 64, 1500, 65536 };
	size_t piece = 1 + random_below(rng, below[random_below(rng, ROWS(below))]);

	return piece < left ? piece : left;
}

static void read_in_pieces(struct found *out, const struct stream *s, uint16_t version,
			   size_t (*piece)(uint64_t *, size_t), uint64_t rng)
{
	struct kseal_frame frame = { .full = 0 };
	struct kseal_record rec;
	size_t avail = 0, taken = 0;

	memset(out, 0, sizeof(*out));
	start(&rec, version, 0);
	while (avail < s->len && !out->err) {
		avail += piece(&rng, s->len - avail);
		take_whole(out, &frame, &rec, s->bytes, &taken, avail);
	}
}

/* Random records: small ones, boundaries, long ones. */
static void stream_random(struct stream *s, uint16_t version, uint64_t *rng)
{
	static const size_t below[] = { 1, 2, 40, 2000, KSEAL_PLAINTEXT_MAX + 1 };
	static const uint8_t types[] = { 20, 21, 22, 23 };
	size_t n = random_below(rng, RECORDS_MAX);
	size_t content;

	s->len = s->records = 0;
	s->err = 0;
	while (n--) {
		content = random_below(rng, below[random_below(rng, ROWS(below))]);
		if (!random_below(rng, 16))
			content = KSEAL_PLAINTEXT_MAX;
		stream_record(s, version, types[random_below(rng, ROWS(types))], content);
	}
}

static void any_split_of_any_records_gives_the_same_frames(void **state)
{
	struct stream *s = *state;
	struct found got;
	unsigned int seed;
	size_t v, again;
	char row[32];

	for (seed = 1; seed <= SEEDS; seed++)
		for (v = 0; v < ROWS(versions); v++) {
			uint64_t rng = seed;

			snprintf(row, sizeof(row), "version %04x, seed %u",
				 versions[v], seed);
			stream_random(s, versions[v], &rng);
			read_in_pieces(&got, s, versions[v], piece_all, 0);
			check_found(row, &got, s);
			for (again = 0; again < 4; again++) {
				read_in_pieces(&got, s, versions[v], piece_random,
					       random_next(&rng));
				check_found(row, &got, s);
			}
		}
}

static void a_byte_at_a_time_gives_the_same_frames(void **state)
{
	struct stream *s = *state;
	struct found got;
	uint64_t rng = 4711;
	size_t v;

	for (v = 0; v < ROWS(versions); v++) {
		stream_random(s, versions[v], &rng);
		stream_record(s, versions[v], 23, s->records ? 1 : KSEAL_PLAINTEXT_MAX);
		read_in_pieces(&got, s, versions[v], piece_one, 0);
		check_found("a byte at a time", &got, s);
	}
}

static size_t cut_at[2];

/* Three pieces, ending at the two cuts and at the end. */
static size_t piece_to_cut(uint64_t *rng, size_t left)
{
	size_t done = *rng, next = cut_at[done < cut_at[0] ? 0 : 1];

	if (done >= cut_at[1])
		return left;
	*rng = next;
	return next - done;
}

static void every_two_cuts_of_three_records_give_the_same_frames(void **state)
{
	struct stream *s = *state;
	struct found got;
	char row[64];
	size_t v;

	for (v = 0; v < ROWS(versions); v++) {
		s->len = s->records = 0;
		s->err = 0;
		stream_record(s, versions[v], 22, 0);
		stream_record(s, versions[v], 23, 1);
		stream_record(s, versions[v], 21, 2);
		for (cut_at[0] = 1; cut_at[0] < s->len; cut_at[0]++)
			for (cut_at[1] = cut_at[0]; cut_at[1] < s->len; cut_at[1]++) {
				snprintf(row, sizeof(row), "version %04x, cut at %zu and %zu",
					 versions[v], cut_at[0], cut_at[1]);
				read_in_pieces(&got, s, versions[v], piece_to_cut, 0);
				check_found(row, &got, s);
			}
	}
}

static const struct {
	const char *row;
	uint16_t version;
	uint8_t type, major, minor;
	uint16_t body;
	int err;
} bad_headers[] = {
	{ "1.2, too long", 0x0303, 23, 3, 3, 16409, -EMSGSIZE },
	{ "1.2, too short", 0x0303, 23, 3, 3, 23, -EBADMSG },
	{ "1.2, version", 0x0303, 23, 3, 1, 100, -EINVAL },
	{ "1.3, too long", 0x0304, 23, 3, 3, 16402, -EMSGSIZE },
	{ "1.3, too short", 0x0304, 23, 3, 3, 16, -EBADMSG },
	{ "1.3, version", 0x0304, 23, 3, 4, 100, -EINVAL },
	{ "1.3, type outside", 0x0304, 22, 3, 3, 100, -EBADMSG },
};

/* Not a byte earlier: nothing may be concluded from part of a header. */
static void a_bad_header_is_found_with_its_fifth_byte(void **state)
{
	struct stream *s = *state;
	struct found got;
	uint64_t rng = 99;
	size_t i, good;

	for (i = 0; i < ROWS(bad_headers); i++) {
		stream_random(s, bad_headers[i].version, &rng);
		good = s->records;
		stream_header(s, bad_headers[i].type, bad_headers[i].major,
			      bad_headers[i].minor, bad_headers[i].body);
		s->err = bad_headers[i].err;
		read_in_pieces(&got, s, bad_headers[i].version, piece_one, 0);
		check_found(bad_headers[i].row, &got, s);
		check_num(bad_headers[i].row, "found at", got.err_at, s->len);
		check_num(bad_headers[i].row, "records before", got.records, good);
		read_in_pieces(&got, s, bad_headers[i].version, piece_all, 0);
		check_found(bad_headers[i].row, &got, s);
	}
}

static void a_bad_header_stays_bad(void **state)
{
	size_t i, n;

	(void)state;
	for (i = 0; i < ROWS(bad_headers); i++) {
		const uint8_t header[] = {
			bad_headers[i].type, bad_headers[i].major, bad_headers[i].minor,
			bad_headers[i].body >> 8, bad_headers[i].body & 0xff,
		};
		struct kseal_frame frame = { .full = 0 };
		struct kseal_record rec;

		start(&rec, bad_headers[i].version, 0);
		for (n = 5; n < 40000; n += 777) {
			check_num(bad_headers[i].row, "result",
				  kseal_frame_look(&frame, &rec, header, n),
				  bad_headers[i].err);
			check_num(bad_headers[i].row, "full", frame.full, 0);
		}
	}
}

static void states_follow_the_bytes_of_one_record(void **state)
{
	static const uint8_t header[] = { 23, 3, 3, 0, 20 };
	static const struct {
		const char *row;
		size_t avail;
		int state;
		size_t missing;
	} table[] = {
		{ "nothing", 0, KSEAL_FRAME_HEADER, 5 },
		{ "one byte", 1, KSEAL_FRAME_HEADER, 4 },
		{ "one byte short of the header", 4, KSEAL_FRAME_HEADER, 1 },
		{ "the header", 5, KSEAL_FRAME_PART, 20 },
		{ "one byte of body", 6, KSEAL_FRAME_PART, 19 },
		{ "one byte short", 24, KSEAL_FRAME_PART, 1 },
		{ "whole", 25, KSEAL_FRAME_WHOLE, 0 },
		{ "whole and one byte of the next", 26, KSEAL_FRAME_WHOLE, 0 },
		{ "whole and much more", 1 << 20, KSEAL_FRAME_WHOLE, 0 },
	};
	struct kseal_record rec;
	size_t i;

	(void)state;
	start(&rec, 0x0304, 0);
	for (i = 0; i < ROWS(table); i++) {
		struct kseal_frame frame = { .full = 0 };

		check_num(table[i].row, "state",
			  kseal_frame_look(&frame, &rec, header, table[i].avail),
			  table[i].state);
		check_num(table[i].row, "missing",
			  kseal_frame_missing(&frame, table[i].avail), table[i].missing);
	}
}

/* What is behind a record once read (TCP's queue moved on) is not its header. */
static void a_header_is_read_once_per_record(void **state)
{
	static const uint8_t first[] = { 23, 3, 3, 0, 20 };
	static const uint8_t other[] = { 23, 3, 3, 0, 30 };
	struct kseal_frame frame = { .full = 0 };
	struct kseal_record rec;

	(void)state;
	start(&rec, 0x0304, 0);
	assert_int_equal(kseal_frame_look(&frame, &rec, first, 5), KSEAL_FRAME_PART);
	assert_int_equal(kseal_frame_look(&frame, &rec, other, 24), KSEAL_FRAME_PART);
	assert_int_equal(kseal_frame_look(&frame, &rec, other, 25), KSEAL_FRAME_WHOLE);
	kseal_frame_next(&frame);
	assert_int_equal(kseal_frame_missing(&frame, 0), KSEAL_HEADER_SIZE);
	assert_int_equal(kseal_frame_look(&frame, &rec, other, 25), KSEAL_FRAME_PART);
	assert_int_equal(frame.header.content, 13);
}

static int set_up(void **state)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	s->bytes = malloc(STREAM_MAX);
	*state = s;
	return s->bytes ? 0 : -1;
}

static int tear_down(void **state)
{
	struct stream *s = *state;

	free(s->bytes);
	free(s);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_follow_the_bytes_of_one_record),
		cmocka_unit_test(a_header_is_read_once_per_record),
		cmocka_unit_test(every_two_cuts_of_three_records_give_the_same_frames),
		cmocka_unit_test(a_byte_at_a_time_gives_the_same_frames),
		cmocka_unit_test(any_split_of_any_records_gives_the_same_frames),
		cmocka_unit_test(a_bad_header_is_found_with_its_fifth_byte),
		cmocka_unit_test(a_bad_header_stays_bad),
	};

	return cmocka_run_group_tests_name("frame", tests, set_up, tear_down);
}
