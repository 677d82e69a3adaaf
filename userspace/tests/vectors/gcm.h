/* SPDX-License-Identifier: GPL-2.0 */
/*
 * McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B:
 * the test cases with a 96 bit iv for keys of 128 and 256 bits.
 */
#ifndef VECTORS_GCM_H
#define VECTORS_GCM_H

#define GCM_KEY		"feffe9928665731c6d6a8f9467308308"
#define GCM_IV		"cafebabefacedbaddecaf888"
#define GCM_AAD		"feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define GCM_TEXT							\
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"

static const struct gcm_case {
	const char *name;
	const char *key, *iv, *aad, *text;
	const char *sealed;	/* ciphertext, tag */
} gcm_cases[] = {
	{
		"case 1", "00000000000000000000000000000000",
		"000000000000000000000000", "", "",
		"58e2fccefa7e3061367f1d57a4e7455a",
	}, {
		"case 2", "00000000000000000000000000000000",
		"000000000000000000000000", "", "00000000000000000000000000000000",
		"0388dace60b6a392f328c2b971b2fe78 ab6e47d42cec13bdf53a67b21257bddf",
	}, {
		"case 3", GCM_KEY, GCM_IV, "", GCM_TEXT "1aafd255",
		"42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
		"21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985"
		"4d5c2af327cd64a62cf35abd2ba6fab4",
	}, {
		"case 4", GCM_KEY, GCM_IV, GCM_AAD, GCM_TEXT,
		"42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
		"21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
		"5bc94fbc3221a5db94fae95ae7121a47",
	}, {
		"case 13",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"000000000000000000000000", "", "",
		"530f8afbc74536b9a963b4f1c4cb738b",
	}, {
		"case 14",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"000000000000000000000000", "", "00000000000000000000000000000000",
		"cea7403d4d606b6e074ec5d3baf39d18 d0d1c8a799996bf0265b98b5d48ab919",
	}, {
		"case 15", GCM_KEY GCM_KEY, GCM_IV, "", GCM_TEXT "1aafd255",
		"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
		"b094dac5d93471bdec1a502270e3cc6c",
	}, {
		"case 16", GCM_KEY GCM_KEY, GCM_IV, GCM_AAD, GCM_TEXT,
		"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
		"76fc6ece0f4e1768cddf8853bb2d551b",
	},
};

#endif /* VECTORS_GCM_H */
