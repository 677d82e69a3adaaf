// SPDX-License-Identifier: GPL-2.0
/* The kernel module: is it there, and what to do if not. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "module.h"

int module_is_loaded(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

const char *module_version(char *text, size_t size)
{
	FILE *file = fopen("/sys/module/kseal/version", "re");

	text[0] = '\0';
	if (!file)
		return text;
	if (fgets(text, size, file))
		text[strcspn(text, "\n")] = '\0';
	fclose(file);
	return text;
}

/* depmod(8) lists every module that modprobe(8) can load. */
static int is_installed(const char *release)
{
	char path[512], line[4096];
	int found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (!found && fgets(line, sizeof(line), file)) {
		line[strcspn(line, ":")] = '\0';
		found = strstr(line, "/kseal.ko") != NULL;
	}
	fclose(file);
	return found;
}

static int has_headers(const char *release)
{
	char path[512];

	snprintf(path, sizeof(path), "/lib/modules/%s/build/Makefile", release);
	return !access(path, R_OK);
}

const char *module_advice(const char *release, char *text, size_t size)
{
	const char *load = geteuid() ? "modprobe kseal (as root)" : "modprobe kseal";

	if (is_installed(release))
		snprintf(text, size, "%s", load);
	else if (has_headers(release))
		snprintf(text, size, "in kseal's sources: make && make install && %s", load);
	else
		snprintf(text, size, "apt-get install linux-headers-%s; then in kseal's sources: "
			 "make && make install && %s", release, load);
	return text;
}
