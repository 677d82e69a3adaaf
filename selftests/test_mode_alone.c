// SPDX-License-Identifier: GPL-2.0
/* Kernel-control mode where nobody reads: writers, pollers; and the options themselves. */
#include "lib/brief.h"
#include "lib/mode.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>

FIXTURE(alone)
{
	struct kt_mode mode;
	struct kt_link *link;
};

KT_BRIEF_VARIANTS(alone);

FIXTURE_SETUP(alone)
{
	self->link = &self->mode.link;
	ASSERT_EQ(0, kt_mode_open(&self->mode, &variant->params, 0));
}

FIXTURE_TEARDOWN(alone)
{
	kt_mode_close(&self->mode);
}

static int send_fatal(struct kt_link *link)
{
	return kt_send_record(link, KT_ALERT, "\2\50", 2) || kt_all_here(link) ? -1 : 0;
}

static int reopen_small(struct kt_mode *mode, const struct kt_params *params)
{
	struct kt_tune tune = { .fd_sndbuf = 8192, .raw_rcvbuf = 8192 };

	kt_mode_close(mode);
	return kt_mode_open_tuned(mode, params, 0, &tune, true);
}

KT_TEST(alone, a_writer_notices_a_fatal_alert)
{
	ASSERT_EQ(0, kt_sealed_out(self->link));
	ASSERT_EQ(0, send_fatal(self->link));
	EXPECT_EQ(-1, send(self->link->fd, "x", 1, MSG_NOSIGNAL));
	EXPECT_TRUE(errno == ECONNRESET || errno == EPIPE);
	EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_ALERT));
}

/* Behind data that nobody takes it is not to be seen. */
KT_TEST(alone, not_behind_data)
{
	ASSERT_EQ(0, kt_send_pattern(self->link, 100, 0));
	ASSERT_EQ(0, send_fatal(self->link));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(0, kt_sealed_out(self->link));
	EXPECT_EQ(0, kt_mode_lives(self->link->fd));
	ASSERT_EQ(0, kt_kind_expect(&kt_kinds[0], self->link->fd, 100, 0));
	EXPECT_EQ(ECONNRESET, kt_recv_errno(self->link->fd, 0));
}

KT_TEST(alone, a_sleeping_writer_notices_a_fatal_alert)
{
	struct kt_writer writer = { .len = 1000000 };

	ASSERT_EQ(0, reopen_small(&self->mode, &variant->params));
	writer.fd = self->link->fd;
	ASSERT_EQ(0, kt_writer_start(&writer));
	ASSERT_EQ(0, kt_task_asleep(&writer.task));
	ASSERT_EQ(0, kt_send_record(self->link, KT_ALERT, "\1\132", 2));
	ASSERT_EQ(0, kt_all_here(self->link));
	ASSERT_EQ(0, kt_task_asleep(&writer.task));
	ASSERT_EQ(0, kt_send_record(self->link, KT_ALERT, "\2\50", 2));
	EXPECT_LT(kt_task_join(&writer.task), 1000000);
	EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_ALERT));
}

/* Data that comes to a sleeping writer neither wakes it for good nor is lost. */
KT_TEST(alone, a_sleeping_writer_leaves_data_alone)
{
	struct kt_writer writer = { .len = 300000 };

	ASSERT_EQ(0, reopen_small(&self->mode, &variant->params));
	writer.fd = self->link->fd;
	ASSERT_EQ(0, kt_writer_start(&writer));
	ASSERT_EQ(0, kt_task_asleep(&writer.task));
	ASSERT_EQ(0, kt_pattern_arrives(self->link, 200, 0));
	ASSERT_EQ(0, kt_pattern_arrives(self->link, 300, 200));
	ASSERT_EQ(0, kt_task_asleep(&writer.task));
	ASSERT_EQ(0, kt_expect_stream(self->link, 300000, 0, NULL));
	EXPECT_EQ(300000, kt_task_join(&writer.task));
	EXPECT_EQ(0, kt_kind_expect(&kt_kinds[0], self->link->fd, 500, 0));
}

/* An event loop with a full buffer waits for room, and hears of the end. */
KT_TEST(alone, a_poller_for_room_notices_a_fatal_alert)
{
	int set;

	ASSERT_EQ(0, reopen_small(&self->mode, &variant->params));
	ASSERT_EQ(0, kt_nonblock(self->link->fd));
	ASSERT_GT(kt_fill_buffers(self->link->fd, 1000, 0), 0);
	set = kt_watch(self->link->fd, EPOLLOUT | EPOLLET);
	ASSERT_GE(set, 0);
	kt_events(set, 0);
	ASSERT_EQ(0, kt_send_record(self->link, KT_ALERT, "\2\50", 2));
	EXPECT_TRUE(kt_events(set, KT_WAIT_MS) & EPOLLERR);
	EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_ALERT));
	close(set);
}

/* Nothing is reported that a blocking reader would then wait for. */
KT_TEST(alone, poll_reports_what_can_be_read)
{
	ASSERT_EQ(0, kt_send_record(self->link, KT_ALERT, "\1\132", 2));
	ASSERT_EQ(0, kt_all_here(self->link));
	EXPECT_EQ(0, kt_poll(self->link->fd, POLLIN, 0));
	ASSERT_EQ(0, kt_pattern_arrives(self->link, 300, 0));
	EXPECT_EQ(POLLIN, kt_poll(self->link->fd, POLLIN, 0));
	EXPECT_EQ(0, kt_kind_expect(&kt_kinds[0], self->link->fd, 300, 0));
	EXPECT_EQ(0, kt_poll(self->link->fd, POLLIN, 0));
}

KT_TEST(alone, a_writer_answers_a_key_update)
{
	if (variant->params.version != TLS_1_3_VERSION)
		return;
	ASSERT_EQ(0, kt_mode_update(&self->mode, true));
	ASSERT_EQ(0, kt_all_here(self->link));
	ASSERT_EQ(4, send(self->link->fd, "data", 4, 0));
	ASSERT_EQ(0, kt_mode_expect_update(&self->mode));
	ASSERT_EQ(0, kt_expect_record(self->link, KT_DATA, "data", 4));
	EXPECT_EQ(0, kt_sealed_in(self->link));
}

KT_TEST(alone, the_alert_is_told)
{
	struct kseal_info info;

	ASSERT_EQ(0, send_fatal(self->link));
	ASSERT_EQ(ECONNRESET, kt_recv_errno(self->link->fd, 0));
	ASSERT_EQ(0, kt_info_get(self->link->fd, &info));
	EXPECT_EQ(KSEAL_END_ALERT, info.end);
	EXPECT_EQ(2, info.alert_in_level);
	EXPECT_EQ(40, info.alert_in);
	EXPECT_EQ(0, info.alert_out_level);
	EXPECT_EQ(0, info.state & (KSEAL_STATE_TX_SECRET | KSEAL_STATE_RX_SECRET));
}

/* ---- options ------------------------------------------------------------------- */

static int set(int fd, int name, const void *value, socklen_t len)
{
	return setsockopt(fd, SOL_TLS, name, value, len);
}

KT_TEST(alone, control_is_checked)
{
	struct kseal_control control = { .flags = KSEAL_CONTROL_ON };
	socklen_t len = sizeof(control);
	int fd = self->link->fd;

	EXPECT_ERRNO(EINVAL, set(fd, KSEAL_CONTROL, &control, sizeof(control) - 1));
	EXPECT_ERRNO(EINVAL, set(fd, KSEAL_CONTROL, &control, 0));
	EXPECT_ERRNO(EFAULT, set(fd, KSEAL_CONTROL, (void *)1, sizeof(control)));
	EXPECT_ERRNO(EINVAL, kt_control(fd, 0x10 | KSEAL_CONTROL_ON, 0));
	EXPECT_ERRNO(EINVAL, kt_control(fd, KSEAL_CONTROL_CLIENT | KSEAL_CONTROL_SERVER, 0));
	EXPECT_ERRNO(EINVAL, kt_control(fd, KSEAL_CONTROL_ON, 1));
	EXPECT_ERRNO(EINVAL, kt_control(fd, KSEAL_CONTROL_ON, 23726567));
	EXPECT_EQ(0, kt_control(fd, KSEAL_CONTROL_ON | KSEAL_CONTROL_SERVER, 23726566));
	memset(&control, 0xff, sizeof(control));
	ASSERT_EQ(0, getsockopt(fd, SOL_TLS, KSEAL_CONTROL, &control, &len));
	EXPECT_EQ(KSEAL_CONTROL_ON | KSEAL_CONTROL_SERVER, control.flags);
	EXPECT_EQ(23726566, control.tx_records);
	EXPECT_EQ(0, control.reserved);
	control.reserved = 1;
	EXPECT_ERRNO(EINVAL, set(fd, KSEAL_CONTROL, &control, sizeof(control)));
}

KT_TEST(alone, what_the_program_should_read_is_busy)
{
	uint8_t got[10], type;

	ASSERT_EQ(0, kt_control(self->link->fd, 0, 0));
	ASSERT_EQ(0, kt_send_record(self->link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(EIO, kt_recv_errno(self->link->fd, 0));
	EXPECT_ERRNO(EBUSY, kt_control(self->link->fd, KSEAL_CONTROL_ON, 0));
	ASSERT_EQ(2, kt_recv_type(self->link->fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(0, kt_control(self->link->fd, KSEAL_CONTROL_ON, 0));
}

/* What has come before is taken as well. */
KT_TEST(alone, it_can_be_turned_on_late)
{
	ASSERT_EQ(0, kt_control(self->link->fd, 0, 0));
	ASSERT_EQ(0, kt_send_pattern(self->link, 100, 0));
	ASSERT_EQ(0, kt_send_record(self->link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(0, kt_all_here(self->link));
	ASSERT_EQ(0, kt_control(self->link->fd, KSEAL_CONTROL_ON, 0));
	EXPECT_EQ(0, kt_kind_expect(&kt_kinds[0], self->link->fd, 100, 0));
	EXPECT_EQ(0, kt_kind_eof(&kt_kinds[0], self->link->fd));
}

/* What a library had read ahead is in front of the stream, and as good. */
KT_TEST(alone, what_was_read_ahead_is_taken_as_well)
{
	static uint8_t wire[3 * KT_MAX_WIRE];
	struct kt_key key;
	ssize_t len;

	ASSERT_EQ(0, kt_link_reopen_keyless(self->link, &variant->params));
	key = self->link->in.key;
	len = kt_seal(&self->link->in, KT_ALERT, "\1\132", 2, 0, wire);
	len += kt_seal_pattern(self->link, 200, wire + len);
	len += kt_seal(&self->link->in, KT_ALERT, "\1\0", 2, 0, wire + len);
	/* the close_notify's last byte comes by TCP */
	ASSERT_EQ(0, set(self->link->fd, KSEAL_RX_PREFIX, wire, len - 1));
	ASSERT_EQ(0, kt_install(self->link->fd, TLS_RX, &key));
	ASSERT_EQ(0, kt_control(self->link->fd, KSEAL_CONTROL_ON, 0));
	ASSERT_EQ(0, kt_write_here(self->link, wire + len - 1, 1));
	ASSERT_EQ(0, kt_kind_expect(&kt_kinds[0], self->link->fd, 200, 0));
	EXPECT_EQ(0, kt_kind_eof(&kt_kinds[0], self->link->fd));
}

KT_TEST(alone, no_other_type_is_sent)
{
	EXPECT_ERRNO(EOPNOTSUPP, kt_send_type(self->link->fd, KT_ALERT, "\1\0", 2, 0));
	EXPECT_ERRNO(EOPNOTSUPP, kt_send_type(self->link->fd, KT_HANDSHAKE, "x", 1, 0));
	EXPECT_EQ(4, kt_send_type(self->link->fd, KT_DATA, "data", 4, 0));
	EXPECT_EQ(0, kt_expect_record(self->link, KT_DATA, "data", 4));
}

KT_TEST(alone, secrets_are_checked)
{
	struct kseal_secret secret = self->mode.out;
	int fd = self->link->fd;

	if (variant->params.version != TLS_1_3_VERSION) {
		kt_secret_make(&secret, &variant->params, 1);
		EXPECT_ERRNO(EOPNOTSUPP, set(fd, KSEAL_TX_SECRET, &secret, sizeof(secret)));
		EXPECT_ERRNO(EOPNOTSUPP, set(fd, KSEAL_RX_SECRET, &secret, sizeof(secret)));
		return;
	}
	EXPECT_ERRNO(EINVAL, set(fd, KSEAL_TX_SECRET, &secret, sizeof(secret) - 1));
	EXPECT_ERRNO(EFAULT, set(fd, KSEAL_TX_SECRET, (void *)1, sizeof(secret)));
	EXPECT_EQ(0, set(fd, KSEAL_TX_SECRET, &secret, sizeof(secret)));
	EXPECT_ERRNO(EKEYREJECTED, set(fd, KSEAL_RX_SECRET, &secret, sizeof(secret)));
	secret.secret[0] ^= 1;
	EXPECT_ERRNO(EKEYREJECTED, set(fd, KSEAL_TX_SECRET, &secret, sizeof(secret)));
	secret = self->mode.out;
	secret.len--;
	EXPECT_ERRNO(EINVAL, set(fd, KSEAL_TX_SECRET, &secret, sizeof(secret)));
	secret = self->mode.out;
	secret.hash = 9;
	EXPECT_ERRNO(EINVAL, set(fd, KSEAL_TX_SECRET, &secret, sizeof(secret)));
	secret = self->mode.out;
	secret.cipher = TLS_CIPHER_AES_GCM_128;
	EXPECT_ERRNO(EINVAL, set(fd, KSEAL_TX_SECRET, &secret, sizeof(secret)));
	ASSERT_EQ(0, kt_link_reopen_keyless(self->link, &variant->params));
	EXPECT_ERRNO(ENOTCONN, set(self->link->fd, KSEAL_TX_SECRET, &self->mode.out,
				   sizeof(self->mode.out)));
}

static bool kernel_has_sha384(void)
{
	return !system("grep -q '^name *: sha384$' /proc/crypto || modprobe -nq crypto-sha384");
}

/* What the secrets of AES-256-GCM are hashed with, where the kernel can. */
KT_TEST(alone, sha384_where_the_kernel_has_it)
{
	if (variant->params.cipher != TLS_CIPHER_AES_GCM_256)
		return;
	EXPECT_EQ(kernel_has_sha384() ? KSEAL_HASH_SHA384 : KSEAL_HASH_SHA256,
		  self->mode.out.hash);
}

/* A key of the program's own has nothing to do with the secret there was. */
KT_TEST(alone, another_key_takes_the_secret_with_it)
{
	struct kseal_info info;

	if (variant->params.version != TLS_1_3_VERSION)
		return;
	ASSERT_EQ(0, kt_flow_next(&self->link->out, &self->mode.out));
	ASSERT_EQ(0, kt_install(self->link->fd, TLS_TX, &self->link->out.key));
	ASSERT_EQ(0, kt_info_get(self->link->fd, &info));
	EXPECT_EQ(KSEAL_STATE_RX_SECRET,
		  info.state & (KSEAL_STATE_TX_SECRET | KSEAL_STATE_RX_SECRET));
	EXPECT_EQ(0, set(self->link->fd, KSEAL_TX_SECRET, &self->mode.out,
			 sizeof(self->mode.out)));
	EXPECT_EQ(0, kt_sealed_out(self->link));
}

TEST_HARNESS_MAIN
