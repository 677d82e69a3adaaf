// SPDX-License-Identifier: GPL-2.0
/* kseal: the TLS record layer as a TCP upper-layer protocol. */
#include <linux/module.h>
#include <net/tcp.h>

#include "claim.h"
#include "kseal.h"

static bool claim_tls;
module_param(claim_tls, bool, 0444);
MODULE_PARM_DESC(claim_tls, "answer to the in-tree module's ULP name \"tls\" as well, and keep that module out (default: no)");

static int __init kseal_init(void)
{
	int err;

	err = kseal_stats_init();
	if (err)
		return err;
	if (claim_tls) {
		err = kseal_claim_init();
		if (err)
			goto err_stats;
	}
	err = kseal_ulp_init();
	if (err)
		goto err_claim;
	return 0;

err_claim:
	if (claim_tls)
		kseal_claim_exit();
err_stats:
	kseal_stats_exit();
	return err;
}

static void __exit kseal_exit(void)
{
	kseal_ulp_exit();
	if (claim_tls)
		kseal_claim_exit();
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
