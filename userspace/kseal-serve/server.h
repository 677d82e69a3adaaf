/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "options.h"

/**
 * server_run() - serve until told to stop
 * @options: from options_parse()
 *
 * Return: 0 after a stop in which every running response was finished; -errno,
 * said already, when it could not start; -ETIME when responses were cut short.
 */
int server_run(const struct options *options);

#endif /* SERVE_SERVER_H */
