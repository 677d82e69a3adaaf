// SPDX-License-Identifier: GPL-2.0
/* Counters per network namespace: /proc/net/kseal_stat. */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "stats.h"

unsigned int kseal_net_id __read_mostly;

#define KSEAL_COUNTER_NAME(index, name, meaning) [KSEAL_STAT_##index] = #name,
static const char * const kseal_counter_names[] = {
	KSEAL_COUNTERS(KSEAL_COUNTER_NAME)
};

/**
 * kseal_stat() - a counter's value
 * @net: namespace
 * @index: which
 *
 * Return: the sum over all CPUs.
 */
u64 kseal_stat(const struct net *net, enum kseal_counter index)
{
	const struct kseal_net *kn = net_generic(net, kseal_net_id);
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(kn->stats, cpu)->value[index];
	return sum;
}

static int kseal_stat_show(struct seq_file *seq, void *v)
{
	int i;

	BUILD_BUG_ON(ARRAY_SIZE(kseal_counter_names) != KSEAL_STAT_COUNT);
	for (i = 0; i < KSEAL_STAT_COUNT; i++)
		seq_printf(seq, "%s\t%llu\n", kseal_counter_names[i],
			   kseal_stat(seq->private, i));
	return 0;
}

static int __net_init kseal_net_init(struct net *net)
{
	struct kseal_net *kn = net_generic(net, kseal_net_id);

	kn->stats = alloc_percpu(struct kseal_stats);
	if (!kn->stats)
		return -ENOMEM;
	if (!proc_create_net_single("kseal_stat", 0444, net->proc_net,
				    kseal_stat_show, NULL)) {
		free_percpu(kn->stats);
		return -ENOMEM;
	}
	return 0;
}

static void __net_exit kseal_net_exit(struct net *net)
{
	struct kseal_net *kn = net_generic(net, kseal_net_id);

	remove_proc_entry("kseal_stat", net->proc_net);
	free_percpu(kn->stats);
}

static struct pernet_operations kseal_net_ops = {
	.init	= kseal_net_init,
	.exit	= kseal_net_exit,
	.id	= &kseal_net_id,
	.size	= sizeof(struct kseal_net),
};

/**
 * kseal_stats_init() - make the counters of every namespace
 *
 * Return: 0 or -ENOMEM.
 */
int kseal_stats_init(void)
{
	return register_pernet_subsys(&kseal_net_ops);
}

/** kseal_stats_exit() - remove them; no socket may use them any more. */
void kseal_stats_exit(void)
{
	unregister_pernet_subsys(&kseal_net_ops);
}
