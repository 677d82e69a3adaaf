// SPDX-License-Identifier: GPL-2.0
/* What kseald gives up once it has what it needs. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "confine.h"
#include "log.h"
#include "options.h"
#include "privileges.h"
#include "sandbox.h"

/* Better now than on the day a certificate is renewed. */
static void warn_unreadable(const char *identity, const char *path)
{
	if (access(path, R_OK) && errno == EACCES)
		log_warning("identity %s: the user that kseald runs as may not read %s again at a "
			    "reload: give it to a group of that user, such as ssl-cert, with mode "
			    "0640", identity, path);
}

static void look_at_files(const struct options *options)
{
	const struct identity_option *identity;

	STAILQ_FOREACH(identity, &options->identities, next) {
		warn_unreadable(identity->name, identity->cert);
		warn_unreadable(identity->name, identity->key);
	}
}

/*
 * Looking up a user loads the libraries of /etc/nsswitch.conf, which nothing can load
 * once memory cannot become executable; a reload looks users up.
 */
static void load_name_services(void)
{
	(void)getpwnam("no user of this name");
	(void)getgrnam("no group of this name");
}

int confine(const struct options *options, const struct account *account)
{
	int ret;

	load_name_services();
	ret = privileges_drop(account);
	if (ret)
		return ret;
	if (!account->uid)
		log_warning("kseald runs as root, though without capabilities: --user gives it a "
			    "user of its own");
	look_at_files(options);
	if (options->sandbox)
		return sandbox_enter();
	log_warning("system calls are not filtered (--sandbox no)");
	return 0;
}
