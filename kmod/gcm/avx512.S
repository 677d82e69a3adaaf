/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AES-GCM on registers of 512 bits: AVX-512 (F, BW, VL), VAES, VPCLMULQDQ, BMI2.
 *
 * A step is 32 blocks: eight registers of keystream are made, one round of AES
 * after the other, while the 32 ciphertext blocks of the step before are hashed,
 * so that neither kind of multiplier waits for the other. A block's bytes are
 * reversed to be hashed, which makes bit 127 the coefficient of x^0; that a
 * product of such numbers is off by one bit is put right in the powers of H.
 *
 * Between steps each of the four 128-bit lanes keeps a hash of its own, of every
 * fourth block, multiplied by H^32 a step in all lanes alike. Only at the end
 * each lane gets the power that is due to its place, and they are added.
 *
 * Every byte of the source is read once: what is hashed is what is decrypted,
 * even if somebody writes to the source at the same time.
 */
#include "asm.h"

.section .rodata
.p2align 6
.Llanes:
	.octa 0, 1, 2, 3
.Lreverse:
	.octa 0x000102030405060708090a0b0c0d0e0f
/* the field's polynomial, reversed, without x^128 and x^0 */
.Lpolynomial:
	.octa 0xc200000000000000
.Lfour:
	.octa 4

#define KEY		%rdi
#define STATE		%rsi
#define DST		%rdx
#define SRC		%rcx
#define LEN		%r8
#define POWER_AT	%r9	/* the powers of H for the blocks at hand */
#define LAST_KEYS	%r10	/* the last ten round keys */
#define TMP		%r11

/*
 * %zmm0 to %zmm7: keystream, then output; %zmm10 to %zmm17: ciphertext to hash.
 * The product is HI * x^128 + MI * x^64 + LO; until it is reduced, MI also has
 * LO + HI in it, as Karatsuba's multiplication leaves it.
 */
#define LO		%zmm18
#define MI		%zmm19
#define HI		%zmm20
#define A0		%zmm21
#define A1		%zmm22
#define A2		%zmm23
#define B0		%zmm24
#define B1		%zmm25
#define B2		%zmm26
#define ROUND_KEY	%zmm27
#define COUNTER		%zmm8
#define FOUR		%zmm28
#define REVERSE		%zmm9
#define POLY		%zmm29
#define FIRST_KEY	%zmm30
#define LAST_KEY	%zmm31

.text

/* ---- AES: the first COUNT registers ---------------------------------------------- */

.macro start_rounds count
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
.if \i < \count
	vpshufb		REVERSE, COUNTER, %zmm\i
	vpaddd		FOUR, COUNTER, COUNTER
	vpxorq		FIRST_KEY, %zmm\i, %zmm\i
.endif
.endr
	/* keys longer than 128 bits have two or four rounds more */
	leaq		16(KEY), TMP
	cmpq		LAST_KEYS, TMP
	je		.Lenough\@
.Lmore\@:
	vbroadcasti32x4	(TMP), ROUND_KEY
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
.if \i < \count
	vaesenc		ROUND_KEY, %zmm\i, %zmm\i
.endif
.endr
	addq		$16, TMP
	cmpq		LAST_KEYS, TMP
	jne		.Lmore\@
.Lenough\@:
.endm

/* round N, COUNT - N from 0 to 8 */
.macro round n, count
	vbroadcasti32x4	16*\n(LAST_KEYS), ROUND_KEY
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
.if \i < \count
	vaesenc		ROUND_KEY, %zmm\i, %zmm\i
.endif
.endr
.endm

/* all but the last round */
.macro encrypt_rounds count
	start_rounds	\count
.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8
	round		\n, \count
.endr
.endm

/* ---- GHASH ------------------------------------------------------------------------ */

/* multiply G, LO, MI, HI - by the power in HI, the sum of its halves in LO */
.macro multiply g, lo, mi, hi
	vpshufd		$0x4e, \g, \mi
	vpxorq		\g, \mi, \mi
	vpclmulqdq	$0x00, \lo, \mi, \mi
	vpclmulqdq	$0x00, \hi, \g, \lo
	vpclmulqdq	$0x11, \hi, \g, \hi
.endm

/* by H^N in all lanes */
.macro multiply_same n, g, lo, mi, hi
	vbroadcasti32x4	KEY_POWERS+POWER(\n)(KEY), \hi
	vbroadcasti32x4	KEY_MIXED+MIXED(\n)(KEY), \lo
	multiply	\g, \lo, \mi, \hi
.endm

/* by four powers, the I-th four from POWER_AT on; added to the product */
.macro multiply_each i, g
	vmovdqu64	64*\i(POWER_AT), A2
	vpshufd		$0x4e, A2, A0
	vpxorq		A2, A0, A0
	multiply	\g, A0, A1, A2
	vpxorq		A0, LO, LO
	vpxorq		A1, MI, MI
	vpxorq		A2, HI, HI
.endm

/* LO += A0 + B0, and so on */
.macro add_both
	vpternlogq	$0x96, A0, B0, LO
	vpternlogq	$0x96, A1, B1, MI
	vpternlogq	$0x96, A2, B2, HI
.endm

.macro clear_product
	vpxorq		LO, LO, LO
	vpxorq		MI, MI, MI
	vpxorq		HI, HI, HI
.endm

.macro reduce_low
	vpternlogq	$0x96, LO, HI, MI
	vpclmulqdq	$0x00, POLY, LO, A0
	vpshufd		$0x4e, LO, LO
	vpternlogq	$0x96, A0, LO, MI
.endm

/* to HI */
.macro reduce_middle
	vpclmulqdq	$0x00, POLY, MI, A0
	vpshufd		$0x4e, MI, MI
	vpternlogq	$0x96, A0, MI, HI
.endm

/* the sum of HI's lanes, to LO */
.macro add_lanes
	vextracti64x4	$1, HI, %ymm18
	vpxorq		%ymm18, %ymm20, %ymm18
	vextracti64x2	$1, %ymm18, %xmm20
	vpxorq		%xmm20, %xmm18, %xmm18
.endm

/* ---- 16 or 32 blocks ------------------------------------------------------------------ */

/* finish ENC, COUNT - input and output, ciphertext to %zmm10 and so on */
.macro finish enc, count
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
.if \i < \count
	gather		\i, \enc
.endif
.endr
	addq		$64*\count, SRC
	addq		$64*\count, DST
.endm

.macro gather i, enc
	vmovdqu64	64*\i(SRC), %zmm1\i
	vpxorq		%zmm1\i, LAST_KEY, A0
	vaesenclast	A0, %zmm\i, %zmm\i
	vmovdqu64	%zmm\i, 64*\i(DST)
.if \enc
	vpshufb		REVERSE, %zmm\i, %zmm1\i
.else
	vpshufb		REVERSE, %zmm1\i, %zmm1\i
.endif
.endm

/*
 * step ENC, HASH - 32 blocks from source to destination; if HASH, those of the step
 * before are hashed, the one with the result of the step before that coming last
 */
.macro step enc, hash
	start_rounds	8
	round		0, 8
.if \hash
	multiply_same	28, %zmm11, LO, MI, HI
.endif
	round		1, 8
.if \hash
	multiply_same	24, %zmm12, A0, A1, A2
.endif
	round		2, 8
.if \hash
	multiply_same	20, %zmm13, B0, B1, B2
	add_both
.endif
	round		3, 8
.if \hash
	multiply_same	16, %zmm14, A0, A1, A2
.endif
	round		4, 8
.if \hash
	multiply_same	12, %zmm15, B0, B1, B2
	add_both
.endif
	round		5, 8
.if \hash
	multiply_same	8, %zmm16, A0, A1, A2
.endif
	round		6, 8
.if \hash
	multiply_same	4, %zmm17, B0, B1, B2
	add_both
.endif
	round		7, 8
.if \hash
	multiply_same	32, %zmm10, A0, A1, A2
	vpxorq		A0, LO, LO
	vpxorq		A1, MI, MI
	vpxorq		A2, HI, HI
	reduce_low
.endif
	round		8, 8
.if \hash
	reduce_middle
.endif
	finish		\enc, 8
.if \hash
	vpxorq		HI, %zmm10, %zmm10
.endif
.endm

/* ---- what is left ------------------------------------------------------------------------ */

/*
 * gather_some I, ENC - the same for the last register: %k1 says which bytes there
 * are, %k2 which make up whole blocks, which are hashed, %k3 which words are those
 * of a block that is only begun. Its output, and keystream from there on, and its
 * ciphertext are kept.
 */
.macro gather_some i, enc
	vmovdqu8	64*\i(SRC), %zmm1\i{%k1}{z}
	vpxorq		%zmm1\i, LAST_KEY, A0
	vaesenclast	A0, %zmm\i, %zmm\i
	vmovdqu8	%zmm\i, 64*\i(DST){%k1}
	vpcompressq	%zmm\i, A1{%k3}{z}
	vmovdqu64	%xmm22, STATE_STREAM(STATE)
.if \enc
	vmovdqu64	%xmm22, STATE_BLOCK(STATE)
	vmovdqu8	%zmm\i, %zmm\i{%k2}{z}
	vpshufb		REVERSE, %zmm\i, %zmm1\i
.else
	vpcompressq	%zmm1\i, A2{%k3}{z}
	vmovdqu64	%xmm23, STATE_BLOCK(STATE)
	vmovdqu8	%zmm1\i, %zmm1\i{%k2}{z}
	vpshufb		REVERSE, %zmm1\i, %zmm1\i
.endif
.endm

/* %k1 to %k3 for the LEN bytes that are left, or 256 more */
.macro masks
	movq		$-1, TMP
	leal		-1(%r8), %eax
	andl		$63, %eax
	incl		%eax
	bzhiq		%rax, TMP, %rax
	kmovq		%rax, %k1
	leal		-1(%r8), %eax
	andl		$63, %eax
	incl		%eax
	andl		$-16, %eax
	bzhiq		%rax, TMP, TMP
	kmovq		TMP, %k2
	shrl		$3, %eax
	movl		$3, %r11d
	shlxl		%eax, %r11d, %eax
	kmovb		%eax, %k3
.endm

/* tail ENC, COUNT - the last bytes, up to 256, which need COUNT registers */
.macro tail enc, count
	encrypt_rounds	\count
.irp i, 0, 1, 2, 3
.if \i < \count - 1
	gather		\i, \enc
.elseif \i == \count - 1
	gather_some	\i, \enc
.endif
.endr
	vpxorq		B0, %zmm10, %zmm10
	multiply_each	0, %zmm10
.if \count > 1
	multiply_each	1, %zmm11
.endif
.if \count > 2
	multiply_each	2, %zmm12
.endif
.if \count > 3
	multiply_each	3, %zmm13
.endif
.endm

/* what a step left to hash, to LO */
.macro hash_last
	leaq		KEY_POWERS+POWER(32)(KEY), POWER_AT
	clear_product
	multiply_each	0, %zmm10
	multiply_each	1, %zmm11
	multiply_each	2, %zmm12
	multiply_each	3, %zmm13
	multiply_each	4, %zmm14
	multiply_each	5, %zmm15
	multiply_each	6, %zmm16
	multiply_each	7, %zmm17
	reduce_low
	reduce_middle
	add_lanes
.endm

/* load ENC - what stays in registers all the time, and the next call's counter */
.macro load
	movl		KEY_ROUNDS(KEY), %eax
	shll		$4, %eax
	leaq		-9*16(KEY, %rax), LAST_KEYS
	vbroadcasti32x4	(KEY), FIRST_KEY
	vbroadcasti32x4	9*16(LAST_KEYS), LAST_KEY
	vbroadcasti32x4	.Lreverse(%rip), REVERSE
	vbroadcasti32x4	.Lpolynomial(%rip), POLY
	vbroadcasti32x4	.Lfour(%rip), FOUR
	vbroadcasti32x4	STATE_COUNTER(STATE), COUNTER
	leaq		15(LEN), %rax
	shrq		$4, %rax
	vmovd		%eax, %xmm0
	/* written as it will be read, or the reader has to wait */
	vpaddd		%xmm0, %xmm8, %xmm0
	vmovdqu		%xmm0, STATE_COUNTER(STATE)
	vpaddd		.Llanes(%rip), COUNTER, COUNTER
	vmovdqu64	STATE_HASH(STATE), %xmm18	/* LO */
.endm

/*
 * void name(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
 *	     u8 *dst, const u8 *src, size_t len)
 */
.macro crypt name, enc
SYM_FUNC_START(\name)
	load
	subq		$512, LEN
	jb		.Lrest\@
	step		\enc, 0
	vpxorq		LO, %zmm10, %zmm10
	subq		$512, LEN
	jb		.Llast\@
	.p2align 5
.Lloop\@:
	step		\enc, 1
	subq		$512, LEN
	jae		.Lloop\@
.Llast\@:
	hash_last
.Lrest\@:
	addq		$512, LEN
	jz		.Ldone\@
	masks
	movq		LEN, %rax
	andq		$-16, %rax
	jz		.Lbegin\@
	/* the hash goes with the next block, to which H^(whole blocks left) is due */
	leaq		KEY_POWERS+POWER(0)(KEY), POWER_AT
	subq		%rax, POWER_AT
	vmovdqa64	LO, B0
	clear_product
	cmpq		$256, LEN
	jbe		.Ltail\@
	subq		$256, LEN
	encrypt_rounds	4
	finish		\enc, 4
	vpxorq		B0, %zmm10, %zmm10
	vpxorq		B0, B0, B0
	multiply_each	0, %zmm10
	multiply_each	1, %zmm11
	multiply_each	2, %zmm12
	multiply_each	3, %zmm13
	addq		$256, POWER_AT
.Ltail\@:
	cmpq		$64, LEN
	jbe		.Lone\@
	cmpq		$128, LEN
	jbe		.Ltwo\@
	cmpq		$192, LEN
	jbe		.Lthree\@
	tail		\enc, 4
	jmp		.Lreduce\@
.Lthree\@:
	tail		\enc, 3
	jmp		.Lreduce\@
.Ltwo\@:
	tail		\enc, 2
	jmp		.Lreduce\@
.Lone\@:
	tail		\enc, 1
.Lreduce\@:
	reduce_low
	reduce_middle
	add_lanes
.Ldone\@:
	vmovdqu64	%xmm18, STATE_HASH(STATE)
	vzeroupper
	RET
.Lbegin\@:
	encrypt_rounds	1
	gather_some	0, \enc
	jmp		.Ldone\@
SYM_FUNC_END(\name)
.endm

crypt kseal_gcm_encrypt_avx512, 1
crypt kseal_gcm_decrypt_avx512, 0

#ifndef __KERNEL__
.section .note.GNU-stack, "", @progbits
#endif
