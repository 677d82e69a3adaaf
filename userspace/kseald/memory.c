// SPDX-License-Identifier: GPL-2.0
/* Private keys are in this process's memory: what keeps them there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <gmp.h>

#include "log.h"
#include "memory.h"

void memory_no_dumps(void)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0) || setrlimit(RLIMIT_CORE, &none))
		log_warning("core dumps cannot be turned off: %s", strerror(errno));
}

/*
 * With a limit, an allocation beyond it would fail one day, in the middle of a handshake:
 * all or nothing. Pages are locked as they are touched: threads' stacks are large and empty.
 */
static void lock_memory(void)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	if (!setrlimit(RLIMIT_MEMLOCK, &unlimited) &&
	    !mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		return;
	log_warning("memory cannot be locked, so keys may get into the swap area: %s; start kseald "
		    "as root with --user, or raise the limit (ulimit -l unlimited, "
		    "LimitMEMLOCK=infinity)", strerror(errno));
}

/* ---- big numbers -------------------------------------------------------- */

/* GMP has no use for an error. */
static void *allocate(size_t size)
{
	void *memory = malloc(size);

	if (!memory)
		abort();
	return memory;
}

static void wipe(void *memory, size_t size)
{
	explicit_bzero(memory, size);
	free(memory);
}

static void *reallocate(void *memory, size_t before, size_t size)
{
	void *moved = allocate(size);

	memcpy(moved, memory, before < size ? before : size);
	wipe(memory, before);
	return moved;
}

void memory_wipe_numbers(void)
{
	mp_set_memory_functions(allocate, reallocate, wipe);
}

void memory_protect(void)
{
	memory_no_dumps();
	memory_wipe_numbers();
	lock_memory();
}
