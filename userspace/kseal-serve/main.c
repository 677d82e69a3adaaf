// SPDX-License-Identifier: GPL-2.0
/* kseal-serve - serve a directory over HTTPS, sealed by the kernel */
#include <errno.h>

#include "log.h"
#include "options.h"
#include "server.h"

int main(int argc, char **argv)
{
	struct options options;
	int err;

	err = options_parse(&options, argc, argv);
	if (err)
		return err < 0 ? 2 : 0;
	if (options.verbose)
		log_verbose();
	err = log_open(options.access_log);
	if (!err)
		err = server_run(&options);
	return err ? 1 : 0;
}
