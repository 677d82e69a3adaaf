// SPDX-License-Identifier: GPL-2.0
/* kseal: the TLS record layer as a TCP upper-layer protocol. */
#include <linux/module.h>
#include <net/tcp.h>

#include "kseal.h"

static int __init kseal_init(void)
{
	int err;

	err = kseal_stats_init();
	if (err)
		return err;
	err = kseal_ulp_init();
	if (err)
		goto err_stats;
	return 0;

err_stats:
	kseal_stats_exit();
	return err;
}

static void __exit kseal_exit(void)
{
	kseal_ulp_exit();
	kseal_stats_exit();
	/* kfree_rcu() of the last socket needs nothing of the module, but a
	 * reader of icsk_ulp_data may be inside kseal_poll().
	 */
	synchronize_rcu();
}

module_init(kseal_init);
module_exit(kseal_exit);

MODULE_DESCRIPTION("TLS record layer in the socket path");
MODULE_AUTHOR("The kseal authors");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
MODULE_ALIAS_TCP_ULP("kseal");
