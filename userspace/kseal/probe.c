// SPDX-License-Identifier: GPL-2.0
/* What the kernel really uses, found by using it. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>
#include <linux/tls.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "probe.h"

union crypto_info {
	struct tls_crypto_info info;
	struct tls12_crypto_info_aes_gcm_128 gcm_128;
	struct tls12_crypto_info_aes_gcm_256 gcm_256;
	struct tls12_crypto_info_aes_ccm_128 ccm_128;
	struct tls12_crypto_info_chacha20_poly1305 chacha20;
};

static size_t crypto_info_size(uint16_t cipher)
{
	const union crypto_info *crypto;

	switch (cipher) {
	case TLS_CIPHER_AES_GCM_256:
		return sizeof(crypto->gcm_256);
	case TLS_CIPHER_AES_CCM_128:
		return sizeof(crypto->ccm_128);
	case TLS_CIPHER_CHACHA20_POLY1305:
		return sizeof(crypto->chacha20);
	default:
		return sizeof(crypto->gcm_128);
	}
}

int probe_connect(int pair[2])
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int listener, ret = 0;

	pair[0] = pair[1] = -1;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0)
		return -errno;
	if (bind(listener, (struct sockaddr *)&addr, len) ||
	    listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&addr, &len))
		ret = -errno;
	if (!ret) {
		pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (pair[0] < 0 ||
		    connect(pair[0], (struct sockaddr *)&addr, len))
			ret = -errno;
	}
	if (!ret) {
		pair[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (pair[1] < 0)
			ret = -errno;
	}
	close(listener);
	return ret;
}

static int install_random_key(int fd, uint16_t cipher)
{
	union crypto_info crypto;
	const size_t size = crypto_info_size(cipher);
	int ret = 0;

	if (getrandom(&crypto, sizeof(crypto), 0) != sizeof(crypto))
		return -errno;
	crypto.info.version = TLS_1_3_VERSION;
	crypto.info.cipher_type = cipher;
	if (setsockopt(fd, SOL_TLS, TLS_TX, &crypto, size))
		ret = -errno;
	explicit_bzero(&crypto, sizeof(crypto));
	return ret;
}

static int try_steps(uint16_t cipher, int pair[2], struct probe *probe)
{
	struct kseal_info info;
	int ret;

	probe->step = "connect to itself over loopback";
	ret = probe_connect(pair);
	if (ret)
		return ret;
	probe->step = "attach kseal to a socket";
	ret = kseal_attach(pair[0]);
	if (ret)
		return ret;
	probe->step = "install a key";
	ret = install_random_key(pair[0], cipher);
	if (ret)
		return ret;
	probe->step = "query the socket";
	ret = kseal_get_info(pair[0], &info);
	if (!ret)
		memcpy(probe->driver, info.tx_driver, sizeof(probe->driver));
	return ret;
}

void probe_cipher(uint16_t cipher, struct probe *probe)
{
	int pair[2] = { -1, -1 };
	int i;

	memset(probe, 0, sizeof(*probe));
	probe->error = try_steps(cipher, pair, probe);
	for (i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
}

/*
 * gcm_base(ctr-aes-aesni,...) is put together of parts, far slower than the
 * drivers made for GCM as a whole.
 */
const char *driver_kind(const char *driver)
{
	if (!strncmp(driver, "gcm_base(", strlen("gcm_base(")))
		return NULL;
	if (strstr(driver, "vaes"))
		return "VAES";
	if (strstr(driver, "aesni"))
		return "AES-NI";
	return NULL;
}
