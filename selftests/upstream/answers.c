// SPDX-License-Identifier: GPL-2.0
/*
 * Who answers under the ULP name "tls"? Upstream's tests would go on over plain
 * TCP, or against the in-tree module, without a word.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/kseal.h>
#include <linux/tls.h>

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

static int tests, failures;

static void result(bool ok, const char *what)
{
	if (!ok)
		failures++;
	printf("%sok %d %s\n", ok ? "" : "not ", ++tests, what);
}

/* A connection to ourselves; -1 if there is none. */
static int connect_pair(int fd[2])
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0 || fd[0] < 0 ||
	    bind(listener, (struct sockaddr *)&addr, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&addr, &len) ||
	    connect(fd[0], (struct sockaddr *)&addr, len))
		return -1;
	fd[1] = accept(listener, NULL, NULL);
	close(listener);
	return fd[1] < 0 ? -1 : 0;
}

/* What kseal alone knows: any other ULP, and TCP itself, refuse this option. */
static bool is_kseal(int fd, struct kseal_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return !getsockopt(fd, SOL_TLS, KSEAL_INFO, info, &len);
}

/* One record through the sockets: its content, and TLS bytes on the way. */
static void one_record(int fd[2])
{
	struct tls12_crypto_info_aes_gcm_128 key = {
		.info = { .version = TLS_1_3_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128 },
		.key = "any key is fine",
	};
	static const char text[] = "nothing of this shows";
	unsigned char wire[256] = "";
	char got[sizeof(text)] = "";
	struct kseal_info info;
	ssize_t n;

	result(!setsockopt(fd[0], SOL_TLS, TLS_TX, &key, sizeof(key)), "a sending key is taken");
	result(send(fd[0], text, sizeof(text), 0) == sizeof(text), "a record is sent");
	n = recv(fd[1], wire, sizeof(wire), MSG_PEEK);
	result(n == 5 + sizeof(text) + 1 + 16 && wire[0] == 0x17 && wire[1] == 3 &&
	       !memmem(wire, sizeof(wire), text, 8), "its peer's TCP has a sealed record");
	result(!setsockopt(fd[1], SOL_TLS, TLS_RX, &key, sizeof(key)), "a receiving key is taken");
	result(recv(fd[1], got, sizeof(got), 0) == sizeof(text) &&
	       !memcmp(got, text, sizeof(text)), "the record is received");
	result(is_kseal(fd[0], &info) && info.tx_version == TLS_1_3_VERSION &&
	       info.tx_cipher == TLS_CIPHER_AES_GCM_128, "kseal knows version and suite");
}

int main(void)
{
	struct kseal_info info;
	char ulp[16] = "";
	socklen_t len = sizeof(ulp);
	int fd[2] = { -1, -1 };

	result(!connect_pair(fd), "there is a connection");
	result(!is_kseal(fd[0], &info), "plain TCP does not know kseal's option");
	result(!setsockopt(fd[0], IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) &&
	       !setsockopt(fd[1], IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")),
	       "both ends take the ULP tls");
	result(!getsockopt(fd[0], IPPROTO_TCP, TCP_ULP, ulp, &len) && !strcmp(ulp, "tls"),
	       "the ULP's name is tls");
	result(is_kseal(fd[0], &info) && is_kseal(fd[1], &info), "it is kseal that has the name");
	one_record(fd);
	printf("1..%d\n", tests);
	return failures > 0;
}
