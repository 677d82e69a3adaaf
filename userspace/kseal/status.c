// SPDX-License-Identifier: GPL-2.0
/* kseal status: is it there, what to do if not, what it uses and did. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <linux/tls.h>
#include <sys/utsname.h>

#include "commands.h"
#include "counters.h"
#include "module.h"
#include "probe.h"

static void show(const char *what, const char *value, const char *more)
{
	printf("%-16s%s%s\n", what, value, more);
}

/* ---- the module is not there -------------------------------------------- */

static void show_advice(const char *release)
{
	char advice[256];

	show("module", "not loaded", "");
	show("what to do", module_advice(release, advice, sizeof(advice)), "");
}

/* ---- the module is there ------------------------------------------------ */

static void show_module(void)
{
	char version[128];

	if (*module_version(version, sizeof(version)))
		show("module", "loaded, version ", version);
	else
		show("module", "loaded", "");
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

/* ---- the command -------------------------------------------------------- */

static int print_module(const char *release)
{
	int ret;

	if (!module_is_loaded("kseal")) {
		show_advice(release);
		return EXIT_TROUBLE;
	}
	show_module();
	ret = show_driver(TLS_CIPHER_AES_GCM_128);
	if (!ret)
		ret = show_driver(TLS_CIPHER_AES_GCM_256);
	counters_print_module(stdout);
	return ret ? EXIT_TROUBLE : EXIT_OK;
}

static int print_status(const char *broker)
{
	struct utsname uts;
	int ret;

	uname(&uts);
	show("kernel", uts.release, "");
	show("in-tree tls", module_is_loaded("tls") ? "loaded as well" : "not loaded", "");
	ret = print_module(uts.release);
	counters_print_daemon(stdout, broker);
	return ret;
}

/* Drivers have the names of the kernel's crypto API, without anything to escape. */
static int json_driver(uint16_t cipher)
{
	struct probe probe;

	probe_cipher(cipher, &probe);
	if (probe.error)
		printf("  \"%s\": null,\n", kseal_cipher_name(cipher));
	else
		printf("  \"%s\": \"%s\",\n", kseal_cipher_name(cipher), probe.driver);
	return probe.error;
}

static int print_json(const char *broker)
{
	struct utsname uts;
	int ret;

	uname(&uts);
	printf("{ \"kernel\": \"%s\",\n  \"tls_loaded\": %s,\n  \"kseal_loaded\": %s,\n",
	       uts.release, module_is_loaded("tls") ? "true" : "false",
	       module_is_loaded("kseal") ? "true" : "false");
	ret = json_driver(TLS_CIPHER_AES_GCM_128);
	if (json_driver(TLS_CIPHER_AES_GCM_256))
		ret = -EIO;
	printf("  \"counters\": ");
	counters_json_module(stdout);
	printf(",\n  \"kseald\": ");
	counters_json_daemon(stdout, broker);
	printf(" }\n");
	return ret ? EXIT_TROUBLE : EXIT_OK;
}

int command_status(int argc, char **argv)
{
	static const struct option options[] = {
		{ "broker", required_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *broker = KSEAL_BROKER_PATH;
	bool json = false;
	int o;

	while ((o = getopt_long(argc, argv, "b:jh", options, NULL)) != -1) {
		if (o == 'b') {
			broker = optarg;
			continue;
		}
		if (o == 'j') {
			json = true;
			continue;
		}
		fprintf(o == 'h' ? stdout : stderr,
			"Usage: kseal status [--json] [--broker PATH]\n"
			"Tells whether kseal can be used, and what to do if not; and what the module\n"
			"and kseald have done so far.\n"
			"The exit status is 0 when the module can be used, else 1.\n"
			"  -j, --json          the same as an object\n"
			"  -b, --broker PATH   kseald's socket (" KSEAL_BROKER_PATH ")\n");
		return o == 'h' ? EXIT_OK : EXIT_USAGE;
	}
	if (optind < argc) {
		fprintf(stderr, "kseal: status takes no arguments but options\n");
		return EXIT_USAGE;
	}
	return json ? print_json(broker) : print_status(broker);
}
