/* SPDX-License-Identifier: GPL-2.0 */
/* AES-GCM on registers of 128 bits: AVX, AES-NI, PCLMULQDQ. */
#define WIDTH		16
#define VEC		%xmm
#define REG(n)		%xmm##n

.macro broadcast from, to
	vmovdqu		\from, \to
.endm

#include "narrow.h"

crypt kseal_gcm_encrypt_aesni, 1
crypt kseal_gcm_decrypt_aesni, 0

#ifndef __KERNEL__
.section .note.GNU-stack, "", @progbits
#endif
