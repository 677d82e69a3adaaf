// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's fault injection (Documentation/fault-injection). A thread's
 * fail-nth counts allocations of slab objects and of pages and copies to and
 * from user space alike, only those below certain functions if there is a
 * stack filter, and not those of a softirq that interrupts the thread. For
 * these a page's turn comes by "space", which counts pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"

#define DEBUG "/sys/kernel/debug/"

enum { AREA = 64 << 20 };

static const char *const kinds[] = { "failslab", "fail_page_alloc", "fail_usercopy" };
static unsigned long loader_start, loader_end;
static int nth = -1;

static int put(const char *kind, const char *name, const char *value)
{
	char path[128];
	int fd, ret;

	snprintf(path, sizeof(path), DEBUG "%s/%s", kind, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return kt_errno(path);
	ret = write(fd, value, strlen(value)) < 0 ? kt_errno(path) : 0;
	close(fd);
	return ret;
}

static int put_number(const char *kind, const char *name, unsigned long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", value);
	return put(kind, name, text);
}

static long get_number(const char *kind, const char *name)
{
	char path[128];
	long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), DEBUG "%s/%s", kind, name);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%ld", &value) != 1)
		kt_errno(path);
	if (file)
		fclose(file);
	return value;
}

/* Filters of their own would let allocations pass that sleep, or are small. */
static int prepare_kinds(void)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (put(kinds[i], "verbose", getenv("FAULTS_VERBOSE") ? "2" : "0") || put(kinds[i], "probability", "0") ||
		    put(kinds[i], "interval", "1") || put(kinds[i], "task-filter", "N") ||
		    put(kinds[i], "stacktrace-depth", "32"))
			return -1;
	return put("failslab", "ignore-gfp-wait", "N") ||
	       put("failslab", "cache-filter", "N") ||
	       put("fail_page_alloc", "ignore-gfp-wait", "N") ||
	       put("fail_page_alloc", "ignore-gfp-highmem", "N") ||
	       put("fail_page_alloc", "min-order", "0") ? -1 : 0;
}

int fault_arm_init(unsigned long area)
{
	loader_start = area > AREA ? area - AREA : 0;
	loader_end = area + AREA;
	nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth < 0)
		return kt_errno("/proc/thread-self/fail-nth");
	return prepare_kinds();
}

static int set_filter(enum fault_where where)
{
	static enum fault_where last = -1;
	unsigned long start = 0, end = -1UL;

	if (where == last)
		return 0;
	if (where == WHERE_LOADER) {
		start = loader_start;
		end = loader_end;
	} else if (where == WHERE_MODULE && module_text(&start, &end)) {
		return -1;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (put_number(kinds[i], "require-start", start) ||
		    put_number(kinds[i], "require-end", end))
			return -1;
	/* the module does not stay where it is when it is loaded anew */
	last = where == WHERE_LOADER ? (enum fault_where)-1 : where;
	return 0;
}

int fault_arm(enum fault_where where, unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (set_filter(where))
		return -1;
	return pwrite(nth, text, len, 0) == len ? 0 : kt_errno("arming fail-nth");
}

int fault_disarm(void)
{
	int error = errno, left;
	char text[16] = "";

	/* these two copy as well, and so may be what fails: then it is over */
	if (pread(nth, text, sizeof(text) - 1, 0) <= 0)
		return errno == EFAULT ? 0 : kt_errno("reading fail-nth");
	left = atoi(text);
	if (left && pwrite(nth, "0", 1, 0) != 1 && errno != EFAULT)
		return kt_errno("disarming fail-nth");
	errno = error;
	return !left;
}

int fault_arm_softirq(unsigned int n)
{
	return set_filter(WHERE_MODULE) || put_number("fail_page_alloc", "space", n) ||
	       put("fail_page_alloc", "times", "1") ||
	       put("fail_page_alloc", "probability", "100") ? -1 : 0;
}

int fault_disarm_softirq(void)
{
	long times;

	if (put("fail_page_alloc", "probability", "0"))
		return -1;
	times = get_number("fail_page_alloc", "times");
	return times < 0 ? -1 : !times;
}
