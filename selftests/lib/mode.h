/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel-control mode: links whose keys come from traffic secrets, readers of
 * every kind, and what they get.
 */
#ifndef KT_MODE_H
#define KT_MODE_H

#include "kt.h"

enum {					/* alerts, RFC 8446 6, RFC 5246 7.2 */
	KT_CLOSE_NOTIFY = 0,
	KT_UNEXPECTED_MESSAGE = 10,
	KT_HANDSHAKE_FAILURE = 40,
	KT_ILLEGAL_PARAMETER = 47,
	KT_DECODE_ERROR = 50,
	KT_INTERNAL_ERROR = 80,
	KT_USER_CANCELED = 90,
	KT_NO_RENEGOTIATION = 100,
};

/**
 * struct kt_mode - a link in kernel-control mode
 * @link: the link
 * @out: secret of its sealing key, TLS 1.3 only
 * @in: likewise of its opening key
 */
struct kt_mode {
	struct kt_link link;
	struct kseal_secret out;
	struct kseal_secret in;
};

/** kt_mode_open() - connect, keys, secrets in TLS 1.3, KSEAL_CONTROL with @flags. */
int kt_mode_open(struct kt_mode *mode, const struct kt_params *params, uint32_t flags);

/** kt_mode_open_tuned() - the same; @secrets: whether to give them to the kernel. */
int kt_mode_open_tuned(struct kt_mode *mode, const struct kt_params *params, uint32_t flags,
		       const struct kt_tune *tune, bool secrets);

/** kt_mode_close() - close what is open. */
void kt_mode_close(struct kt_mode *mode);

/** kt_control() - setsockopt(KSEAL_CONTROL); errno is set. */
int kt_control(int fd, uint32_t flags, uint64_t tx_records);

/** kt_secret_make() - a secret that depends on @seed alone, for that suite. */
void kt_secret_make(struct kseal_secret *secret, const struct kt_params *params,
		    unsigned int seed);

/** kt_secret_key() - the key that comes from it (RFC 8446 7.3), from record 0 on. */
int kt_secret_key(const struct kseal_secret *secret, struct kt_key *key);

/** kt_secret_next() - the secret that comes next (RFC 8446 7.2). */
int kt_secret_next(struct kseal_secret *secret);

/** kt_flow_next() - a flow's next key; its secret moves on. */
int kt_flow_next(struct kt_flow *flow, struct kseal_secret *secret);

/** kt_mode_update() - the plain end sends a KeyUpdate and seals with the next key. */
int kt_mode_update(struct kt_mode *mode, bool request);

/** kt_mode_expect_update() - the next record is the kernel's KeyUpdate; follow it. */
int kt_mode_expect_update(struct kt_mode *mode);

/**
 * struct kt_kind - a kind of reader
 * @name: for messages
 * @read: up to @len bytes; 0 at the end; -1 with errno. It waits for them.
 */
struct kt_kind {
	const char *name;
	ssize_t (*read)(int fd, void *buffer, size_t len);
};

/** kt_kinds - all of them, up to one without a name. */
extern const struct kt_kind kt_kinds[];

/** kt_kind_expect() - the reader gets the stream's bytes [@from, @from + @len). */
int kt_kind_expect(const struct kt_kind *kind, int fd, size_t len, uint64_t from);

/** kt_kind_eof(), kt_kind_fails() - it gets the end, or @error, again and again. */
int kt_kind_eof(const struct kt_kind *kind, int fd);
int kt_kind_fails(const struct kt_kind *kind, int fd, int error);

/** kt_mode_lives() - and it did not end. */
int kt_mode_lives(int fd);

/** kt_mode_ended() - KSEAL_INFO tells that it ended for this reason. */
int kt_mode_ended(int fd, enum kseal_end end);

#endif /* KT_MODE_H */
