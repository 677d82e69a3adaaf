/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KCM (Documentation/networking/kcm.rst): messages cut out of a TCP stream in
 * the kernel. It reads through read_sock, and writes pages.
 *
 * A message here begins with its own length, in 2 bytes, and goes on with the
 * test stream. Where several may begin in one record all have the same length:
 * KCM's programs see a record from its start, wherever a message begins.
 */
#ifndef KT_KCM_H
#define KT_KCM_H

#include "kt.h"

enum { KT_MESSAGE_HEADER = 2 };

/** kt_kcm() - a KCM socket whose readers wait for KT_WAIT_MS; -1. */
int kt_kcm(void);

/** kt_kcm_clone() - one more for the same connections. */
int kt_kcm_clone(int kcm);

/**
 * kt_kcm_attach() - have KCM read and write a TCP socket
 * @len: length of every message; 0 when each says it
 */
int kt_kcm_attach(int kcm, int fd, size_t len);

/** kt_kcm_detach() - have it let go. */
int kt_kcm_detach(int kcm, int fd);

/** kt_message() - make one of @len bytes; the stream from @position on. */
void kt_message(uint8_t *message, size_t len, uint64_t position);

/** kt_send_message() - from the plain end, in records of @size */
int kt_send_message(struct kt_link *link, size_t len, size_t size, uint64_t position);

/** kt_expect_message() - what KCM's reader gets next is that message. */
int kt_expect_message(int kcm, size_t len, uint64_t position);

/** kt_expect_piece() - what it gets next is @len bytes of the stream alone. */
int kt_expect_piece(int kcm, size_t len, uint64_t position);

/** kt_expect_no_message() - it would have to wait. */
int kt_expect_no_message(int kcm);

#endif /* KT_KCM_H */
