// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel-control mode: what arrives, and what every kind of reader sees of it. Each row
 * comes behind data, which is read first.
 */
#include "lib/brief.h"
#include "lib/mode.h"
#include <errno.h>

FIXTURE(table)
{
	struct kt_mode mode;
};

KT_BRIEF_VARIANTS(table);

FIXTURE_SETUP(table)
{
	self->mode.link.fd = self->mode.link.raw = -1;
}

FIXTURE_TEARDOWN(table)
{
	kt_mode_close(&self->mode);
}

enum { BOTH = 0, NOTHING = -1 };

/**
 * struct row - something that ends the connection
 * @name: what it is
 * @version: that it is for, or BOTH
 * @type: content type of the record
 * @data: its content
 * @len: bytes of that
 * @flags: KSEAL_CONTROL_*
 * @error: what readers get
 * @end: the reason told
 * @alert: what the peer gets, or NOTHING
 */
struct row {
	const char *name;
	uint16_t version;
	uint8_t type;
	const char *data;
	size_t len;
	uint32_t flags;
	int error;
	enum kseal_end end;
	int alert;
};

#define UNEXPECTED EPROTO, KSEAL_END_UNEXPECTED, KT_UNEXPECTED_MESSAGE
#define DECODE EPROTO, KSEAL_END_DECODE, KT_DECODE_ERROR
#define PARAMETER EPROTO, KSEAL_END_PARAMETER, KT_ILLEGAL_PARAMETER
#define BY_ALERT ECONNRESET, KSEAL_END_ALERT, NOTHING
#define V12 TLS_1_2_VERSION
#define V13 TLS_1_3_VERSION

static const struct row rows[] = {
	{ "fatal alert", BOTH, KT_ALERT, "\2\50", 2, 0, BY_ALERT },
	{ "fatal alert 0xff", BOTH, KT_ALERT, "\2\377", 2, 0, BY_ALERT },
	{ "warning that is none", V13, KT_ALERT, "\1\50", 2, 0, BY_ALERT },
	{ "alert without a level", V13, KT_ALERT, "\0\50", 2, 0, BY_ALERT },
	{ "alert of level 3", V12, KT_ALERT, "\3\50", 2, 0, PARAMETER },
	{ "empty alert", BOTH, KT_ALERT, "", 0, 0, UNEXPECTED },
	{ "half an alert", BOTH, KT_ALERT, "\2", 1, 0, DECODE },
	{ "two alerts", BOTH, KT_ALERT, "\1\132\1\132", 4, 0, DECODE },
	{ "empty handshake", BOTH, KT_HANDSHAKE, "", 0, 0, UNEXPECTED },
	{ "ChangeCipherSpec", BOTH, KT_CCS, "\1", 1, 0, UNEXPECTED },
	{ "heartbeat", BOTH, 24, "\1\0\0", 3, 0, UNEXPECTED },
	{ "type 255", BOTH, 255, "\1", 1, 0, UNEXPECTED },
	{ "ClientHello", V12, KT_HANDSHAKE, "\1\0\0\6abcdef", 10, 0, EPROTO,
	  KSEAL_END_RENEGOTIATION, KT_HANDSHAKE_FAILURE },
	{ "ClientHello for a client", V12, KT_HANDSHAKE, "\1\0\0\6abcdef", 10,
	  KSEAL_CONTROL_CLIENT, UNEXPECTED },
	{ "ClientHello, one byte of it", V12, KT_HANDSHAKE, "\1", 1, 0, EPROTO,
	  KSEAL_END_RENEGOTIATION, KT_HANDSHAKE_FAILURE },
	{ "ClientHello", V13, KT_HANDSHAKE, "\1\0\0\6abcdef", 10, 0, UNEXPECTED },
	{ "HelloRequest", V13, KT_HANDSHAKE, "\0\0\0\0", 4, 0, UNEXPECTED },
	{ "HelloRequest with a body", V12, KT_HANDSHAKE, "\0\0\0\1x", 5, 0, DECODE },
	{ "HelloRequest for a server", V12, KT_HANDSHAKE, "\0\0\0\0", 4,
	  KSEAL_CONTROL_SERVER, UNEXPECTED },
	{ "Finished", BOTH, KT_HANDSHAKE, "\24\0\0\14abcdefghijkl", 16, 0, UNEXPECTED },
	{ "CertificateRequest", BOTH, KT_HANDSHAKE, "\15\0\0\3\0\0\0", 7, 0, UNEXPECTED },
	{ "ticket", V12, KT_HANDSHAKE, "\4\0\0\6abcdef", 10, 0, UNEXPECTED },
	{ "ticket for a server", V13, KT_HANDSHAKE, "\4\0\0\16abcdefghijklmn", 18,
	  KSEAL_CONTROL_SERVER, UNEXPECTED },
	{ "ticket too short", V13, KT_HANDSHAKE, "\4\0\0\15abcdefghijklm", 17, 0, DECODE },
	{ "ticket too long", V13, KT_HANDSHAKE, "\4\2\1\12a", 5, 0, DECODE },
	{ "KeyUpdate", V12, KT_HANDSHAKE, "\30\0\0\1\0", 5, 0, UNEXPECTED },
	{ "KeyUpdate of no length", V13, KT_HANDSHAKE, "\30\0\0\0", 4, 0, DECODE },
	{ "KeyUpdate of two bytes", V13, KT_HANDSHAKE, "\30\0\0\2\0\0", 6, 0, DECODE },
	{ "KeyUpdate 2", V13, KT_HANDSHAKE, "\30\0\0\1\2", 5, 0, PARAMETER },
	{ "KeyUpdate with a byte behind", V13, KT_HANDSHAKE, "\30\0\0\1\0\4", 6, 0,
	  UNEXPECTED },
	{ "two KeyUpdates", V13, KT_HANDSHAKE, "\30\0\0\1\0\30\0\0\1\0", 10, 0, UNEXPECTED },
	{ "ticket that does not end, then data", V13, KT_HANDSHAKE, "\4\0\0\16abc", 7, 0,
	  UNEXPECTED },
};

/* Every reader sees the data, then the error, again and again; the peer the alert. */
static int row_is_met(struct kt_mode *mode, const struct kt_params *params,
		      const struct row *row, const struct kt_kind *kind)
{
	struct kt_link *link = &mode->link;
	int alert;

	kt_mode_close(mode);
	if (kt_mode_open(mode, params, row->flags) ||
	    kt_send_pattern(link, 300, 0) || kt_send_pattern(link, 700, 300) ||
	    kt_send_record(link, row->type, row->data, row->len) ||
	    kt_send_pattern(link, 100, 5) || kt_all_here(link))
		return -1;
	if (kt_kind_expect(kind, link->fd, 1000, 0) ||
	    kt_kind_fails(kind, link->fd, row->error) || kt_mode_ended(link->fd, row->end))
		return -1;
	if (send(link->fd, "late", 4, MSG_NOSIGNAL) != -1 || kt_expect_end(link, &alert))
		return -1;
	if (alert == row->alert)
		return 0;
	kt_say("alert %d, want %d", alert, row->alert);
	return -1;
}

KT_TEST(table, what_ends_the_connection)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].version && rows[i].version != variant->params.version)
			continue;
		for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
			ASSERT_EQ(0, row_is_met(&self->mode, &variant->params, &rows[i], kind))
				TH_LOG("%s, by %s", rows[i].name, kind->name);
		}
	}
}

/* ---- nothing to see ---------------------------------------------------------- */

static const struct row quiet[] = {
	{ .name = "user_canceled", .type = KT_ALERT, .data = "\1\132", .len = 2 },
	{ .name = "no_renegotiation", .version = V12, .type = KT_ALERT, .data = "\1\144",
	  .len = 2 },
	{ .name = "warning 200", .version = V12, .type = KT_ALERT, .data = "\1\310", .len = 2 },
	{ .name = "ticket", .version = V13, .type = KT_HANDSHAKE,
	  .data = "\4\0\0\20abcdefghijklmnop", .len = 20 },
	{ .name = "ticket for a client", .version = V13, .type = KT_HANDSHAKE,
	  .data = "\4\0\0\20abcdefghijklmnop", .len = 20, .flags = KSEAL_CONTROL_CLIENT },
	{ .name = "two tickets in a record", .version = V13, .type = KT_HANDSHAKE,
	  .data = "\4\0\0\16abcdefghijklmn\4\0\0\16abcdefghijklmn", .len = 36 },
	{ .name = "empty data", .type = KT_DATA, .data = "", .len = 0 },
};

static int row_is_quiet(struct kt_mode *mode, const struct kt_params *params,
			const struct row *row, const struct kt_kind *kind)
{
	struct kt_link *link = &mode->link;
	char byte;

	kt_mode_close(mode);
	if (kt_mode_open(mode, params, row->flags) || kt_send_pattern(link, 300, 0) ||
	    kt_send_record(link, row->type, row->data, row->len) ||
	    kt_send_pattern(link, 700, 300) || kt_all_here(link) ||
	    kt_kind_expect(kind, link->fd, 1000, 0))
		return -1;
	/* alone, it is nothing to wait for */
	if (kt_send_record(link, row->type, row->data, row->len) || kt_all_here(link))
		return -1;
	if (recv(link->fd, &byte, 1, MSG_DONTWAIT) != -1 || errno != EAGAIN)
		return kt_errno("recv, want EAGAIN");
	return kt_sealed_in(link) || kt_sealed_out(link) || kt_mode_lives(link->fd) ?
	       -1 : 0;
}

KT_TEST(table, what_no_reader_sees)
{
	for (size_t i = 0; i < ARRAY_SIZE(quiet); i++) {
		if (quiet[i].version && quiet[i].version != variant->params.version)
			continue;
		for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
			ASSERT_EQ(0, row_is_quiet(&self->mode, &variant->params, &quiet[i],
						  kind))
				TH_LOG("%s, by %s", quiet[i].name, kind->name);
		}
	}
}

/* A ticket in as many records as it has bytes, 14 and the header. */
KT_TEST(table, a_ticket_in_parts)
{
	static const char ticket[] = "\4\0\0\16abcdefghijklmn";
	struct kseal_info info;

	if (variant->params.version != V13)
		return;
	for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
		kt_mode_close(&self->mode);
		ASSERT_EQ(0, kt_mode_open(&self->mode, &variant->params, 0));
		for (int i = 0; i < 18; i++)
			ASSERT_EQ(0, kt_send_record(&self->mode.link, KT_HANDSHAKE, ticket + i,
						    1));
		ASSERT_EQ(0, kt_send_pattern(&self->mode.link, 1000, 0));
		ASSERT_EQ(0, kt_kind_expect(kind, self->mode.link.fd, 1000, 0));
		ASSERT_EQ(0, kt_info_get(self->mode.link.fd, &info));
		EXPECT_EQ(1, info.tickets);
		EXPECT_EQ(18, info.controls);
	}
}

KT_TEST(table, hello_request_is_answered)
{
	struct kt_link *link = &self->mode.link;
	struct kseal_info info;

	if (variant->params.version != V12)
		return;
	ASSERT_EQ(0, kt_mode_open(&self->mode, &variant->params, 0));
	ASSERT_EQ(0, kt_send_record(link, KT_HANDSHAKE, "\0\0\0\0", 4));
	ASSERT_EQ(0, kt_sealed_in(link));
	ASSERT_EQ(0, kt_expect_record(link, KT_ALERT, "\1\144", 2));
	EXPECT_EQ(0, kt_sealed_out(link));
	ASSERT_EQ(0, kt_info_get(link->fd, &info));
	EXPECT_EQ(1, info.alert_out_level);
	EXPECT_EQ(KT_NO_RENEGOTIATION, info.alert_out);
	/* in the middle of a record that MSG_MORE holds open */
	ASSERT_EQ(4, send(link->fd, "open", 4, MSG_MORE));
	ASSERT_EQ(0, kt_send_record(link, KT_HANDSHAKE, "\0\0\0\0", 4));
	ASSERT_EQ(0, kt_sealed_in(link));
	ASSERT_EQ(0, kt_expect_record(link, KT_DATA, "open", 4));
	ASSERT_EQ(0, kt_expect_record(link, KT_ALERT, "\1\144", 2));
	EXPECT_EQ(0, kt_sealed_out(link));
}

/* ---- too much of it ---------------------------------------------------------- */

static int flood(struct kt_mode *mode, const struct row *row)
{
	struct kt_link *link = &mode->link;

	/* far more than the clock gives back meanwhile */
	for (int i = 0; i < 200; i++)
		if (kt_send_record(link, row->type, row->data, row->len))
			return -1;
	return kt_send_pattern(link, 100, 0) || kt_all_here(link) ||
	       kt_recv_errno(link->fd, 0) != EPROTO ||
	       kt_expect_ended(link, EPROTO, KT_UNEXPECTED_MESSAGE) ||
	       kt_mode_ended(link->fd, KSEAL_END_FLOOD) ? -1 : 0;
}

KT_TEST(table, floods_end_the_connection)
{
	for (size_t i = 0; i < ARRAY_SIZE(quiet); i++) {
		if ((quiet[i].version && quiet[i].version != variant->params.version) ||
		    quiet[i].type == KT_DATA)
			continue;
		kt_mode_close(&self->mode);
		ASSERT_EQ(0, kt_mode_open(&self->mode, &variant->params, quiet[i].flags));
		ASSERT_EQ(0, flood(&self->mode, &quiet[i])) TH_LOG("%s", quiet[i].name);
	}
}

KT_TEST(table, with_data_between_it_is_no_flood)
{
	struct kt_link *link = &self->mode.link;

	ASSERT_EQ(0, kt_mode_open(&self->mode, &variant->params, 0));
	for (int i = 0; i < 200; i++) {
		ASSERT_EQ(0, kt_send_record(link, KT_ALERT, "\1\132", 2));
		for (int j = 0; j < 4; j++)
			ASSERT_EQ(0, kt_send_pattern(link, 10, j * 10));
		ASSERT_EQ(0, kt_kind_expect(&kt_kinds[0], link->fd, 40, 0));
	}
}

/* By default all that is the program's, as in-tree TLS has it. */
KT_TEST(table, the_mode_is_off_by_default)
{
	uint8_t got[10], type;

	ASSERT_EQ(0, kt_link_open(&self->mode.link, &variant->params, NULL));
	ASSERT_EQ(0, kt_send_record(&self->mode.link, KT_ALERT, "\2\50", 2));
	ASSERT_EQ(EIO, kt_recv_errno(self->mode.link.fd, 0));
	ASSERT_EQ(2, kt_recv_type(self->mode.link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_ALERT, type);
	EXPECT_EQ(0, kt_sealed_in(&self->mode.link));
	EXPECT_EQ(0, kt_sealed_out(&self->mode.link));
}

TEST_HARNESS_MAIN
