/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests with one kseald share: its certificate, its options, where it is. The group
 * has the certificate, each test a kseald of its own.
 */
#ifndef TESTS_ONE_KSEALD_H
#define TESTS_ONE_KSEALD_H

#include "certs.h"
#include "daemon.h"

/** Of the group: an authority, and the certificate "a" that it has given a.example. */
extern struct certs certs;

/** Options for these: the identity "a", and its authority. */
extern char identity[256], ca[256];

/** Of each test; one_kseald_prepare() does not start it. */
extern struct daemon kseald;

/** For cmocka_run_group_tests(). */
int one_kseald_group(void **state);
int one_kseald_group_ends(void **state);

/** For cmocka_unit_test_setup_teardown(). */
int one_kseald_prepare(void **state);
int one_kseald_clean(void **state);

#endif /* TESTS_ONE_KSEALD_H */
