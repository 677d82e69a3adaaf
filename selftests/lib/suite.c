// SPDX-License-Identifier: GPL-2.0
/*
 * Suites whose algorithm the running kernel may be without. Asking for one that
 * is not there has the kernel run modprobe, which takes its time: it is done
 * once, and what was found is shared by the processes that tests run in.
 */
#include "kt.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <linux/if_alg.h>

struct found {
	int present;			/* 1, 0, -1 */
	bool refused[2];		/* as it should be; TLS 1.2, TLS 1.3 */
};

static struct found *founds;		/* by cipher - TLS_CIPHER_AES_GCM_128 */

enum { SUITES = TLS_CIPHER_ARIA_GCM_256 - TLS_CIPHER_AES_GCM_128 + 1 };

/* Asks the crypto API itself, by another door than the module's. */
static int ask_af_alg(const char *name)
{
	struct sockaddr_alg address = { .salg_family = AF_ALG, .salg_type = "aead" };
	int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int ret;

	if (fd < 0)
		return kt_errno("socket(AF_ALG)");
	snprintf((char *)address.salg_name, sizeof(address.salg_name), "%s", name);
	ret = bind(fd, (void *)&address, sizeof(address));
	if (ret && errno != ENOENT)
		kt_errno("bind of an AF_ALG socket");
	close(fd);
	if (!ret)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

void kt_suites_find(void)
{
	const char *all = getenv("KSEAL_ALL_SUITES");

	founds = mmap(NULL, SUITES * sizeof(*founds), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (founds == MAP_FAILED) {
		kt_errno("mmap of shared memory");
		abort();
	}
	for (int i = 0; i < SUITES; i++)
		founds[i].present = all && *all ? 1 :
			ask_af_alg(kt_suite(TLS_CIPHER_AES_GCM_128 + i)->aead);
}

static struct found *found_of(uint16_t cipher)
{
	return &founds[cipher - TLS_CIPHER_AES_GCM_128];
}

int kt_link_open_suite(struct kt_link *link, const struct kt_params *params,
		       bool *absent)
{
	int present = found_of(params->cipher)->present;

	*absent = present == 0;
	if (present < 0)
		return -1;
	if (present)
		return kt_link_open(link, params, NULL);
	return kt_link_pair(link, params, NULL) || kt_attach(link->fd) ? -1 : 0;
}

static int refused(int fd, int direction, const struct kt_key *key)
{
	if (kt_install(fd, direction, key) && errno == ENOENT)
		return 0;
	kt_say("a key of %s, which the kernel lacks: not ENOENT but %s",
	       kt_suite(key->cipher)->aead, strerror(errno));
	return -1;
}

/* As if nobody had tried: bytes pass, and a key of another suite is taken. */
static int as_before(struct kt_link *link, const struct kt_params *params)
{
	struct kt_params other = *params;
	struct kt_key key;

	if (kt_plain_passes(link))
		return -1;
	other.cipher = TLS_CIPHER_AES_GCM_128;
	kt_key_make(&key, &other, 77, 0);
	if (kt_install(link->fd, TLS_TX, &key) || kt_flow_rekey(&link->out, &key))
		return kt_errno("a key of AES-GCM after the refusal");
	return kt_sealed_out(link);
}

int kt_expect_absent(struct kt_link *link, const struct kt_params *params)
{
	bool *before = &found_of(params->cipher)->refused[params->version ==
							  TLS_1_3_VERSION];

	kt_say("this kernel has no %s", kt_suite(params->cipher)->aead);
	if (*before)
		return 0;
	*before = !refused(link->fd, TLS_TX, &link->out.key) &&
		  !refused(link->fd, TLS_RX, &link->in.key) &&
		  !as_before(link, params);
	return *before ? 0 : -1;
}
