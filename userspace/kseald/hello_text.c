// SPDX-License-Identifier: GPL-2.0
/* PURE: a ClientHello in words. */
#include <stdio.h>
#include <string.h>

#include "hello.h"
#include "registry.h"

/* Shorter than in full: a line of the log has several. */
static const char *version_name(uint32_t number)
{
	static const char *const names[] = { "SSL3", "TLS1.0", "TLS1.1", "TLS1.2", "TLS1.3" };

	return number >= 0x0300 && number <= 0x0304 ? names[number - 0x0300] : NULL;
}

static const char *name_of(enum hello_kind kind, uint16_t number, char hex[8])
{
	static const char *(*const names[])(uint32_t number) = {
		[HELLO_SUITES] = registry_suite,
		[HELLO_VERSIONS] = version_name,
		[HELLO_GROUPS] = registry_group,
		[HELLO_SIGALGS] = registry_signature,
	};
	const char *name = names[kind](number);

	if (name)
		return name;
	snprintf(hex, 8, "0x%04x", number);
	return hex;
}

/* How many are left to name from the @i-th on. */
static size_t remaining(const struct hello_span *list, size_t i)
{
	size_t n = 0;

	for (; i < hello_count(list); i++)
		n += !hello_is_grease(hello_number(list, i));
	return n;
}

const char *hello_list(const struct hello_span *list, enum hello_kind kind, char *text,
		       size_t size)
{
	/* what has to fit behind a name that others follow */
	const size_t more = sizeof(" and 32767 more");
	size_t at = 0, i, len;
	const char *name;
	char hex[8];

	text[0] = '\0';
	for (i = 0; i < hello_count(list); i++) {
		if (hello_is_grease(hello_number(list, i)))
			continue;
		name = name_of(kind, hello_number(list, i), hex);
		len = strlen(name) + (at > 0);
		if (at + len + (remaining(list, i + 1) ? more : 1) > size) {
			snprintf(text + at, size - at, "%s%zu more", at ? " and " : "",
				 remaining(list, i));
			break;
		}
		at += snprintf(text + at, size - at, "%s%s", at ? " " : "", name);
	}
	return text;
}

const char *hello_describe(const struct hello *hello, char *text, size_t size)
{
	char host[HELLO_HOST_SIZE], version[64], suite[320], group[96], sigalg[160];
	struct hello_span only = { (const uint8_t[]){ hello->version >> 8, hello->version }, 2 };

	snprintf(text, size, "offers %s; %s; groups %s; signatures %s; SNI %s%s%s%s",
		 hello_list(hello->versions.data ? &hello->versions : &only, HELLO_VERSIONS,
			    version, sizeof(version)),
		 hello_list(&hello->suites, HELLO_SUITES, suite, sizeof(suite)),
		 hello_list(&hello->groups, HELLO_GROUPS, group, sizeof(group)),
		 hello_list(&hello->sigalgs, HELLO_SIGALGS, sigalg, sizeof(sigalg)),
		 hello_host(hello, host) ? host : "none",
		 hello->psk.data ? "; a ticket of TLS 1.3" : "",
		 hello->ticket.size ? "; a ticket of TLS 1.2" : "",
		 hello->session_id.size && !hello->versions.data ? "; a session ID" : "");
	return text;
}
