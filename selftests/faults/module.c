// SPDX-License-Identifier: GPL-2.0
/* The module itself: loading it, and network namespaces while it is there. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "faults.h"

static const char *path;

int module_path(const char *name)
{
	path = name;
	return access(path, R_OK) ? kt_errno(path) : 0;
}

int module_load(const char *parameters)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret, error;

	if (fd < 0)
		return -1;
	ret = syscall(SYS_finit_module, fd, parameters, 0);
	error = errno;
	close(fd);
	errno = error;
	return ret;
}

int module_unload(void)
{
	return syscall(SYS_delete_module, "kseal", O_NONBLOCK);
}

int module_text(unsigned long *start, unsigned long *end)
{
	FILE *file = fopen("/sys/module/kseal/sections/.text", "re");
	unsigned long size = 0;
	int ok;

	ok = file && fscanf(file, "%lx", start) == 1;
	if (file)
		fclose(file);
	file = ok ? fopen("/sys/module/kseal/coresize", "re") : NULL;
	ok = file && fscanf(file, "%lu", &size) == 1;
	if (file)
		fclose(file);
	*end = *start + size;
	return ok ? 0 : kt_errno("where the module's code is");
}

static int is_known(const char *ulp)
{
	FILE *file = fopen("/proc/sys/net/ipv4/tcp_available_ulp", "re");
	char name[64];
	int found = 0;

	while (file && !found && fscanf(file, "%63s", name) == 1)
		found = !strcmp(name, ulp);
	if (file)
		fclose(file);
	return found;
}

static int nothing_remains(void)
{
	if (!is_known("kseal") && !is_known("tls") && access("/proc/net/kseal_stat", F_OK) &&
	    access("/proc/net/tls_stat", F_OK) && access("/sys/module/kseal", F_OK))
		return 0;
	kt_say("something of the module is left");
	return -1;
}

static int unload(struct scene *scene)
{
	(void)scene;
	if (module_unload())
		return kt_errno("unloading the module");
	return nothing_remains();
}

static int load(struct scene *scene)
{
	(void)scene;
	return module_load("");
}

static int load_as_tls(struct scene *scene)
{
	(void)scene;
	return module_load("claim_tls=1");
}

static int load_settle(struct scene *scene)
{
	if (scene->error)
		return nothing_remains();
	if (!is_known("kseal")) {
		kt_say("the module is loaded, its ULP is not known");
		return -1;
	}
	return 0;
}

static int load_as_tls_settle(struct scene *scene)
{
	if (!scene->error && !is_known("tls")) {
		kt_say("the module is loaded, it does not answer to \"tls\"");
		return -1;
	}
	return load_settle(scene);
}

/* For the next point the module must be away again. */
static int settle_and_unload(struct scene *scene)
{
	return load_settle(scene) || (!scene->error && unload(scene)) ? -1 : 0;
}

static int settle_as_tls_and_unload(struct scene *scene)
{
	return load_as_tls_settle(scene) || (!scene->error && unload(scene)) ? -1 : 0;
}

const struct operation load_operations[] = {
	{ .name = "load the module", .flags = NO_LINK, .where = WHERE_LOADER,
	  .act = load, .settle = settle_and_unload },
	{ .name = "load the module, claim_tls=1", .flags = NO_LINK, .where = WHERE_LOADER,
	  .act = load_as_tls, .settle = settle_as_tls_and_unload },
	{}
};

static int own_net(struct scene *scene)
{
	scene->fd[0] = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return scene->fd[0] < 0 ? kt_errno("/proc/thread-self/ns/net") : 0;
}

static int new_net(struct scene *scene)
{
	(void)scene;
	return unshare(CLONE_NEWNET);
}

/* A new namespace has counters of its own. */
static int new_net_settle(struct scene *scene)
{
	int ret = 0;

	if (!scene->error && access("/proc/thread-self/net/kseal_stat", R_OK))
		ret = kt_errno("the new namespace's counters");
	if (setns(scene->fd[0], CLONE_NEWNET))
		return kt_errno("setns");
	return ret;
}

const struct operation net_operations[] = {
	{ .name = "a new network namespace", .flags = NO_LINK | ONCE, .prepare = own_net,
	  .act = new_net, .settle = new_net_settle },
	{}
};
