// SPDX-License-Identifier: GPL-2.0
/*
 * kseald's configuration file of any bytes: it is taken, or refused with words that
 * name it, and nothing of it stays behind.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#include "../kseald/options.h"
#include "../kseald/tls.h"
#include "../kseald/worker.h"

/* libconfig forgets texts that a syntax error follows. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

/* What the rest of kseald has and a file alone does not lead to. */
unsigned int workers_default(void)
{
	return 1;
}

int tls_fail(struct kseal_result *result, int error, const char *format, ...)
{
	(void)result;
	(void)error;
	(void)format;
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64], *words;
	char *argv[] = { "kseald", "--config", path, NULL };
	const int fd = memfd_create("kseald.conf", MFD_CLOEXEC);
	struct options options;
	enum options_verdict verdict;
	size_t length;
	FILE *err = open_memstream(&words, &length);

	REQUIRE(fd >= 0 && err);
	REQUIRE(write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	verdict = options_parse(&options, 3, argv, err, err);
	fclose(err);
	REQUIRE(verdict == OPTIONS_RUN || verdict == OPTIONS_BAD);
	REQUIRE((verdict == OPTIONS_BAD) == (strstr(words, "kseald: ") != NULL));
	options_free(&options);
	free(words);
	close(fd);
	return 0;
}
