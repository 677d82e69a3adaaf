// SPDX-License-Identifier: GPL-2.0
/* kseal_bench.ko: what scripts/bench measures inside the kernel (ciphers.c, sockets.c). */
#include <linux/module.h>

static int __init kseal_bench_init(void)
{
	return 0;
}

static void __exit kseal_bench_exit(void)
{
}

module_init(kseal_bench_init);
module_exit(kseal_bench_exit);
MODULE_DESCRIPTION("Ciphers, and sockets without system calls, for kseal's benchmark");
MODULE_LICENSE("GPL");
