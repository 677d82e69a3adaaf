// SPDX-License-Identifier: GPL-2.0
/* kseal list: every socket of kseal on the machine. */
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "json.h"
#include "kseal.h"
#include "list.h"

/* ---- words ------------------------------------------------------------------ */

const char *list_bytes(double bytes, char *text, size_t size)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	size_t unit = 0;

	for (; bytes >= 1000 && unit < 5; unit++)
		bytes /= 1000;
	snprintf(text, size, unit && bytes < 100 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
	return text;
}

const char *list_version_name(uint16_t version)
{
	return version == 0x0304 ? "TLS 1.3" : version == 0x0303 ? "TLS 1.2" : "-";
}

const char *list_suite_name(const struct ksocket *socket)
{
	const char *name = socket->cipher ? kseal_cipher_name(socket->cipher) : NULL;

	return name ? name : "-";
}

static const char *directions(const struct ksocket *socket)
{
	return socket->tx && socket->rx ? "both" : socket->tx ? "send" : socket->rx ? "recv" : "none";
}

/* What has ended of it, if anything. */
static const char *state_name(const struct ksocket *socket)
{
	const uint32_t state = socket->info.state;
	const uint32_t closed = KSEAL_STATE_TX_CLOSED | KSEAL_STATE_RX_CLOSED;

	if (!socket->has_info)
		return "-";
	if (state & KSEAL_STATE_ENDED)
		return "ended";
	if ((state & closed) == closed)
		return "closed";
	if (state & closed)
		return state & KSEAL_STATE_TX_CLOSED ? "tx-closed" : "rx-closed";
	return state & KSEAL_STATE_RX_EXPIRED ? "no-key" : "open";
}

/* ---- a table ---------------------------------------------------------------- */

static void print_row(FILE *out, const struct ksocket *s)
{
	char sent[16] = "-", received[16] = "-", owner[48] = "-";

	if (s->pid)
		snprintf(owner, sizeof(owner), "%s/%d", s->program, s->pid);
	if (s->has_info) {
		list_bytes(s->info.tx_bytes, sent, sizeof(sent));
		list_bytes(s->info.rx_bytes, received, sizeof(received));
	}
	fprintf(out, "%-22s %-24s %-24s %-8s %-18s %-5s %-9s %9s %9llu %9s %9llu %6u\n", owner,
		s->local, s->peer, list_version_name(s->version), list_suite_name(s), directions(s),
		state_name(s), sent,
		(unsigned long long)s->info.tx_records, received,
		(unsigned long long)s->info.rx_records, s->info.tx_rekeys + s->info.rx_rekeys);
}

void list_print(FILE *out, const struct ksockets *found)
{
	fprintf(out, "%-22s %-24s %-24s %-8s %-18s %-5s %-9s %9s %9s %9s %9s %6s\n", "PROGRAM",
		"LOCAL", "PEER", "VERSION", "SUITE", "KEYS", "STATE", "SENT", "RECORDS", "RECEIVED",
		"RECORDS", "REKEYS");
	for (size_t i = 0; i < found->count; i++)
		print_row(out, &found->all[i]);
}

/* ---- JSON ------------------------------------------------------------------- */

static void print_string(FILE *out, const char *name, const char *value)
{
	fprintf(out, "\"%s\": ", name);
	json_string(out, value, strlen(value));
	fputs(", ", out);
}

static void print_number(FILE *out, const char *name, unsigned long long value)
{
	fprintf(out, "\"%s\": %llu, ", name, value);
}

/* Members of struct kseal_info under their own names. */
static const struct number {
	const char *name;
	size_t at;
	size_t size;
} numbers[] = {
#define NUMBER(member) \
	{ #member, offsetof(struct kseal_info, member), sizeof(((struct kseal_info *)0)->member) }
	NUMBER(tx_bytes),
	NUMBER(tx_splice_bytes),
	NUMBER(tx_records),
	NUMBER(tx_rekeys),
	NUMBER(tx_key_updates),
	NUMBER(tx_key_records),
	NUMBER(tx_key_limit),
	NUMBER(rx_bytes),
	NUMBER(rx_direct_bytes),
	NUMBER(rx_records),
	NUMBER(rx_rekeys),
	NUMBER(rx_key_updates),
	NUMBER(rx_key_records),
	NUMBER(controls),
	NUMBER(tickets),
	NUMBER(warnings),
#undef NUMBER
};

static void print_numbers(FILE *out, const struct kseal_info *info)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const void *from = (const char *)info + numbers[i].at;

		print_number(out, numbers[i].name, numbers[i].size == sizeof(uint64_t) ?
						   *(const uint64_t *)from : *(const uint32_t *)from);
	}
}

static void print_alert(FILE *out, const char *name, uint8_t level, uint8_t description)
{
	if (level)
		print_number(out, name, description);
}

/* What has been done besides moving data: KSEAL_CONTROL. */
static void print_control(FILE *out, const struct ksocket *s)
{
	const struct kseal_info *info = &s->info;
	const char *end = kseal_end_name(info->end);

	print_string(out, "state", state_name(s));
	print_string(out, "control", info->control & KSEAL_CONTROL_ON ? "kernel" : "program");
	print_string(out, "end", end ? end : "unknown");
	print_alert(out, "alert_in", info->alert_in_level, info->alert_in);
	print_alert(out, "alert_out", info->alert_out_level, info->alert_out);
}

static void print_object(FILE *out, const struct ksocket *s)
{
	const struct kseal_info *info = &s->info;

	fputs("{", out);
	print_string(out, "local", s->local);
	print_string(out, "peer", s->peer);
	print_string(out, "ulp", s->ulp);
	print_string(out, "version", list_version_name(s->version));
	print_string(out, "suite", list_suite_name(s));
	print_string(out, "keys", directions(s));
	print_number(out, "inode", s->inode);
	print_number(out, "netns", s->netns);
	if (s->pid) {
		print_number(out, "pid", s->pid);
		print_number(out, "fd", s->fd);
		print_string(out, "program", s->program);
	}
	if (s->has_info) {
		print_numbers(out, info);
		print_control(out, s);
		print_string(out, "tx_driver", info->tx_driver);
		print_string(out, "rx_driver", info->rx_driver);
	}
	fprintf(out, "\"has_counters\": %s}", s->has_info ? "true" : "false");
}

void list_print_json(FILE *out, const struct ksockets *found)
{
	fputs("[", out);
	for (size_t i = 0; i < found->count; i++) {
		fputs(i ? ",\n " : "", out);
		print_object(out, &found->all[i]);
	}
	fputs("]\n", out);
}

/* ---- the command list ------------------------------------------------------- */

int list_find(struct ksockets *found)
{
	int ret = ksockets_find(found);

	if (ret == -EPERM)
		fprintf(stderr, "kseal: the kernel tells only root (CAP_NET_ADMIN) which sockets "
			"these are: try sudo\n");
	else if (ret)
		fprintf(stderr, "kseal: cannot look for sockets: %s\n", strerror(-ret));
	return ret ? EXIT_TROUBLE : EXIT_OK;
}

static void tell_hidden(const struct ksockets *found)
{
	if (found->hidden)
		fprintf(stderr, "kseal: without permission to look at %u processes or network "
			"namespaces; root sees all\n", found->hidden);
}

int command_list(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct ksockets found;
	bool json = false;
	int o, ret;

	while ((o = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		if (o == 'j') {
			json = true;
			continue;
		}
		fprintf(o == 'h' ? stdout : stderr,
			"Usage: kseal list [--json]\n"
			"Lists every socket of kseal on this machine, in all network namespaces:\n"
			"program, addresses, version, suite, and what it has sent and received.\n"
			"  -j, --json   all that is known, as an array of objects\n");
		return o == 'h' ? EXIT_OK : EXIT_USAGE;
	}
	if (optind < argc) {
		fprintf(stderr, "kseal: list takes no arguments\n");
		return EXIT_USAGE;
	}
	ret = list_find(&found);
	if (ret == EXIT_OK) {
		(json ? list_print_json : list_print)(stdout, &found);
		tell_hidden(&found);
	}
	ksockets_free(&found);
	return ret;
}
