/* SPDX-License-Identifier: GPL-2.0 */
/* What the module and kseald have counted. */
#ifndef KSEAL_COMMAND_COUNTERS_H
#define KSEAL_COMMAND_COUNTERS_H

#include <stdio.h>

/** counters_print_module() - of this network namespace, from /proc/net/kseal_stat */
void counters_print_module(FILE *out);

/** counters_print_daemon() - of the kseald at the socket @broker, or why there are none */
void counters_print_daemon(FILE *out, const char *broker);

/** counters_json_module(), counters_json_daemon() - an object; null where there are none */
void counters_json_module(FILE *out);
void counters_json_daemon(FILE *out, const char *broker);

#endif /* KSEAL_COMMAND_COUNTERS_H */
