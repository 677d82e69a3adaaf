/* SPDX-License-Identifier: GPL-2.0 */
/* A program that kseal run is to run: where it is, and whether a library can be put into it. */
#ifndef KSEAL_PROGRAM_H
#define KSEAL_PROGRAM_H

#include <limits.h>
#include <stddef.h>

/**
 * program_find() - the file that execvp(3) would run
 * @name: with a slash, or looked up in PATH
 * @path: set, PATH_MAX bytes
 *
 * Return: 0; -ENOENT; -EACCES it is there but cannot be executed.
 */
int program_find(const char *name, char *path);

/**
 * program_check() - can ld.so(8) preload a library into it?
 * @path: from program_find(); of a script its interpreter is looked at, and put here
 * @why: set to the reason when it cannot: "is linked statically", @size bytes
 *
 * Return: 0; -ENOEXEC it cannot; another -errno it cannot be read.
 */
int program_check(char *path, char *why, size_t size);

#endif /* KSEAL_PROGRAM_H */
