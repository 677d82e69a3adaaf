/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The C library's own functions, behind those that this library puts before them. */
#ifndef KSEAL_RUN_REAL_H
#define KSEAL_RUN_REAL_H

#include <dlfcn.h>
#include <stdlib.h>

/**
 * REAL() - the next definition of a function
 *
 * dlsym() is called once for each place that uses it. The C library has all of them, or
 * it could not have started the program.
 */
#define REAL(name) ({								\
	static __typeof__(&name) real_;						\
	__typeof__(&name) next_ = __atomic_load_n(&real_, __ATOMIC_RELAXED);	\
										\
	if (!next_) {								\
		next_ = (__typeof__(&name))dlsym(RTLD_NEXT, #name);		\
		if (!next_)							\
			abort();						\
		__atomic_store_n(&real_, next_, __ATOMIC_RELAXED);		\
	}									\
	next_;									\
})

#endif /* KSEAL_RUN_REAL_H */
