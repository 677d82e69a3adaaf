// SPDX-License-Identifier: GPL-2.0
/* kseal check: all of it tried out, from the kernel to a handshake by kseald. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/tls.h>
#include <sys/utsname.h>

#include "commands.h"
#include "fields.h"
#include "kseal.h"
#include "loop.h"
#include "module.h"
#include "probe.h"

enum verdict {
	VERDICT_OK,
	VERDICT_NOTE,		/* it works, and could be better */
	VERDICT_WRONG,
};

/** struct item - one thing looked at: what was found, and what to do about it, if anything */
struct item {
	enum verdict verdict;
	char found[640];
	char advice[512];
};

/** struct check - options, and what is known by now */
struct check {
	const char *broker;
	bool no_kseald;
	bool json;
	bool module_missing;
	struct utsname uts;
	struct fields fields;
	unsigned int wrong;
};

static void found(struct item *item, enum verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void advise(struct item *item, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void found(struct item *item, enum verdict verdict, const char *format, ...)
{
	va_list args;

	item->verdict = verdict;
	va_start(args, format);
	vsnprintf(item->found, sizeof(item->found), format, args);
	va_end(args);
}

static void advise(struct item *item, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(item->advice, sizeof(item->advice), format, args);
	va_end(args);
}

/* ---- the kernel's side -------------------------------------------------------- */

static void check_kernel(struct check *check, struct item *item)
{
	unsigned int major = 0, minor = 0;

	sscanf(check->uts.release, "%u.%u", &major, &minor);
	found(item, VERDICT_OK, "Linux %s", check->uts.release);
	if (major > 6 || (major == 6 && minor >= 1))
		return;
	item->verdict = VERDICT_WRONG;
	advise(item, "kseal needs Linux 6.1 or newer");
}

/* Whoever may load modules loads it by using it. */
static void check_module(struct check *check, struct item *item)
{
	struct probe probe;
	char version[64];

	probe_cipher(TLS_CIPHER_AES_GCM_128, &probe);
	check->module_missing = probe.error == -ENOENT && !module_is_loaded("kseal");
	if (check->module_missing) {
		found(item, VERDICT_WRONG, "not loaded, and using it does not load it");
		module_advice(check->uts.release, item->advice, sizeof(item->advice));
		return;
	}
	module_version(version, sizeof(version));
	found(item, VERDICT_OK, "loaded%s%s", *version ? ", version " : "", version);
	if (*version && strcmp(version, KSEAL_VERSION)) {
		item->verdict = VERDICT_NOTE;
		advise(item, "this command is of version " KSEAL_VERSION ": install both from the "
		       "same sources");
	}
}

static void check_driver(uint16_t cipher, struct item *item)
{
	struct probe probe;
	const char *kind;

	probe_cipher(cipher, &probe);
	if (probe.error) {
		found(item, VERDICT_WRONG, "cannot %s: %s", probe.step, strerror(-probe.error));
		if (probe.error == -ENOENT)
			advise(item, "modprobe -a gcm aesni_intel");
		return;
	}
	kind = driver_kind(probe.driver);
	found(item, kind ? VERDICT_OK : VERDICT_NOTE, "%s (%s)", probe.driver,
	      kind ? kind : "generic, slow");
	if (!kind)
		advise(item, "modprobe aesni_intel, if this processor has AES instructions");
}

static void check_gcm_128(struct check *check, struct item *item)
{
	(void)check;
	check_driver(TLS_CIPHER_AES_GCM_128, item);
}

static void check_gcm_256(struct check *check, struct item *item)
{
	(void)check;
	check_driver(TLS_CIPHER_AES_GCM_256, item);
}

/* What no kernel must have. */
static void check_other(uint16_t cipher, const char *modules, struct item *item)
{
	struct probe probe;

	probe_cipher(cipher, &probe);
	if (!probe.error) {
		found(item, VERDICT_OK, "%s", probe.driver);
		return;
	}
	found(item, VERDICT_NOTE, "cannot %s: %s", probe.step, strerror(-probe.error));
	advise(item, "modprobe -a %s, if you want this suite", modules);
}

static void check_chacha(struct check *check, struct item *item)
{
	(void)check;
	check_other(TLS_CIPHER_CHACHA20_POLY1305, "chacha20poly1305 chacha_generic", item);
}

static void check_ccm(struct check *check, struct item *item)
{
	(void)check;
	check_other(TLS_CIPHER_AES_CCM_128, "ccm", item);
}

/* ---- handshakes --------------------------------------------------------------- */

static void check_loop(unsigned int version, struct item *item)
{
	struct loop_result result;

	loop_alone(version, &result);
	found(item, result.ok ? VERDICT_OK : VERDICT_WRONG, "%s", result.words);
	if (!result.ok)
		advise(item, "dmesg | grep kseal may tell more");
}

static void check_loop_12(struct check *check, struct item *item)
{
	(void)check;
	check_loop(0x0303, item);
}

static void check_loop_13(struct check *check, struct item *item)
{
	(void)check;
	check_loop(0x0304, item);
}

static const char *advice_for_kseald(int error)
{
	switch (error) {
	case -ENOENT:
	case -ECONNREFUSED:
		return "systemctl start kseald, or name its socket with --broker; without "
		       "kseald: --no-kseald";
	case -EACCES:
		return "its --group and --mode say who may; try as root";
	case -EPROTONOSUPPORT:
		return "it is of another version: restart it after the installation";
	default:
		return "";
	}
}

static void tell_software(struct kseal_broker *kseald, const char *path, struct item *item)
{
	struct kseal_status status;
	const int ret = kseal_get_status(kseald, &status);

	if (ret) {
		found(item, VERDICT_NOTE, "at %s, and does not tell its version: %s", path,
		      strerror(-ret));
		advise(item, "restart it, if it was started before the installation");
		return;
	}
	found(item, VERDICT_OK, "%s at %s", status.software, path);
	if (strcmp(status.software, "kseald " KSEAL_VERSION)) {
		item->verdict = VERDICT_NOTE;
		advise(item, "this command is of version " KSEAL_VERSION ": restart kseald after the "
		       "installation");
	}
}

static void check_kseald(struct check *check, struct item *item)
{
	struct kseal_broker *kseald;
	int ret = kseal_broker_open(check->broker, &kseald);

	if (ret) {
		found(item, VERDICT_WRONG, "nobody to talk to at %s: %s", check->broker,
		      strerror(-ret));
		advise(item, "%s", advice_for_kseald(ret));
		/* what goes through it has nothing to go through */
		check->no_kseald = true;
		return;
	}
	tell_software(kseald, check->broker, item);
	kseal_broker_close(kseald);
}

static void check_through(struct check *check, struct item *item)
{
	struct loop_result result;

	loop_through(check->broker, &result);
	found(item, result.ok ? VERDICT_OK : VERDICT_WRONG, "%s", result.words);
	if (!result.ok)
		advise(item, "kseald's log tells more; so does kseald --check-config");
}

/* ---- all of it ---------------------------------------------------------------- */

static const struct row {
	const char *name;
	void (*look)(struct check *check, struct item *item);
	bool needs_module;
	bool needs_kseald;
} rows[] = {
	{ "kernel", check_kernel, false, false },
	{ "module", check_module, false, false },
	{ "AES-128-GCM", check_gcm_128, true, false },
	{ "AES-256-GCM", check_gcm_256, true, false },
	{ "CHACHA20-POLY1305", check_chacha, true, false },
	{ "AES-128-CCM", check_ccm, true, false },
	{ "TLS 1.3", check_loop_13, true, false },
	{ "TLS 1.2", check_loop_12, true, false },
	{ "kseald", check_kseald, false, true },
	{ "TLS by kseald", check_through, true, true },
};

static void print_item(struct check *check, const char *name, const struct item *item)
{
	static const char *const people[] = { "OK", "note", "WRONG" };
	static const char *const machines[] = { "ok", "note", "wrong" };

	if (!check->json) {
		printf("%-18s %-6s %s\n", name, people[item->verdict], item->found);
		if (item->advice[0])
			printf("%-25s %s\n", "", item->advice);
		return;
	}
	fields_open(&check->fields, NULL);
	fields_string(&check->fields, "item", name);
	fields_string(&check->fields, "verdict", machines[item->verdict]);
	fields_string(&check->fields, "found", item->found);
	if (item->advice[0])
		fields_string(&check->fields, "advice", item->advice);
	fields_close(&check->fields);
}

static int run(struct check *check)
{
	struct item item;
	size_t i;

	uname(&check->uts);
	if (check->json) {
		fields_to_json(&check->fields, stdout);
		fields_open(&check->fields, NULL);
		fields_list(&check->fields, "items");
	}
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((rows[i].needs_module && check->module_missing) ||
		    (rows[i].needs_kseald && check->no_kseald))
			continue;
		memset(&item, 0, sizeof(item));
		rows[i].look(check, &item);
		check->wrong += item.verdict == VERDICT_WRONG;
		print_item(check, rows[i].name, &item);
		fflush(stdout);
	}
	if (check->json) {
		fields_close(&check->fields);
		check->fields.ops->flag(&check->fields, "ok", !check->wrong);
		fields_close(&check->fields);
	} else if (check->wrong) {
		printf("%u wrong\n", check->wrong);
	} else {
		printf("all is well\n");
	}
	return check->wrong ? EXIT_TROUBLE : EXIT_OK;
}

int command_check(int argc, char **argv)
{
	static const struct option options[] = {
		{ "broker", required_argument, NULL, 'b' },
		{ "no-kseald", no_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct check check = { .broker = KSEAL_BROKER_PATH };
	int o;

	while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (o) {
		case 'b':
			check.broker = optarg;
			break;
		case 'n':
			check.no_kseald = true;
			break;
		case 'j':
			check.json = true;
			break;
		default:
			fprintf(o == 'h' ? stdout : stderr,
				"Usage: kseal check [OPTION]...\n"
				"Tries out all there is, up to whole connections over loopback: a line for\n"
				"each says OK, or what is wrong and what to do. The exit status is 0 when\n"
				"nothing is wrong, else 1.\n"
				"  --broker PATH   kseald's socket (" KSEAL_BROKER_PATH ")\n"
				"  --no-kseald     leave kseald out\n"
				"  --json          for machines\n");
			return o == 'h' ? EXIT_OK : EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "kseal: check takes no arguments\n");
		return EXIT_USAGE;
	}
	return run(&check);
}
