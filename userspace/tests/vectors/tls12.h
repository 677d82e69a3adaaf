/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TLS 1.2 records as published: RFC 5288 has none of its own.
 *
 * Go: crypto/tls/testdata/Client-TLSv12-AES128-GCM-SHA256 (server random
 * 494ce7e2 ... cdab8b) and Client-TLSv12-AES256-GCM-SHA384 (f92880d0 ...
 * 9537ae), clients of Go's test suite with openssl s_server and RSA key
 * exchange. The client takes zeros for random bytes, so the premaster secret
 * is 0303 and 46 zeros, and the keys are what RFC 5246 8.1 and 6.3 derive of
 * it. Go counts nonce_explicit from 0, OpenSSL from a random number.
 *
 * Client-TLSv12-ECDHE-RSA-CHACHA20-POLY1305 (94bf966e ... 0b60d86b4e) likewise,
 * whose x25519 key is zeros as well: the only records of RFC 7905 here.
 *
 * miTLS: its unit test of TLS 1.2 records, where nonce_explicit and sequence
 * number differ.
 */
#ifndef VECTORS_TLS12_H
#define VECTORS_TLS12_H

#include "flow.h"

static const struct flow tls12_flows[] = {
	{
		.name = "Go, client, AES-128-GCM",
		.version = TLS_1_2_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "22fcd22c23f3058f1fac0534b45c57aa",
		.nonce = "f84b98ae 0000000000000000",
		.records = {
			{
				HANDSHAKE,
				"1400000cd1dec8c0c54da5028ab6df27",
				"16030300280000000000000000c541797869d0e68f11e0197aa2510fb41f8f8a"
				"a5d9481ab8cd2feae2049be89f",
			},
			{
				DATA,
				"68656c6c6f0a",
				"170303001e00000000000000017dbdac691a3cb34d0f1b25409534f0b1976039"
				"934210",
			},
			{
				ALERT,
				"0100",
				"150303001a0000000000000002a065f5b094a52e1ac4a59776128f8270490c",
			},
		},
	},
	{
		.name = "OpenSSL, server, AES-128-GCM",
		.version = TLS_1_2_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "f42c85722470b288076272aeb0a211ca",
		.nonce = "741f6114 f3720c340f59fa8d",
		.records = {
			{
				HANDSHAKE,
				"1400000c3bd7bebd28654e94442d5b3f",
				"1603030028f3720c340f59fa8d0fd1376d3b9ce641668b304ad0ef21f14279f0"
				"550ea143d5d7b1d645aa5a3a69",
			},
		},
	},
	{
		.name = "Go, client, AES-256-GCM",
		.version = TLS_1_2_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_256,
		.key = "59790904dc55d108054d82e4f5ba12ef2d363062e69ff0fc3f05d7815ff9a46e",
		.nonce = "25079f0b 0000000000000000",
		.records = {
			{
				HANDSHAKE,
				"1400000c2061157a611f554f8ae98a89",
				"160303002800000000000000000ce7cc31519b03ccbb2151a75f2359cf5f294e"
				"bddb3dd2fb9273272b6f9ab7f2",
			},
			{
				DATA,
				"68656c6c6f0a",
				"170303001e0000000000000001e3e7afeecc1be21385a73785e9bda73e18e2f0"
				"e32d64",
			},
			{
				ALERT,
				"0100",
				"150303001a00000000000000023dfe353cb31325f8a3b881da913b8d69fcc5",
			},
		},
	},
	{
		.name = "OpenSSL, server, AES-256-GCM",
		.version = TLS_1_2_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_256,
		.key = "5da2b490abb6ede8e5d20501b1db537d4a2339467bbbeb398b2c1690edd97f3b",
		.nonce = "4357996e 6827f46cacae3168",
		.records = {
			{
				HANDSHAKE,
				"1400000c9fa9240babe5a5502d0d7c8b",
				"16030300286827f46cacae31681ab37c5f6f41185a24d30400d22dce9b30a155"
				"dff67aff80429c86c713c8fcca",
			},
		},
	},
	{
		.name = "Go, client, ChaCha20-Poly1305",
		.version = TLS_1_2_VERSION,
		.cipher = TLS_CIPHER_CHACHA20_POLY1305,
		.key = "957c2773af5357bad17d497d00aa6e10aa5d4f288e6d80d8e15e0b0051ec5d61",
		.nonce = "c9949a0a3dcbd6aeb5eb98cc",
		.records = {
			{
				HANDSHAKE,
				"1400000cb3923bffd94a1327c975e122",
				"16030300208f97a6c4c1814e878c173a6b85ad176c5c14b6846b7ea8c1ed2e6b"
				"fce88f8b84",
			},
			{
				DATA,
				"68656c6c6f0a",
				"17030300166d163b26a860d82c9f084251bb2a58c33b42cb594602",
			},
			{
				ALERT,
				"0100",
				"15030300121ec65e6840589cdf5e11a3c21e5011d4ff17",
			},
		},
	},
	{
		.name = "OpenSSL, server, ChaCha20-Poly1305",
		.version = TLS_1_2_VERSION,
		.cipher = TLS_CIPHER_CHACHA20_POLY1305,
		.key = "72b46b7548c072f35f5844777f2a49d6363317b9f97b7ee4126ae360ce394fd3",
		.nonce = "857a5e64b809a9b32ef75eda",
		.records = {
			{
				HANDSHAKE,
				"1400000c43799992edd19ab7894591be",
				"16030300205159b7f0cf07d49a4515b62fdd035e46f9c887dc99d256cd95f93e"
				"2e42192ee3",
			},
		},
	},
	{
		.name = "miTLS, sequence number 0",
		.version = TLS_1_2_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "152300c2dc44c8f695d4fb1471791659",
		.nonce = "b56bf932 0000000000000000",
		.records = {
			{
				DATA,
				"474554202f20485454502f312e310d0a486f73743a20756e646566696e65640d"
				"0a0d0a",
				"170303003b0000000000000000ed3ca96c8bd2fbb376c2dc417f3ec249e8ab55"
				"0dab1c421293f0e642a0c152b43a546aa26bbe62e8651214d28ab90e70217b3d",
			},
		},
	},
	{
		.name = "miTLS, sequence number 1, nonce 0",
		.version = TLS_1_2_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "152300c2dc44c8f695d4fb1471791659",
		.nonce = "b56bf932 0000000000000000",
		.seq = 1,
		.records = {
			{
				DATA,
				"474554202f20485454502f312e310d0a486f73743a20756e646566696e65640d"
				"0a0d0a",
				"170303003b0000000000000000ed3ca96c8bd2fbb376c2dc417f3ec249e8ab55"
				"0dab1c421293f0e642a0c152b43a546a8b49b6128ee6e23454b7e580423ba985",
			},
		},
	},
};

#endif /* VECTORS_TLS12_H */
