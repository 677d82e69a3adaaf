/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the ciphers' specifications publish: McGrew and Viega, "The
 * Galois/Counter Mode of Operation (GCM)", appendix B, and the RFCs named. None
 * has AES-CCM with the nonce and tag of TLS.
 */
#ifndef KT_VECTORS_H
#define KT_VECTORS_H

#include <stdint.h>
#include <linux/tls.h>

static const struct kt_vector {
	const char *name;
	uint16_t cipher;
	const char *key, *nonce, *aad, *text;
	const char *sealed;	/* ciphertext, tag */
} kt_vectors[] = {
	{
		"GCM, case 4", TLS_CIPHER_AES_GCM_128,
		"feffe9928665731c6d6a8f9467308308",
		"cafebabefacedbaddecaf888",
		"feedfacedeadbeeffeedfacedeadbeefabaddad2",
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
		"42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
		"21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc"
		"3221a5db94fae95ae7121a47",
	}, {
		"GCM, case 16", TLS_CIPHER_AES_GCM_256,
		"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
		"cafebabefacedbaddecaf888",
		"feedfacedeadbeeffeedfacedeadbeefabaddad2",
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
		"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece"
		"0f4e1768cddf8853bb2d551b",
	}, {
		"RFC 8439, 2.8.2", TLS_CIPHER_CHACHA20_POLY1305,
		"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
		"070000004041424344454647",
		"50515253c0c1c2c3c4c5c6c7",
		"4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
		"73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
		"6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
		"637265656e20776f756c642062652069742e",
		"d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
		"3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
		"92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
		"3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd060"
		"0691",
	}, {
		"RFC 8998, A.1", TLS_CIPHER_SM4_GCM,
		"0123456789abcdeffedcba9876543210",
		"00001234567800000000abcd",
		"feedfacedeadbeeffeedfacedeadbeefabaddad2",
		"aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
		"eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
		"17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
		"d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
		"83de3541e4c2b58177e065a9bf7b62ec",
	}, {
		"RFC 8998, A.2", TLS_CIPHER_SM4_CCM,
		"0123456789abcdeffedcba9876543210",
		"00001234567800000000abcd",
		"feedfacedeadbeeffeedfacedeadbeefabaddad2",
		"aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
		"eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
		"48af93501fa62adbcd414cce6034d895dda1bf8f132f042098661572e7483094"
		"fd12e518ce062c98acee28d95df4416bed31a2f04476c18bb40c84a74b97dc5b"
		"16842d4fa186f56ab33256971fa110f4",
	}, {
		"RFC 8269, AEAD_ARIA_128_GCM", TLS_CIPHER_ARIA_GCM_128,
		"e91e5e75da65554a48181f3846349562",
		"000020e8f5eb00000000315e",
		"8008315ebf2e6fe020e8f5eb",
		"f57af5fd4ae19562976ec57a5a7ad55a5af5c5e5c5fdf5c55ad57a4a7272d572"
		"62e9729566ed66e97ac54a4a5a7ad5e15ae5fdd5fd5ac5d56ae56ad5c572d54a"
		"e54ac55a956afd6aed5a4ac562957a9516991691d572fd14e97ae962ed7a9f4a"
		"955af572e162f57a956666e17ae1f54a95f566d54a66e16e4afd6a9f7ae1c5c5"
		"5ae5d56afde916c5e94a6ec56695e14afde1148416e94ad57ac5146ed59d1cc5",
		"4d8a9a0675550c704b17d8c9ddc81a5cd6f7da34f2fe1b3db7cb3dfb9697102e"
		"a0f3c1fc2dbc873d44bceeae8e4442974ba21ff6789d3272613fb9631a7cf3f1"
		"4bacbeb421633a90ffbe58c2fa6bdca534f10d0de0502ce1d531b6336e588782"
		"78531e5c22bc6c85bbd784d78d9e680aa19031aaf89101d669d7a3965c1f7e16"
		"229d7463e0535f4e253f5d18187d40b8ae0f564bd970b5e7e2adfb211e89a953"
		"5abace3f37f5a736f4be984bbffbedc1",
	}, {
		"RFC 8269, AEAD_ARIA_256_GCM", TLS_CIPHER_ARIA_GCM_256,
		"0c5ffd37a11edc42c325287fc0604f2e3e8cd5671a00fe3216aa5eb105783b54",
		"000020e8f5eb00000000315e",
		"8008315ebf2e6fe020e8f5eb",
		"f57af5fd4ae19562976ec57a5a7ad55a5af5c5e5c5fdf5c55ad57a4a7272d572"
		"62e9729566ed66e97ac54a4a5a7ad5e15ae5fdd5fd5ac5d56ae56ad5c572d54a"
		"e54ac55a956afd6aed5a4ac562957a9516991691d572fd14e97ae962ed7a9f4a"
		"955af572e162f57a956666e17ae1f54a95f566d54a66e16e4afd6a9f7ae1c5c5"
		"5ae5d56afde916c5e94a6ec56695e14afde1148416e94ad57ac5146ed59d1cc5",
		"6f9e4bcbc8c85fc0128fb1e4a0a20cb9932ff74581f54fc013dd054b19f99371"
		"425b352d97d3f337b90b63d1b082adeeea9d2d7391897d591b985e55fb50cb53"
		"50cf7d38dc27dda127c078a149c8eb98083d66363a46e3726af217d3a00275ad"
		"5bf772c7610ea4c23006878f0ee69a8397703169a419303f40b72e4573714d19"
		"e2697df61e7c7252e5abc6bade876ac4961bfac4d5e867afca351a48aed52822"
		"e210d6ced2cf430ff841472915e7ef48",
	},
};

#endif /* KT_VECTORS_H */
