// SPDX-License-Identifier: GPL-2.0
/*
 * Which forms this CPU can run. PURE, and by the instruction itself: User-Mode
 * Linux keeps no list of its host's features.
 */
#include "core.h"

struct leaf {
	u32 eax, ebx, ecx, edx;
};

enum {
	/* leaf 1, ecx */
	PCLMULQDQ	= 1 << 1,
	AES		= 1 << 25,
	OSXSAVE		= 1 << 27,
	AVX		= 1 << 28,
	/* leaf 7, ebx */
	AVX2		= 1 << 5,
	BMI2		= 1 << 8,
	AVX512F		= 1 << 16,
	AVX512DQ	= 1 << 17,
	AVX512BW	= 1 << 30,
	AVX512VL	= 1U << 31,
	/* leaf 7, ecx */
	VAES		= 1 << 9,
	VPCLMULQDQ	= 1 << 10,
	/* XCR0: what the system saves */
	XCR0_YMM	= 0x06,
	XCR0_ZMM	= 0xe6,
};

/* What a form needs, besides AES, PCLMULQDQ and AVX. */
static const struct form {
	const char *name;
	u32 leaf7_ebx, leaf7_ecx, xcr0;
} forms[KSEAL_GCM_FORMS] = {
	[KSEAL_GCM_AVX512] = {
		"avx512", AVX2 | BMI2 | AVX512F | AVX512DQ | AVX512BW | AVX512VL,
		VAES | VPCLMULQDQ, XCR0_ZMM,
	},
	[KSEAL_GCM_AVX2] = { "avx2", AVX2, VAES | VPCLMULQDQ, XCR0_YMM },
	[KSEAL_GCM_AESNI] = { "aesni", 0, 0, XCR0_YMM },
};

static struct leaf cpuid(u32 leaf)
{
	struct leaf x;

	asm volatile("cpuid" : "=a" (x.eax), "=b" (x.ebx), "=c" (x.ecx), "=d" (x.edx)
		     : "a" (leaf), "c" (0));
	return x;
}

static u32 xcr0(void)
{
	u32 eax, edx;

	asm volatile("xgetbv" : "=a" (eax), "=d" (edx) : "c" (0));
	return eax;
}

static bool all(u32 have, u32 want)
{
	return (have & want) == want;
}

/**
 * kseal_gcm_usable() - can CPU and system run this form?
 * @form: the form
 *
 * Return: true if so.
 */
bool kseal_gcm_usable(enum kseal_gcm_form form)
{
	const struct form *f = &forms[form];
	struct leaf leaf7 = { 0 };

	if (!all(cpuid(1).ecx, PCLMULQDQ | AES | OSXSAVE | AVX) || !all(xcr0(), f->xcr0))
		return false;
	if (cpuid(0).eax >= 7)
		leaf7 = cpuid(7);
	return all(leaf7.ebx, f->leaf7_ebx) && all(leaf7.ecx, f->leaf7_ecx);
}

static bool vendor_is(const char *name)
{
	struct leaf x = cpuid(0);
	u32 words[] = { x.ebx, x.edx, x.ecx };

	return !memcmp(words, name, sizeof(words));
}

static u32 family(void)
{
	u32 signature = cpuid(1).eax, base = signature >> 8 & 0xf;

	return base == 0xf ? base + (signature >> 20 & 0xff) : base;
}

/* Intel's before Sapphire Rapids run slower for a while after wide instructions. */
static bool dislikes_avx512(void)
{
	static const u8 models[] = {
		0x6a, 0x6c,		/* Ice Lake, servers */
		0x7d, 0x7e, 0x9d,	/* Ice Lake */
		0x8c, 0x8d,		/* Tiger Lake */
	};
	u32 signature = cpuid(1).eax;
	u8 model = (signature >> 12 & 0xf0) | (signature >> 4 & 0xf);
	size_t i;

	if (!vendor_is("GenuineIntel") || family() != 6)
		return false;
	for (i = 0; i < ARRAY_SIZE(models); i++)
		if (model == models[i])
			return true;
	return false;
}

/**
 * kseal_gcm_measured() - is this a CPU on which the forms have been measured
 *
 * On AMD's Zen 5 those with VAES take 1.1 to 1.2 times as many bytes a second as
 * Linux's own from 6.11 on, from 1400 bytes upwards. Others are not known.
 *
 * Return: true if so.
 */
bool kseal_gcm_measured(void)
{
	return vendor_is("AuthenticAMD") && family() >= 0x1a;
}

/**
 * kseal_gcm_best() - the form that is best here
 *
 * Return: a form, or KSEAL_GCM_FORMS if there is none.
 */
enum kseal_gcm_form kseal_gcm_best(void)
{
	enum kseal_gcm_form form = dislikes_avx512() ? KSEAL_GCM_AVX2 : KSEAL_GCM_AVX512;

	while (form < KSEAL_GCM_FORMS && !kseal_gcm_usable(form))
		form++;
	return form;
}

/**
 * kseal_gcm_form_name() - what a form is called
 * @form: the form
 *
 * Return: its name.
 */
const char *kseal_gcm_form_name(enum kseal_gcm_form form)
{
	return forms[form].name;
}
