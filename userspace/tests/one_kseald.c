// SPDX-License-Identifier: GPL-2.0
/* What tests with one kseald share. */
#include <stdio.h>

#include "one_kseald.h"

struct certs certs;
char identity[256], ca[256];
struct daemon kseald;

int one_kseald_group(void **state)
{
	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "a", "a.example", CERT_ECDSA, -1, 10);
	snprintf(identity, sizeof(identity), "--identity=a=%s/a.pem,%s/a.key", certs.dir,
		 certs.dir);
	snprintf(ca, sizeof(ca), "--ca=%s/ca.pem", certs.dir);
	return 0;
}

int one_kseald_group_ends(void **state)
{
	(void)state;
	certs_end(&certs);
	return 0;
}

int one_kseald_prepare(void **state)
{
	(void)state;
	daemon_prepare(&kseald);
	return 0;
}

int one_kseald_clean(void **state)
{
	(void)state;
	daemon_clean(&kseald);
	return 0;
}
