// SPDX-License-Identifier: GPL-2.0
/*
 * Suites whose algorithm the running kernel may be without. Finding out takes
 * its time: it is done once, and what was found is shared by the processes that
 * tests run in.
 */
#include "kt.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

struct found {
	int present;			/* 1, 0, -1 */
	bool refused[2];		/* as it should be; TLS 1.2, TLS 1.3 */
};

static struct found *founds;		/* by cipher - TLS_CIPHER_AES_GCM_128 */

enum { SUITES = TLS_CIPHER_ARIA_GCM_256 - TLS_CIPHER_AES_GCM_128 + 1 };

/* Is there an algorithm of that name at work? */
static bool at_work(const char *algorithm)
{
	FILE *f = fopen("/proc/crypto", "r");
	char line[200], name[100];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "name : %99s", name) == 1 && !strcmp(name, algorithm);
	if (f)
		fclose(f);
	return found;
}

/* Can it be loaded, or is it a part of the kernel itself? Return: 1; 0; -1. */
static int has_module(const char *algorithm)
{
	char command[100];
	int status;

	snprintf(command, sizeof(command), "modprobe -nq crypto-%s", algorithm);
	status = system(command);
	if (WIFEXITED(status) && WEXITSTATUS(status) <= 1)
		return !WEXITSTATUS(status);
	kt_say("%s: status %d", command, status);
	return -1;
}

/* The module's own way to ask is not used, nor AF_ALG, which offers not all of
 * them from 7.3 on: TEMPLATE(CIPHER, ...) is there if both are.
 */
static int is_present(const char *aead)
{
	char template[40], cipher[40];
	int ret;

	if (sscanf(aead, "%39[^(](%39[^,)]", template, cipher) != 2)
		return -1;
	ret = has_module(template);
	if (ret <= 0 || at_work(cipher))
		return ret;
	return has_module(cipher);
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
			is_present(kt_suite(TLS_CIPHER_AES_GCM_128 + i)->aead);
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
