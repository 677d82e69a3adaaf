// SPDX-License-Identifier: GPL-2.0
/*
 * claim_tls=1: in the in-tree module's place, for programs that ask for the ULP
 * "tls" and read /proc/net/tls_stat.
 *
 * Two modules cannot have the name. The one that comes second is sent away:
 * this one says so itself; the in-tree one does not look whether it got the
 * name (unloading it would then take what was never added off a list), so it is
 * refused before it begins.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/net_namespace.h>

#include "claim.h"
#include "kseal.h"

/* No network card does the work: those rows are always 0. */
#define KSEAL_NO_COUNTER KSEAL_STAT_COUNT

/* The newest kernel's rows, in its order. */
static const struct {
	const char *name;
	enum kseal_counter index;
} kseal_tls_rows[] = {
	{ "TlsCurrTxSw",		KSEAL_STAT_CURR_TX },
	{ "TlsCurrRxSw",		KSEAL_STAT_CURR_RX },
	{ "TlsCurrTxDevice",		KSEAL_NO_COUNTER },
	{ "TlsCurrRxDevice",		KSEAL_NO_COUNTER },
	{ "TlsTxSw",			KSEAL_STAT_TX_KEYS },
	{ "TlsRxSw",			KSEAL_STAT_RX_KEYS },
	{ "TlsTxDevice",		KSEAL_NO_COUNTER },
	{ "TlsRxDevice",		KSEAL_NO_COUNTER },
	{ "TlsDecryptError",		KSEAL_STAT_RX_DECRYPT_ERROR },
	{ "TlsRxDeviceResync",		KSEAL_NO_COUNTER },
	{ "TlsDecryptRetry",		KSEAL_STAT_RX_DIRECT_RETRIES },
	{ "TlsRxNoPadViolation",	KSEAL_STAT_RX_NO_PAD_VIOLATIONS },
	{ "TlsRxRekeyOk",		KSEAL_STAT_RX_REKEYS },
	{ "TlsRxRekeyError",		KSEAL_STAT_RX_REKEY_ERRORS },
	{ "TlsTxRekeyOk",		KSEAL_STAT_TX_REKEYS },
	{ "TlsTxRekeyError",		KSEAL_STAT_TX_REKEY_ERRORS },
	{ "TlsRxRekeyReceived",		KSEAL_STAT_RX_KEY_UPDATES },
};

static int tls_stat_show(struct seq_file *seq, void *v)
{
	enum kseal_counter index;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kseal_tls_rows); i++) {
		index = kseal_tls_rows[i].index;
		seq_printf(seq, "%-32s\t%lu\n", kseal_tls_rows[i].name,
			   index == KSEAL_NO_COUNTER ? 0UL :
			   (unsigned long)kseal_stat(seq->private, index));
	}
	return 0;
}

static int __net_init tls_stat_init(struct net *net)
{
	if (!proc_create_net_single("tls_stat", 0444, net->proc_net, tls_stat_show, NULL))
		return -ENOMEM;
	return 0;
}

static void __net_exit tls_stat_exit(struct net *net)
{
	remove_proc_entry("tls_stat", net->proc_net);
}

static struct pernet_operations tls_stat_ops = {
	.init	= tls_stat_init,
	.exit	= tls_stat_exit,
};

/* Not -EEXIST: modprobe takes that for "is loaded already". */
static int refuse_tls(struct notifier_block *self, unsigned long event, void *data)
{
	const struct module *mod = data;

	if (event != MODULE_STATE_COMING || strcmp(mod->name, "tls"))
		return NOTIFY_DONE;
	pr_err("kept the in-tree module tls from loading: kseal was loaded with claim_tls=1 and answers to its name; rmmod kseal first\n");
	return notifier_from_errno(-EBUSY);
}

static struct notifier_block tls_watch = {
	.notifier_call = refuse_tls,
};

/**
 * kseal_claim_init() - take the in-tree module's name, file, and place
 *
 * Return: 0; -EBUSY the name is taken; -ENOMEM.
 */
int kseal_claim_init(void)
{
	int err;

	err = register_module_notifier(&tls_watch);
	if (err)
		return err;
	err = kseal_ulp_claim();
	if (err) {
		pr_err("claim_tls=1: the ULP name \"tls\" is taken, most likely by the in-tree module tls: rmmod tls (and what uses it), or load kseal without claim_tls\n");
		err = -EBUSY;
		goto err_watch;
	}
	err = register_pernet_subsys(&tls_stat_ops);
	if (err) {
		pr_err("claim_tls=1: cannot make /proc/net/tls_stat: out of memory, or the in-tree module tls has it\n");
		goto err_name;
	}
	return 0;

err_name:
	kseal_ulp_unclaim();
err_watch:
	unregister_module_notifier(&tls_watch);
	return err;
}

/** kseal_claim_exit() - give all that back. */
void kseal_claim_exit(void)
{
	unregister_pernet_subsys(&tls_stat_ops);
	kseal_ulp_unclaim();
	unregister_module_notifier(&tls_watch);
}
