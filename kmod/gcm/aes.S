/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Single blocks, for key set-up and the ends of messages: AES-NI, PCLMULQDQ and
 * AVX, which every CPU has that any of the forms runs on.
 */
#include "asm.h"

.section .rodata
.p2align 4
.Lreverse:
	.octa 0x000102030405060708090a0b0c0d0e0f
.Lpolynomial:
	.octa 0xc200000000000000

.text

/* hash * H, to hash; %xmm1 is H; leaves %xmm2 to %xmm5 with parts of it */
.macro multiply hash, h, poly
	vpshufd		$0x4e, \hash, %xmm2
	vpxor		\hash, %xmm2, %xmm2
	vpshufd		$0x4e, \h, %xmm3
	vpxor		\h, %xmm3, %xmm3
	vpclmulqdq	$0x00, %xmm3, %xmm2, %xmm2
	vpclmulqdq	$0x00, \h, \hash, %xmm3
	vpclmulqdq	$0x11, \h, \hash, %xmm4
	vpxor		%xmm3, %xmm2, %xmm2
	vpxor		%xmm4, %xmm2, %xmm2
	vpclmulqdq	$0x00, \poly, %xmm3, %xmm5
	vpshufd		$0x4e, %xmm3, %xmm3
	vpxor		%xmm5, %xmm2, %xmm2
	vpxor		%xmm3, %xmm2, %xmm2
	vpclmulqdq	$0x00, \poly, %xmm2, %xmm5
	vpshufd		$0x4e, %xmm2, %xmm2
	vpxor		%xmm5, %xmm4, %xmm4
	vpxor		%xmm2, %xmm4, \hash
.endm

/* u32 kseal_gcm_subword(u32 word) - the S-box on each byte, by AES-NI */
SYM_FUNC_START(kseal_gcm_subword)
	vmovd		%edi, %xmm0
	/* with four equal columns ShiftRows changes nothing */
	vpshufd		$0, %xmm0, %xmm0
	vpxor		%xmm1, %xmm1, %xmm1
	vaesenclast	%xmm1, %xmm0, %xmm0
	vmovd		%xmm0, %eax
	vpxor		%xmm0, %xmm0, %xmm0
	RET
SYM_FUNC_END(kseal_gcm_subword)

/*
 * void kseal_gcm_block(const struct kseal_gcm_key *key, u8 *out, const u8 *in)
 * - AES of one block
 */
SYM_FUNC_START(kseal_gcm_block)
	movl		KEY_ROUNDS(%rdi), %eax
	vmovdqu		(%rdx), %xmm0
	vpxor		(%rdi), %xmm0, %xmm0
.Lround:
	addq		$16, %rdi
	decl		%eax
	jz		.Llast_round
	vaesenc		(%rdi), %xmm0, %xmm0
	jmp		.Lround
.Llast_round:
	vaesenclast	(%rdi), %xmm0, %xmm0
	vmovdqu		%xmm0, (%rsi)
	vpxor		%xmm0, %xmm0, %xmm0
	RET
SYM_FUNC_END(kseal_gcm_block)

/* void kseal_gcm_multiply(u8 *a, const u8 *b) - a * b, to a; both reversed */
SYM_FUNC_START(kseal_gcm_multiply)
	vmovdqu		(%rdi), %xmm0
	vmovdqu		(%rsi), %xmm1
	vmovdqa		.Lpolynomial(%rip), %xmm6
	multiply	%xmm0, %xmm1, %xmm6
	vmovdqu		%xmm0, (%rdi)
	vpxor		%xmm1, %xmm1, %xmm1
	vpxor		%xmm3, %xmm3, %xmm3
	RET
SYM_FUNC_END(kseal_gcm_multiply)

/*
 * void kseal_gcm_hash(const struct kseal_gcm_key *key,
 *		       struct kseal_gcm_state *state, const u8 *data, size_t blocks)
 */
SYM_FUNC_START(kseal_gcm_hash)
	vmovdqu		STATE_HASH(%rsi), %xmm0
	vmovdqu		KEY_POWERS+POWER(1)(%rdi), %xmm1
	vmovdqa		.Lpolynomial(%rip), %xmm6
	vmovdqa		.Lreverse(%rip), %xmm7
.Lhash:
	vmovdqu		(%rdx), %xmm2
	vpshufb		%xmm7, %xmm2, %xmm2
	vpxor		%xmm2, %xmm0, %xmm0
	multiply	%xmm0, %xmm1, %xmm6
	addq		$16, %rdx
	decq		%rcx
	jnz		.Lhash
	vmovdqu		%xmm0, STATE_HASH(%rsi)
	vpxor		%xmm1, %xmm1, %xmm1
	vpxor		%xmm3, %xmm3, %xmm3
	RET
SYM_FUNC_END(kseal_gcm_hash)

/*
 * void kseal_gcm_hash_words(const struct kseal_gcm_key *key,
 *			     struct kseal_gcm_state *state, u64 first, u64 second)
 * - one block, which memory would take its time to give back in one piece
 */
SYM_FUNC_START(kseal_gcm_hash_words)
	vmovdqu		STATE_HASH(%rsi), %xmm0
	vmovdqu		KEY_POWERS+POWER(1)(%rdi), %xmm1
	vmovdqa		.Lpolynomial(%rip), %xmm6
	vmovq		%rdx, %xmm2
	vpinsrq		$1, %rcx, %xmm2, %xmm2
	vpshufb		.Lreverse(%rip), %xmm2, %xmm2
	vpxor		%xmm2, %xmm0, %xmm0
	multiply	%xmm0, %xmm1, %xmm6
	vmovdqu		%xmm0, STATE_HASH(%rsi)
	vpxor		%xmm1, %xmm1, %xmm1
	vpxor		%xmm3, %xmm3, %xmm3
	RET
SYM_FUNC_END(kseal_gcm_hash_words)

#ifndef __KERNEL__
.section .note.GNU-stack, "", @progbits
#endif
