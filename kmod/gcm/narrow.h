/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AES-GCM on registers of 128 or 256 bits. aesni.S and avx2.S include it, each
 * with a WIDTH (16 or 32 bytes), VEC and REG() for registers of that width, and
 * a macro that fills one with 16 bytes again and again. There are only 16 registers,
 * so round keys and powers of H stay in memory, and the ciphertext that waits to
 * be hashed goes to the stack. For all else see avx512.S.
 */
#include "asm.h"

#define STEP		(8 * WIDTH)

.section .rodata
.p2align 5
.Llanes:
	.octa 0, 1
.Lreverse:
	.octa 0x000102030405060708090a0b0c0d0e0f
	.octa 0x000102030405060708090a0b0c0d0e0f
.Lpolynomial:
	.octa 0xc200000000000000
	.octa 0xc200000000000000
/* how many blocks a register holds, for each lane of the counter */
.Lincrement:
	.octa WIDTH / 16
	.octa WIDTH / 16

#define KEY		%rdi
#define STATE		%rsi
#define DST		%rdx
#define SRC		%rcx
#define LEN		%r8
#define POWER_AT	%r9
#define LAST_KEYS	%r10
#define TMP		%r11

/* VEC 0 to 7: keystream, then output */
#define LO		REG(8)
#define MI		REG(9)
#define HI		REG(10)
#define T0		REG(11)
#define T1		REG(12)
#define COUNTER		REG(13)
#define ROUND_KEY	REG(14)
#define REVERSE		REG(15)

.text

/* ---- AES: the first COUNT registers ---------------------------------------------- */

.macro start_rounds count
	broadcast	(KEY), ROUND_KEY
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
.if \i < \count
	vpshufb		REVERSE, COUNTER, VEC\i
	vpaddd		.Lincrement(%rip), COUNTER, COUNTER
	vpxor		ROUND_KEY, VEC\i, VEC\i
.endif
.endr
	/* keys longer than 128 bits have two or four rounds more */
	leaq		16(KEY), TMP
	cmpq		LAST_KEYS, TMP
	je		.Lenough\@
.Lmore\@:
	broadcast	(TMP), ROUND_KEY
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
.if \i < \count
	vaesenc		ROUND_KEY, VEC\i, VEC\i
.endif
.endr
	addq		$16, TMP
	cmpq		LAST_KEYS, TMP
	jne		.Lmore\@
.Lenough\@:
.endm

/* round N, COUNT - N from 0 to 8 */
.macro round n, count
	broadcast	16*\n(LAST_KEYS), ROUND_KEY
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
.if \i < \count
	vaesenc		ROUND_KEY, VEC\i, VEC\i
.endif
.endr
.endm

/* ---- GHASH ------------------------------------------------------------------------ */

.macro clear_product
	vpxor		LO, LO, LO
	vpxor		MI, MI, MI
	vpxor		HI, HI, HI
.endm

/* T0, by the powers \at(\base), added to the product */
.macro multiply_t0 at, base
	vpshufd		$0x4e, T0, T1
	vpxor		T0, T1, T1
	vpclmulqdq	$0x00, NARROW_MIXED+\at(\base), T1, T1
	vpxor		T1, MI, MI
	vpclmulqdq	$0x00, \at(\base), T0, T1
	vpxor		T1, LO, LO
	vpclmulqdq	$0x11, \at(\base), T0, T0
	vpxor		T0, HI, HI
.endm

/* the I-th register of the step before */
.macro multiply i
	vmovdqu		WIDTH*\i(%rsp), T0
	multiply_t0	KEY_POWERS+POWER(STEP/16)+WIDTH*\i, KEY
.endm

/* the product, reduced, to HI */
.macro reduce
	vpxor		LO, MI, MI
	vpxor		HI, MI, MI
	vpclmulqdq	$0x00, .Lpolynomial(%rip), LO, T0
	vpshufd		$0x4e, LO, LO
	vpxor		T0, MI, MI
	vpxor		LO, MI, MI
	vpclmulqdq	$0x00, .Lpolynomial(%rip), MI, T0
	vpshufd		$0x4e, MI, MI
	vpxor		T0, HI, HI
	vpxor		MI, HI, HI
#if WIDTH > 16
	vextracti128	$1, %ymm10, %xmm11
	vpxor		%xmm11, %xmm10, %xmm10
#endif
.endm

/* ---- 8 registers -------------------------------------------------------------------- */

/* input and output; what is to be hashed goes to the stack, the first with the hash */
.macro finish enc
	broadcast	9*16(LAST_KEYS), ROUND_KEY
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
	vmovdqu		WIDTH*\i(SRC), T0
	vpxor		T0, ROUND_KEY, T1
	vaesenclast	T1, VEC\i, VEC\i
	vmovdqu		VEC\i, WIDTH*\i(DST)
.if \enc
	vpshufb		REVERSE, VEC\i, T0
.else
	vpshufb		REVERSE, T0, T0
.endif
.if \i == 0
	vpxor		HI, T0, T0
.endif
	vmovdqu		T0, WIDTH*\i(%rsp)
.endr
	addq		$STEP, SRC
	addq		$STEP, DST
.endm

/*
 * step ENC, HASH - eight registers from source to destination; if HASH, those of
 * the step before are hashed, the one that waits longest for its input last
 */
.macro step enc, hash
	start_rounds	8
.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8
	round		\n, 8
.if \hash && \n == 0
	clear_product
.elseif \hash && \n < 8
	multiply	\n
.elseif \hash
	multiply	0
	reduce
.endif
.endr
	finish		\enc
.endm

/* ---- what is left ---------------------------------------------------------------------- */

/*
 * tail ENC, X, T - one register, or half of one, by the names that registers 0 and
 * T0 then have; register 1 is the hash so far, to go with the first block
 */
.macro tail enc, x, t
	start_rounds	1
.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8
	round		\n, 1
.endr
	broadcast	9*16(LAST_KEYS), ROUND_KEY
	vmovdqu		(SRC), \t
	vpxor		T0, ROUND_KEY, T1
	vaesenclast	T1, VEC\()0, VEC\()0
	vmovdqu		\x, (DST)
.if \enc
	/* this clears the other half */
	vmovdqa		\x, \x
	vpshufb		REVERSE, VEC\()0, T0
.else
	vpshufb		REVERSE, T0, T0
.endif
	vpxor		VEC\()1, T0, T0
	vpxor		VEC\()1, VEC\()1, VEC\()1
	multiply_t0	0, POWER_AT
.endm

/* hash_last - what a step left, to HI */
.macro hash_last
	clear_product
.irp i, 0, 1, 2, 3, 4, 5, 6, 7
	multiply	\i
.endr
	reduce
.endm

/*
 * void name(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
 *	     u8 *dst, const u8 *src, size_t len)
 */
.macro crypt name, enc
SYM_FUNC_START(\name)
	subq		$STEP, %rsp
	movl		KEY_ROUNDS(KEY), %eax
	shll		$4, %eax
	leaq		-9*16(KEY, %rax), LAST_KEYS
	vmovdqu		.Lreverse(%rip), REVERSE
	broadcast	STATE_COUNTER(STATE), COUNTER
	movq		LEN, %rax
	shrq		$4, %rax
	vmovd		%eax, %xmm0
	/* written as it will be read, or the reader has to wait */
	vpaddd		%xmm0, %xmm13, %xmm0
	vmovdqu		%xmm0, STATE_COUNTER(STATE)
	vpaddd		.Llanes(%rip), COUNTER, COUNTER
	vmovdqu		STATE_HASH(STATE), %xmm10	/* HI */

	subq		$STEP, LEN
	jb		.Lrest\@
	step		\enc, 0
	subq		$STEP, LEN
	jb		.Llast\@
	.p2align 5
.Lloop\@:
	step		\enc, 1
	subq		$STEP, LEN
	jae		.Lloop\@
.Llast\@:
	hash_last
.Lrest\@:
	addq		$STEP, LEN
	jz		.Ldone\@
	vmovdqa		HI, REG(1)
	clear_product
	leaq		KEY_POWERS+POWER(0)(KEY), POWER_AT
	subq		LEN, POWER_AT
.Lmore\@:
#if WIDTH > 16
	cmpq		$32, LEN
	jb		.Lhalf\@
#endif
	tail		\enc, REG(0), REG(11)
	addq		$WIDTH, SRC
	addq		$WIDTH, DST
	addq		$WIDTH, POWER_AT
	subq		$WIDTH, LEN
	jnz		.Lmore\@
#if WIDTH > 16
	jmp		.Lreduce\@
.Lhalf\@:
	tail		\enc, %xmm0, %xmm11
.Lreduce\@:
#endif
	reduce
.Ldone\@:
	vmovdqu		%xmm10, STATE_HASH(STATE)
	addq		$STEP, %rsp
#if WIDTH > 16
	vzeroupper
#endif
	RET
SYM_FUNC_END(\name)
.endm
