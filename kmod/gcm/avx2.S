/* SPDX-License-Identifier: GPL-2.0 */
/* AES-GCM on registers of 256 bits: AVX2, VAES, VPCLMULQDQ. */
#define WIDTH		32
#define VEC		%ymm
#define REG(n)		%ymm##n

.macro broadcast from, to
	vbroadcasti128	\from, \to
.endm

#include "narrow.h"

crypt kseal_gcm_encrypt_avx2, 1
crypt kseal_gcm_decrypt_avx2, 0

#ifndef __KERNEL__
.section .note.GNU-stack, "", @progbits
#endif
