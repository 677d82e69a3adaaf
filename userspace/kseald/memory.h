/* SPDX-License-Identifier: GPL-2.0 */
/* Private keys are in this process's memory: what keeps them there. */
#ifndef KSEALD_MEMORY_H
#define KSEALD_MEMORY_H

/**
 * memory_protect() - before any key is read
 *
 * No core dumps; memory stays out of the swap area, what is allocated later too;
 * and the big numbers of the private-key operations are wiped when they are freed,
 * temporary ones too. (GnuTLS wipes its copies of keys itself.) What the system does
 * not allow is logged as a warning that says what to change.
 */
void memory_protect(void);

/**
 * memory_no_dumps() - no core dump, no ptrace(2) by others
 *
 * Part of memory_protect(). The kernel forgets it when the user changes.
 */
void memory_no_dumps(void);

/**
 * memory_wipe_numbers() - have GMP wipe what it frees
 *
 * Part of memory_protect().
 */
void memory_wipe_numbers(void);

#endif /* KSEALD_MEMORY_H */
