// SPDX-License-Identifier: GPL-2.0
/* Handshakes, counted and logged. Each line about one has its id: conn=ID. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "handshake.h"
#include "log.h"

enum {
	NS_PER_MS = 1000000,
};

void report_name(struct engine *engine, struct kseal_result *result)
{
	snprintf(result->connection, sizeof(result->connection), "%04x-%llx", engine->run,
		 (unsigned long long)++engine->last);
}

enum kseal_counter cause_of_failure(const struct tls *tls, int error)
{
	switch (error) {
	case EACCES:
		return KSEAL_COUNTER_FAILED_CERTIFICATE;
	case ECONNRESET:
		return KSEAL_COUNTER_FAILED_CLOSED;
	case EPROTO:
		return tls->alerted ? KSEAL_COUNTER_FAILED_ALERT : KSEAL_COUNTER_FAILED_PROTOCOL;
	default:
		return KSEAL_COUNTER_FAILED_OTHER;
	}
}

/* ---- lines -------------------------------------------------------------- */

static void begin(struct log_line *line, const struct handshakes *list, const char *outcome,
		  const struct kseal_result *result)
{
	log_begin(line);
	log_text(line, "conn", result->connection);
	if (list->key)
		log_text(line, list->key, list->value);
	log_text(line, "peer", result->peer);
	log_text(line, "outcome", outcome);
}

static int is_server(const struct handshake *handshake)
{
	return handshake->request.role == KSEAL_SERVER;
}

/* Whose certificate it was, if one was verified. */
static void describe_peer(struct log_line *line, const struct kseal_result *result)
{
	static const uint8_t none[KSEAL_FINGERPRINT_SIZE];
	char hex[2 * KSEAL_FINGERPRINT_SIZE + 1];
	size_t i;

	if (!memcmp(result->peer_fingerprint, none, sizeof(none)))
		return;
	for (i = 0; i < KSEAL_FINGERPRINT_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", result->peer_fingerprint[i]);
	log_text(line, "peer_sha256", hex);
	log_text(line, "peer_subject", result->peer_subject);
	log_text(line, "peer_names", result->peer_names);
}

/* What is known of one that has a worker. */
static void describe(struct log_line *line, const struct handshake *handshake)
{
	const struct kseal_result *result = &handshake->result;
	const char *version = kseal_version_name(result->version);

	log_text(line, "role", is_server(handshake) ? "server" : "client");
	if (version)
		log_text(line, "version", version);
	log_text(line, "suite", result->suite);
	log_text(line, "server_name", result->server_name);
	log_text(line, "alpn", result->alpn);
	describe_peer(line, result);
	if (handshake->resumed)
		log_number(line, "resumed", 1);
	log_number(line, "ms", (uv_hrtime() - handshake->begun) / NS_PER_MS);
}

void report_begun(struct handshake *handshake)
{
	struct engine *engine = handshake->engine;
	struct log_line line;

	engine->counters[is_server(handshake) ? KSEAL_COUNTER_BEGUN_SERVER :
						KSEAL_COUNTER_BEGUN_CLIENT]++;
	begin(&line, handshake->list, "begun", &handshake->result);
	log_text(&line, "role", is_server(handshake) ? "server" : "client");
	log_end(LOG_LEVEL_DEBUG, &line);
}

void report_ended(struct handshake *handshake)
{
	const struct kseal_result *result = &handshake->result;
	uint64_t *counters = handshake->engine->counters;
	struct log_line line;

	begin(&line, handshake->list, result->error ? "failed" : "done", result);
	if (result->error) {
		counters[handshake->cause]++;
		log_text(&line, "cause", kseal_counter_name(handshake->cause));
	} else {
		counters[is_server(handshake) ? KSEAL_COUNTER_DONE_SERVER :
						KSEAL_COUNTER_DONE_CLIENT]++;
		counters[KSEAL_COUNTER_RESUMED] += handshake->resumed;
	}
	describe(&line, handshake);
	log_text(&line, "reason", result->reason);
	log_end(LOG_LEVEL_INFO, &line);
}

/* Its worker has it still, and changes neither its names nor when it began. */
void report_given_up(struct handshake *handshake)
{
	struct log_line line;

	handshake->engine->counters[KSEAL_COUNTER_GIVEN_UP]++;
	begin(&line, handshake->list, "given_up", &handshake->result);
	log_number(&line, "ms", (uv_hrtime() - handshake->begun) / NS_PER_MS);
	log_end(LOG_LEVEL_INFO, &line);
}

void report_refused(struct engine *engine, const struct handshakes *list,
		    enum kseal_counter cause, const struct kseal_result *result)
{
	struct log_line line;

	engine->counters[cause]++;
	begin(&line, list, "refused", result);
	log_text(&line, "cause", kseal_counter_name(cause));
	log_text(&line, "reason", result->reason);
	log_end(LOG_LEVEL_INFO, &line);
}

void report_counters(const uint64_t *counters)
{
	struct log_line line;
	unsigned int i;

	log_begin(&line);
	for (i = 0; i < KSEAL_COUNTER_COUNT; i++)
		if (counters[i])
			log_number(&line, kseal_counter_name(i), counters[i]);
	log_end(LOG_LEVEL_INFO, &line);
}
