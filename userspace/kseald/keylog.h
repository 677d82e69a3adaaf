/* SPDX-License-Identifier: GPL-2.0 */
/* Secrets of sessions, in a file that Wireshark reads: only for who asks for it. */
#ifndef KSEALD_KEYLOG_H
#define KSEALD_KEYLOG_H

struct tls;

/**
 * keylog_open() - open, or make, the file that secrets go to
 *
 * Its mode is 0600. One that others may read, or that is no plain file, is refused. That it
 * is used at all is a warning in the log.
 *
 * Return: a descriptor, to be closed; -EINVAL, and it was logged why.
 */
int keylog_open(const char *path);

/**
 * keylog_attach() - write this session's secrets there, as far as there is such a file
 *
 * Without this GnuTLS would write them where SSLKEYLOGFILE says, if anybody set that.
 */
void keylog_attach(struct tls *tls);

/** keylog_resumed() - likewise for one of TLS 1.2 that was resumed: GnuTLS is silent then */
void keylog_resumed(const struct tls *tls);

#endif /* KSEALD_KEYLOG_H */
