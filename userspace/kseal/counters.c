// SPDX-License-Identifier: GPL-2.0
/* What the module and kseald have counted, for people and as JSON. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "kseal.h"

#define COUNTERS "/proc/net/kseal_stat"

/* ---- the module --------------------------------------------------------- */

/* NAME<tab>NUMBER. Return: is it such a line? */
static int parse(char *line, const char **name, unsigned long long *value)
{
	char *tab = strchr(line, '\t');

	if (!tab)
		return 0;
	*tab = '\0';
	*name = line;
	*value = strtoull(tab + 1, NULL, 10);
	return 1;
}

void counters_print_module(FILE *out)
{
	FILE *file = fopen(COUNTERS, "re");
	unsigned long long value;
	const char *name;
	char line[256];

	if (!file) {
		fprintf(out, "%-16scannot read %s: %s\n", "counters", COUNTERS, strerror(errno));
		return;
	}
	fprintf(out, "%-16sof this network namespace, %s\n", "counters", COUNTERS);
	while (fgets(line, sizeof(line), file))
		if (parse(line, &name, &value))
			fprintf(out, "  %-30s%llu\n", name, value);
	fclose(file);
}

void counters_json_module(FILE *out)
{
	FILE *file = fopen(COUNTERS, "re");
	unsigned long long value;
	const char *name, *before = "{";
	char line[256];

	if (!file) {
		fputs("null", out);
		return;
	}
	while (fgets(line, sizeof(line), file)) {
		if (!parse(line, &name, &value))
			continue;
		fprintf(out, "%s\"%s\": %llu", before, name, value);
		before = ", ";
	}
	fputs(*before == '{' ? "{}" : "}", out);
	fclose(file);
}

/* ---- kseald ------------------------------------------------------------- */

static int ask(const char *path, struct kseal_status *status)
{
	struct kseal_broker *broker;
	int ret = kseal_broker_open(path, &broker);

	if (ret)
		return ret;
	ret = kseal_get_status(broker, status);
	kseal_broker_close(broker);
	return ret;
}

void counters_print_daemon(FILE *out, const char *broker)
{
	struct kseal_status status;
	int i, ret = ask(broker, &status);

	if (ret) {
		fprintf(out, "%-16snone answers at %s: %s\n", "kseald", broker, strerror(-ret));
		return;
	}
	fprintf(out, "%-16s%s at %s; since it was started:\n", "kseald", status.software, broker);
	for (i = 0; i < KSEAL_COUNTER_COUNT; i++)
		fprintf(out, "  %-22s%-8llu%s\n", kseal_counter_name(i),
			(unsigned long long)status.counters[i], kseal_counter_help(i));
}

void counters_json_daemon(FILE *out, const char *broker)
{
	struct kseal_status status;
	int i;

	if (ask(broker, &status)) {
		fputs("null", out);
		return;
	}
	for (i = 0; i < KSEAL_COUNTER_COUNT; i++)
		fprintf(out, "%s\"%s\": %llu", i ? ", " : "{", kseal_counter_name(i),
			(unsigned long long)status.counters[i]);
	fputs("}", out);
}
