/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel module: is it there, and what to do if not. */
#ifndef KSEAL_MODULE_H
#define KSEAL_MODULE_H

#include <stddef.h>

/** module_is_loaded() - is the module @name, kseal or another? */
int module_is_loaded(const char *name);

/** module_version() - of the one loaded, in @text; empty when it does not say */
const char *module_version(char *text, size_t size);

/** module_advice() - how to get it into the kernel @release, in @text */
const char *module_advice(const char *release, char *text, size_t size);

#endif /* KSEAL_MODULE_H */
