// SPDX-License-Identifier: GPL-2.0
/* What the kernel says about the module and its sockets; and what we say. */
#include "kt.h"
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void kt_say(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "# %s\n", text);
}

int kt_errno(const char *call)
{
	int saved = errno;

	kt_say("%s: %s", call, strerror(saved));
	errno = saved;
	return -1;
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int kt_wait_for(long long (*probe)(void *arg), void *arg, long long want)
{
	long long end = now_ms() + KT_WAIT_MS;
	long long got;

	while ((got = probe(arg)) != want) {
		if (now_ms() > end) {
			kt_say("still %lld after %d ms, want %lld", got,
			       KT_WAIT_MS, want);
			return -1;
		}
		poll(NULL, 0, 1);
	}
	return 0;
}

int kt_info_get(int fd, struct kseal_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	if (getsockopt(fd, SOL_TLS, KSEAL_INFO, info, &len))
		return kt_errno("getsockopt(KSEAL_INFO)");
	if (len != sizeof(*info)) {
		kt_say("KSEAL_INFO of %u bytes, want %zu", len, sizeof(*info));
		return -1;
	}
	return 0;
}

uint64_t kt_spliced_bytes(int fd)
{
	struct kseal_info info;

	return kt_info_get(fd, &info) ? ~0ULL : info.tx_splice_bytes;
}

/* "NAME VALUE" lines; the value is looked up by the whole name. */
static long long lookup(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	long long value = -1;
	char key[64];

	if (!file) {
		kt_errno(path);
		return -1;
	}
	for (long long v; fscanf(file, "%63s %lld%*[^\n]", key, &v) == 2;)
		if (!strcmp(key, name))
			value = v;
	fclose(file);
	return value;
}

long long kt_stat(const char *name)
{
	/* the module's own, whatever names it answers to as ULP */
	static const char path[] = "/proc/self/net/kseal_stat";
	long long value = lookup(path, name);

	if (value < 0)
		kt_say("%s: no counter %s", path, name);
	return value;
}

int kt_module_users(void)
{
	static const char path[] = "/sys/module/kseal/refcnt";
	FILE *file = fopen(path, "re");
	int users = -1;

	if (!file || fscanf(file, "%d", &users) != 1)
		kt_errno(path);
	if (file)
		fclose(file);
	return users;
}
