// SPDX-License-Identifier: GPL-2.0
/* What kseald agrees to, as rows of a table: what is not here, it does not do. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "suites.h"

/**
 * struct row - one name
 * @priority: what GnuTLS's priority strings call it
 * @number: on the wire, where it has one of its own
 */
struct row {
	enum suites_kind kind;
	const char *name;
	const char *priority;
	uint16_t number;
};

/* Ciphers are those that libkseal's install.c gives to the kernel. */
static const struct row rows[] = {
	{ SUITES_VERSIONS, "1.3", "VERS-TLS1.3", 0x0304 },
	{ SUITES_VERSIONS, "1.2", "VERS-TLS1.2", 0x0303 },
	{ SUITES_CIPHERS, "AES-128-GCM", "AES-128-GCM", 0 },
	{ SUITES_CIPHERS, "AES-256-GCM", "AES-256-GCM", 0 },
	{ SUITES_CIPHERS, "CHACHA20-POLY1305", "CHACHA20-POLY1305", 0 },
	{ SUITES_CIPHERS, "AES-128-CCM", "AES-128-CCM", 0 },
	{ SUITES_KEY_EXCHANGES, "ECDHE-ECDSA", "ECDHE-ECDSA", 0 },
	{ SUITES_KEY_EXCHANGES, "ECDHE-RSA", "ECDHE-RSA", 0 },
	{ SUITES_KEY_EXCHANGES, "DHE-RSA", "DHE-RSA", 0 },
	{ SUITES_KEY_EXCHANGES, "RSA", "RSA", 0 },
	{ SUITES_GROUPS, "X25519", "GROUP-X25519", 0x001d },
	{ SUITES_GROUPS, "secp256r1", "GROUP-SECP256R1", 0x0017 },
	{ SUITES_GROUPS, "X448", "GROUP-X448", 0x001e },
	{ SUITES_GROUPS, "secp384r1", "GROUP-SECP384R1", 0x0018 },
	{ SUITES_GROUPS, "secp521r1", "GROUP-SECP521R1", 0x0019 },
	{ SUITES_GROUPS, "ffdhe2048", "GROUP-FFDHE2048", 0x0100 },
	{ SUITES_GROUPS, "ffdhe3072", "GROUP-FFDHE3072", 0x0101 },
	{ SUITES_GROUPS, "ffdhe4096", "GROUP-FFDHE4096", 0x0102 },
};

enum {
	ROW_COUNT = sizeof(rows) / sizeof(rows[0]),
};

static const struct row *find(enum suites_kind kind, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < ROW_COUNT; i++)
		if (rows[i].kind == kind && strlen(rows[i].name) == len &&
		    !strncasecmp(rows[i].name, name, len))
			return &rows[i];
	return NULL;
}

/* The next name of *@list, which moves behind it; NULL at the end or no such name. */
static const struct row *next(enum suites_kind kind, const char **list)
{
	const size_t len = strcspn(*list, ",");
	const struct row *row = find(kind, *list, len);

	*list += len + ((*list)[len] == ',');
	return row;
}

int suites_check(enum suites_kind kind, const char *list)
{
	uint32_t seen = 0, bit;
	const struct row *row;
	size_t len;

	do {
		len = strcspn(list, ",");
		row = find(kind, list, len);
		if (!row)
			return -EINVAL;
		bit = 1U << (row - rows);
		if (seen & bit)
			return -EINVAL;
		seen |= bit;
		list += len;
	} while (*list++ == ',');
	return 0;
}

const char *suites_names(enum suites_kind kind, char text[SUITES_NAMES_SIZE])
{
	size_t i, at = 0;

	for (i = 0; i < ROW_COUNT; i++)
		if (rows[i].kind == kind)
			at += snprintf(text + at, SUITES_NAMES_SIZE - at, "%s%s",
				       at ? ", " : "", rows[i].name);
	return text;
}

/* Without AES in the processor ChaCha20 is several times faster. */
static const char *default_ciphers(void)
{
#ifdef __x86_64__
	if (!__builtin_cpu_supports("aes"))
		return "CHACHA20-POLY1305,AES-128-GCM,AES-256-GCM,AES-128-CCM";
#endif
	return "AES-128-GCM,AES-256-GCM,CHACHA20-POLY1305,AES-128-CCM";
}

/* Forward secrecy: DHE is left out for its cost, RSA for not having it. */
const char *suites_list(const struct suites *suites, enum suites_kind kind)
{
	if (suites->lists[kind])
		return suites->lists[kind];
	switch (kind) {
	case SUITES_VERSIONS:
		return "1.3,1.2";
	case SUITES_CIPHERS:
		return default_ciphers();
	case SUITES_KEY_EXCHANGES:
		return "ECDHE-ECDSA,ECDHE-RSA";
	default:
		return "X25519,secp256r1,X448,secp384r1,secp521r1,ffdhe2048,ffdhe3072,ffdhe4096";
	}
}

int suites_have(enum suites_kind kind, const char *list, uint16_t number)
{
	const struct row *row;

	while (*list) {
		row = next(kind, &list);
		if (row && row->number == number)
			return 1;
	}
	return 0;
}

/* Signatures are left to NORMAL, and so to GnuTLS and the system's administrator. */
void suites_priority(const struct suites *suites, char text[SUITES_PRIORITY_SIZE])
{
	static const char *const without[SUITES_KINDS] = {
		[SUITES_VERSIONS] = "-VERS-ALL", [SUITES_CIPHERS] = "-CIPHER-ALL",
		[SUITES_KEY_EXCHANGES] = "-KX-ALL", [SUITES_GROUPS] = "-GROUP-ALL",
	};
	const struct row *row;
	const char *list;
	size_t at, kind;

	at = snprintf(text, SUITES_PRIORITY_SIZE, "NORMAL:%%SERVER_PRECEDENCE:-MAC-ALL:+AEAD");
	for (kind = 0; kind < SUITES_KINDS; kind++) {
		at += snprintf(text + at, SUITES_PRIORITY_SIZE - at, ":%s", without[kind]);
		list = suites_list(suites, kind);
		while (*list) {
			row = next(kind, &list);
			if (row)
				at += snprintf(text + at, SUITES_PRIORITY_SIZE - at, ":+%s",
					       row->priority);
		}
	}
}
