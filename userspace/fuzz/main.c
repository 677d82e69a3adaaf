// SPDX-License-Identifier: GPL-2.0
/*
 * Drives a fuzz target without libFuzzer, with part of its command line:
 * replays inputs from files, then tries inputs made of them and of chance.
 * The same seed gives the same inputs everywhere.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

enum {
	INPUT_MAX	= 1 << 16,
	CORPUS_MAX	= 256,
	DEFAULT_RUNS	= 20000,
};

static struct {
	uint8_t *data;
	size_t size;
} corpus[CORPUS_MAX];
static size_t corpus_count;

/* What is being tried, for the handler of a crash. */
static char doing[512];

static void crashed(int sig)
{
	ssize_t ignored = write(STDERR_FILENO, doing, strlen(doing));

	(void)ignored;
	signal(sig, SIG_DFL);
	raise(sig);
}

static void fail(const char *what, const char *path)
{
	fprintf(stderr, "fuzz: cannot %s %s: %s\n", what, path, strerror(errno));
	exit(1);
}

/* splitmix64 */
static uint64_t chance(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static size_t below(uint64_t *state, size_t limit)
{
	return chance(state) % limit;
}

/* In memory of its very size, so that valgrind and ASan see a byte too many. */
static void try_input(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		fail("get memory for", "an input");
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static void load_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(INPUT_MAX);
	size_t size;

	if (!file || !data)
		fail("open", path);
	size = fread(data, 1, INPUT_MAX, file);
	if (ferror(file))
		fail("read", path);
	fclose(file);
	snprintf(doing, sizeof(doing), "fuzz: that was the input of %s\n", path);
	try_input(data, size);
	if (corpus_count == CORPUS_MAX) {
		errno = ENOSPC;
		fail("keep", path);
	}
	corpus[corpus_count].data = data;
	corpus[corpus_count++].size = size;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);	/* in any locale */
}

static void load(const char *path)
{
	struct dirent **entry;
	struct stat st;
	char name[4096];
	int i, n;

	if (stat(path, &st))
		fail("find", path);
	if (!S_ISDIR(st.st_mode)) {
		load_file(path);
		return;
	}
	n = scandir(path, &entry, NULL, by_name);
	if (n < 0)
		fail("list", path);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/%s", path, entry[i]->d_name);
		if (entry[i]->d_name[0] != '.')
			load_file(name);
		free(entry[i]);
	}
	free(entry);
}

/* One small change, of those that find something: values, bits, places. */
static size_t mutate(uint8_t *data, size_t size, uint64_t *rng)
{
	static const uint8_t values[] = { 0, 1, 3, 4, 0x10, 0x17, 0x18, 0x40, 0x7f, 0xff };
	size_t at = size ? below(rng, size) : 0;
	size_t n = 1 + below(rng, 16);

	switch (size ? below(rng, 5) : 3) {
	case 0:
		data[at] ^= 1 << below(rng, 8);
		return size;
	case 1:
		data[at] = values[below(rng, sizeof(values))];
		return size;
	case 2:		/* take out */
		n = n < size - at ? n : size - at;
		memmove(data + at, data + at + n, size - at - n);
		return size - n;
	case 3:		/* put in */
		if (size + n > INPUT_MAX)
			return size;
		memmove(data + at + n, data + at, size - at);
		while (n--) {
			data[at++] = chance(rng);
			size++;
		}
		return size;
	default:	/* repeat a part: records behind records */
		n = 1 + below(rng, size - at);
		if (size + n > INPUT_MAX)
			return size;
		memmove(data + at + n, data + at, size - at);
		return size + n;
	}
}

static size_t make_input(uint8_t *data, uint64_t *rng)
{
	static const size_t sizes[] = { 8, 64, 512, 4096, INPUT_MAX };
	size_t size, i, n;

	if (!corpus_count || !below(rng, 4)) {
		size = below(rng, sizes[below(rng, below(rng, 16) ? 4 : 5)] + 1);
		for (i = 0; i < size; i++)
			data[i] = chance(rng);
		return size;
	}
	n = below(rng, corpus_count);
	size = corpus[n].size;
	memcpy(data, corpus[n].data, size);
	for (n = 1 + below(rng, 8); n; n--)
		size = mutate(data, size, rng);
	return size;
}

static void run(const char *name, unsigned long runs, unsigned long seed)
{
	static uint8_t data[INPUT_MAX];
	unsigned long n;

	for (n = 0; n < runs; n++) {
		uint64_t rng = ((uint64_t)seed << 32) + n;
		size_t size = make_input(data, &rng);

		snprintf(doing, sizeof(doing),
			 "fuzz: that was input %lu of %s with -seed=%lu and %zu files\n",
			 n, name, seed, corpus_count);
		try_input(data, size);
	}
	printf("%s: %zu files and %lu inputs of seed %lu, no failure\n", name,
	       corpus_count, runs, seed);
}

static bool option(const char *arg, const char *name, unsigned long *value)
{
	size_t len = strlen(name);
	char *end;

	if (strncmp(arg, name, len))
		return false;
	errno = 0;
	*value = strtoul(arg + len, &end, 10);
	if (end == arg + len || *end || errno) {
		fprintf(stderr, "fuzz: %s takes a number, not \"%s\"\n", name, arg + len);
		exit(2);
	}
	return true;
}

int main(int argc, char **argv)
{
	static const int signals[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV };
	const char *slash = strrchr(argv[0], '/');
	unsigned long runs = DEFAULT_RUNS, seed = 1;
	size_t i;
	int n;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], crashed);
	for (n = 1; n < argc; n++) {
		if (option(argv[n], "-runs=", &runs) || option(argv[n], "-seed=", &seed))
			continue;
		if (argv[n][0] == '-') {
			fprintf(stderr, "usage: %s [-runs=N] [-seed=N] [FILE|DIR]...\n",
				argv[0]);
			return 2;
		}
		load(argv[n]);
	}
	run(slash ? slash + 1 : argv[0], runs, seed);
	for (i = 0; i < corpus_count; i++)
		free(corpus[i].data);
	return 0;
}
