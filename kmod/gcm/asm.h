/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the assembly of AES-GCM needs of either world, and the layout that it
 * shares with C: see core.h, which asserts these offsets.
 */
#ifndef KSEAL_GCM_ASM_H
#define KSEAL_GCM_ASM_H

#ifdef __KERNEL__
#include <linux/linkage.h>
#endif
#ifndef SYM_FUNC_START
#define SYM_FUNC_START(name)	.globl name; .type name, @function; .p2align 6; name:
#define SYM_FUNC_END(name)	.size name, . - name
#endif
#ifndef RET
#define RET			ret
#endif

/* struct kseal_gcm_key */
#define KEY_ROUND_KEYS		0
#define KEY_ROUNDS		240
#define KEY_POWERS		256
#define KEY_MIXED		768
/* struct kseal_gcm_state */
#define STATE_HASH		0
#define STATE_COUNTER		16
#define STATE_STREAM		32
#define STATE_BLOCK		48

#define POWERS			32

/* where H^n is, relative to KEY_POWERS */
#define POWER(n)		((POWERS - (n)) * 16)
/* the sum of its halves, for n = 4, 8 ... 32, relative to KEY_MIXED */
#define MIXED(n)		(POWER(n) / 4)
/* and where the narrow forms have it, relative to the power itself */
#define NARROW_MIXED		(-16 * 16)

#endif /* KSEAL_GCM_ASM_H */
