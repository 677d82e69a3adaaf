/* SPDX-License-Identifier: GPL-2.0 */
/* Who owns the vector registers while the pure code runs. */
#ifndef KSEAL_GCM_FPU_H
#define KSEAL_GCM_FPU_H

#include <asm/simd.h>
#include <crypto/internal/simd.h>
#include <linux/preempt.h>

#ifdef CONFIG_UML
/*
 * A User-Mode Linux kernel is a process of its host, and its registers are that
 * process's. What could change them in the middle of a stretch:
 * - another task of this kernel: it is switched to by longjmp(), which keeps no
 *   vector registers. Only schedule() does that, and nothing calls it as long as
 *   preemption is disabled.
 * - an interrupt: it is a signal to the process. The host saves all registers
 *   before the handler, and puts them back after it, whatever softirqs have done
 *   to them in between, AES-GCM included.
 * - a program of the guest: it is another process of the host, or its registers
 *   are fetched and put back as a whole.
 * With several CPUs each one is a thread, and has registers of its own.
 */
static inline void kseal_gcm_fpu_begin(void)
{
	preempt_disable();
}

static inline void kseal_gcm_fpu_end(void)
{
	preempt_enable();
}
#else
#include <asm/fpu/api.h>

static inline void kseal_gcm_fpu_begin(void)
{
	kernel_fpu_begin();
}

static inline void kseal_gcm_fpu_end(void)
{
	kernel_fpu_end();
}
#endif

#endif /* KSEAL_GCM_FPU_H */
