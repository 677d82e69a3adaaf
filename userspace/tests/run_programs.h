/* SPDX-License-Identifier: GPL-2.0 */
/* Programs that know nothing of TLS, as kseal run is to run them. */
#ifndef TESTS_RUN_PROGRAMS_H
#define TESTS_RUN_PROGRAMS_H

/**
 * run_program() - be one of them
 * @program: the file that has them, to be executed again by one of them
 * @name: which
 * @argument: a port, or a descriptor
 *
 * Servers print their port.
 *
 * Return: the exit status: 0 all went as it must, 3 there is none of that name.
 */
int run_program(const char *program, const char *name, const char *argument);

#endif /* TESTS_RUN_PROGRAMS_H */
