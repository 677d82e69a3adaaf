// SPDX-License-Identifier: GPL-2.0
/* kseal status: is it there, what to do if not, what it uses and did. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/tls.h>
#include <sys/utsname.h>

#include "commands.h"
#include "probe.h"

#define COUNTERS "/proc/net/kseal_stat"

static int read_line(const char *path, char *buf, size_t size)
{
	FILE *file = fopen(path, "re");
	int ret = -ENOENT;

	if (!file)
		return -errno;
	if (fgets(buf, size, file)) {
		buf[strcspn(buf, "\n")] = '\0';
		ret = 0;
	}
	fclose(file);
	return ret;
}

static void show(const char *what, const char *value, const char *more)
{
	printf("%-16s%s%s\n", what, value, more);
}

/* ---- the module is not there -------------------------------------------- */

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

static void show_advice(const char *release)
{
	const char *steps = "";

	if (!is_installed(release))
		steps = "in kseal's sources: make && make install && ";
	show("module", "not loaded", "");
	printf("%-16s", "what to do");
	if (!is_installed(release) && !has_headers(release))
		printf("apt-get install linux-headers-%s; then ", release);
	printf("%smodprobe kseal%s\n", steps, geteuid() ? " (as root)" : "");
}

/* ---- the module is there ------------------------------------------------ */

static void show_module(void)
{
	char version[128];

	if (read_line("/sys/module/kseal/version", version, sizeof(version)))
		show("module", "loaded", "");
	else
		show("module", "loaded, version ", version);
}

static int show_driver(uint16_t cipher)
{
	struct probe probe;
	const char *kind;

	probe_cipher(cipher, &probe);
	if (probe.error) {
		printf("%-16sunusable: cannot %s: %s\n",
		       kseal_cipher_name(cipher), probe.step,
		       strerror(-probe.error));
		return probe.error;
	}
	kind = driver_kind(probe.driver);
	printf("%-16s%s (%s)\n", kseal_cipher_name(cipher), probe.driver,
	       kind ? kind : "slow: modprobe aesni_intel, if this processor "
			     "has AES instructions");
	return 0;
}

static void show_counters(void)
{
	char line[256];
	FILE *file = fopen(COUNTERS, "re");

	if (!file) {
		printf("%-16scannot read %s: %s\n", "counters", COUNTERS,
		       strerror(errno));
		return;
	}
	show("counters", "of this network namespace, " COUNTERS, "");
	while (fgets(line, sizeof(line), file)) {
		const size_t name = strcspn(line, "\t");

		if (line[name])
			printf("  %-30.*s%s", (int)name, line, line + name + 1);
	}
	fclose(file);
}

/* ---- the command -------------------------------------------------------- */

static int print_status(void)
{
	struct utsname uts;
	int ret;

	uname(&uts);
	show("kernel", uts.release, "");
	show("in-tree tls", access("/sys/module/tls", F_OK) ? "not loaded" :
							    "loaded as well", "");
	if (access("/sys/module/kseal", F_OK)) {
		show_advice(uts.release);
		return EXIT_TROUBLE;
	}
	show_module();
	ret = show_driver(TLS_CIPHER_AES_GCM_128);
	if (!ret)
		ret = show_driver(TLS_CIPHER_AES_GCM_256);
	show_counters();
	return ret ? EXIT_TROUBLE : EXIT_OK;
}

int command_status(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		printf("Usage: kseal status\n"
		       "Tells whether kseal can be used, and what to do if not.\n"
		       "The exit status is 0 when it can be used, else 1.\n");
		return EXIT_OK;
	}
	if (argc > 1) {
		fprintf(stderr, "kseal: status takes no arguments\n");
		return EXIT_USAGE;
	}
	return print_status();
}
