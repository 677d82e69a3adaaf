/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TLS 1.3 records as published.
 *
 * RFC 8448: every record sent with application keys in its five traces, the
 * early data of the second and one handshake record of the first. The traces
 * of sections 5 to 7 have one close_notify in each direction.
 *
 * Go: crypto/tls/testdata/Client-TLSv13-AES256-SHA384, a client of Go's test
 * suite with openssl s_server (server random 71009030 ... b5baaa75). That
 * client takes zeros for random bytes, so its x25519 key is known, and the
 * keys are what RFC 8446 7.1 to 7.3 derive of it and the transcript.
 */
#ifndef VECTORS_TLS13_H
#define VECTORS_TLS13_H

#include "flow.h"

static const struct flow tls13_flows[] = {
	{
		.name = "RFC 8448 3, server, application keys",
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "9f02283b6c9c07efc26bb9f2ac92e356",
		.nonce = "cf782b88 dd83549aadf1e984",
		.records = {
			{
				HANDSHAKE,
				"040000c90000001efad6aac502000000b22c035d829359ee5ff7af4ec9000000"
				"00262a6494dc486d2c8a34cb33fa90bf1b0070ad3c498883c9367c09a2be785a"
				"bc55cd226097a3a982117283f82a03a143efd3ff5dd36d64e861be7fd61d2827"
				"db279cce145077d454a3664d4e6da4d29ee03725a6a4dafcd0fc67d2aea70529"
				"513e3da2677fa5906c5b3f7d8f92f228bda40dda721470f9fbf297b5aea61764"
				"6fac5c03272e970727c621a79141ef5f7de6505e5bfbc388e93343694093934a"
				"e4d3570008002a000400000400",
				"17030300de3a6b8f90414a97d6959c3487680de5134a2b240e6cffac116e95d4"
				"1d6af8f6b580dcf3d11d63c758db289a015940252f55713e061dc13e078891a3"
				"8efbcf5753ad8ef170ad3c7353d16d9da773b9ca7f2b9fa1b6c0d4a3d03f75e0"
				"9c30ba1e62972ac46f75f7b981be63439b2999ce13064615139891d5e4c5b406"
				"f16e3fc181a77ca475840025db2f0a77f81b5ab05b94c01346755f69232c8651"
				"9d86cbeeac87aac347d143f9605d64f650db4d023e70e952ca49fe5137121c74"
				"bc2697687e248746d6df353005f3bce18696129c8153556b3b6c6779b37bf159"
				"85684f",
			},
			{
				DATA,
				"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
				"202122232425262728292a2b2c2d2e2f3031",
				"17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36"
				"e30efaf97d90e6dffc602dcb501a59a8fcc49c4bf2e5f0a21c0047c2abf33254"
				"0dd032e167c2955d",
			},
			{
				ALERT,
				"0100",
				"1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9",
			},
		},
	},
	{
		.name = "RFC 8448 3, client, application keys",
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "17422dda596ed5d9acd890e3c63f5051",
		.nonce = "5b78923d ee08579033e523d9",
		.records = {
			{
				DATA,
				"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
				"202122232425262728292a2b2c2d2e2f3031",
				"1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f"
				"2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae6"
				"3aeebb21694915e4",
			},
			{
				ALERT,
				"0100",
				"1703030013c9872760655666b74d7ff1153efd6db6d0b0e3",
			},
		},
	},
	{
		.name = "RFC 8448 3, client, handshake keys",
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "dbfaa693d1762c5b666af5d950258d01",
		.nonce = "5bd3c71b 836e0b76bb73265f",
		.records = {
			{
				HANDSHAKE,
				"14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2"
				"edd5ce61",
				"170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc"
				"44d87f38f80338ac98fc46deb384bd1caeacab6867d726c40546",
			},
		},
	},
	{
		.name = "RFC 8448 4, client, early keys",
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "920205a5b7bf2115e6fc5c2942834f54",
		.nonce = "6d475f09 93c8e564610db2b9",
		.records = {
			{
				DATA,
				"414243444546",
				"1703030017ab1df420e75c457a7cc5d2844f76d5aee4b4edbf049be0",
			},
			{
				HANDSHAKE,
				"05000000",
				"1703030015aca6fc944841298df99593725f9bf9754429b12f09",
			},
		},
	},
	{
		.name = "RFC 8448 4, client, application keys",
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "3cf122f301c6358ca7989553250efd72",
		.nonce = "ab1aec26 aa78b8fc1176b9ac",
		.records = {
			{
				DATA,
				"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
				"202122232425262728292a2b2c2d2e2f3031",
				"1703030043b1cebce242aa201be9ae5e1cb2a9aa4b33d4e866af1edb06891923"
				"7741aa031d7a74d491c99b9d4e232b74206bc6fbaa04fe78be44a9b4f54320a1"
				"7eb76992afac3103",
			},
			{
				ALERT,
				"0100",
				"17030300130facce3246bdfc6369838d6a82ae6de5d422dc",
			},
		},
	},
	{
		.name = "RFC 8448 4, server, application keys",
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "e857c690a34c5a9129d833619684f95e",
		.nonce = "0685d6b5 61aab9ef1013faf9",
		.records = {
			{
				DATA,
				"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
				"202122232425262728292a2b2c2d2e2f3031",
				"1703030043275e9f20acff57bc000657d3867df039cccf79047884cf75771746"
				"f740b5a83f462a0954c3581393a203a25a7dd14141ef1a37900cdb62ff62dee1"
				"ba39ab2590cbf194",
			},
			{
				ALERT,
				"0100",
				"17030300135b18af444e8e1eec7158fb62d8f2577d37ba5d",
			},
		},
	},
	{
		.name = "RFC 8448 5, client, application keys",
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "a7eb2a0525eb4331d58fcbf9f7ca2e9c",
		.nonce = "86e8be22 7c1bd2b3e39cb444",
		.records = {
			{
				ALERT,
				"0100",
				"17030300132ea6cdf749196023e2b3a49491695536426047",
			},
		},
	},
	{
		.name = "RFC 8448 5, server, application keys",
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "f27a5d97bd25550c4823b0f3e5d29388",
		.nonce = "0dd631f7 b71cbbc797c35fe7",
		.records = {
			{
				ALERT,
				"0100",
				"1703030013519fc5075cb0884349759ff9ef6f011bb4c6f2",
			},
		},
	},
	{
		.name = "RFC 8448 6, client, application keys",
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "cdc09c806aa8f86dfcd51efc44a0c039",
		.nonce = "6ef852e7 8b46d913668e53e7",
		.records = {
			{
				ALERT,
				"0100",
				"1703030013e4ad7d44c29245339d355962c779b89ef44c58",
			},
		},
	},
	{
		.name = "RFC 8448 6, server, application keys",
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "88b3123ddecadf8c1ba298e2c18176b0",
		.nonce = "4e097851 3f9de8327c08e4f3",
		.records = {
			{
				ALERT,
				"0100",
				"17030300131decc5d6e64bba8a6f21b4fd077497da2a90cb",
			},
		},
	},
	{
		.name = "RFC 8448 7, client, application keys",
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "33d7f9709756c966488ad4438437e673",
		.nonce = "c5f30d34 b0e91b7d6c8eea65",
		.records = {
			{
				ALERT,
				"0100",
				"17030300130f629155382dba23c4e2c5f7f84e6f2ed3083d",
			},
		},
	},
	{
		.name = "RFC 8448 7, server, application keys",
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.key = "edc4cbd0041c28cc7167441d7ca53e6a",
		.nonce = "bf6c7d8e 0a9545b427dcf139",
		.records = {
			{
				ALERT,
				"0100",
				"1703030013b7257b0fecaf69d4f09e3f891e2a25d1e28845",
			},
		},
	},
	{
		.name = "Go, server, handshake keys, first record",
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_256,
		.key = "958ef494ef7e0a2601e822e106b4c4bf7fee8f846281b78b7e3c4d02636c7b1c",
		.nonce = "94c388e5 28ebc9313950c25f",
		.records = {
			{
				HANDSHAKE,
				"080000020000",
				"17030300177d1137f018b1535538bb127ce8b389bc35fb2a36d10f3a",
			},
		},
	},
	{
		.name = "Go, server, handshake keys, fourth record",
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_256,
		.key = "958ef494ef7e0a2601e822e106b4c4bf7fee8f846281b78b7e3c4d02636c7b1c",
		.nonce = "94c388e5 28ebc9313950c25f",
		.seq = 3,
		.records = {
			{
				HANDSHAKE,
				"140000308c4003c02fdc5b50cf01c4c6353e3dc1692b85ec625d4bf30caf2c60"
				"eb649c4c0410c9e74b388e41e740898a5cc9664a",
				"17030300451ad461ba4aa51e0280042a1911af8ce9bdab226b7541a840de5754"
				"8cdc09cc577682275e590c30f79dc4fe1c09f2f45fe079ac020680f360c492cd"
				"6adfb6467cde908dbb94",
			},
		},
	},
	{
		.name = "Go, client, application keys",
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_256,
		.key = "f36e098e2df7265717e321eac10fbc978a6395d99161f1adb79d9957d075589d",
		.nonce = "29a4c332 20ba483eceaf4286",
		.records = {
			{
				DATA,
				"68656c6c6f0a",
				"17030300172151dd67e4bef87c7b840d783c7fac50f8347bfb3809d0",
			},
			{
				ALERT,
				"0100",
				"1703030013351a529dde4a741f0170de05c5c3b9e6de9c0f",
			},
		},
	},
};

#endif /* VECTORS_TLS13_H */
