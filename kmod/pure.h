/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the PURE files (suite.c, record.c, frame.c) need of either world: they
 * are compiled into the module, the unit tests and the fuzzers, unchanged.
 */
#ifndef KSEAL_PURE_H
#define KSEAL_PURE_H

#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

#endif /* KSEAL_PURE_H */
