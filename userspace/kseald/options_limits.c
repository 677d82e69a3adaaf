// SPDX-License-Identifier: GPL-2.0
/* The options that say how much there may be of what. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parser.h"
#include "rate.h"
#include "worker.h"

enum {
	MAX_MAX_HANDSHAKES = 1000000,
};

int options_max_handshakes(struct parser *parser, const char *value)
{
	unsigned long number;

	if (options_number(value, 10, MAX_MAX_HANDSHAKES, &number) || !number)
		return options_complain(parser, "max-handshakes", value,
					"must be a number from 1 to 1000000");
	parser->options->max_handshakes = number;
	return 0;
}

int options_max_per_program(struct parser *parser, const char *value)
{
	unsigned long number;

	if (options_number(value, 10, MAX_MAX_HANDSHAKES, &number) || !number)
		return options_complain(parser, "max-per-program", value,
					"must be a number from 1 to 1000000");
	parser->options->max_per_program = number;
	return 0;
}

/* N[,BURST]; a burst of what a second brings unless it is given */
int options_rate(struct parser *parser, const char *value)
{
	const char *comma = strchr(value, ',');
	char *first = strndup(value, strcspn(value, ","));
	unsigned long rate, burst;
	int bad;

	if (!first)
		return -ENOMEM;
	bad = options_number(first, 10, RATE_MAX, &rate);
	free(first);
	burst = rate;
	if (!bad && comma)
		bad = options_number(comma + 1, 10, RATE_MAX, &burst) || (rate && !burst);
	if (bad)
		return options_complain(parser, "rate", value, "must be handshakes per second, "
					"or these and how many at once: numbers up to 1000000");
	parser->options->rate = rate;
	parser->options->burst = burst;
	return 0;
}

int options_stop_timeout(struct parser *parser, const char *value)
{
	parser->options->stop_ms = 0;
	if (strcmp(value, "0") && options_seconds(value, &parser->options->stop_ms))
		return options_complain(parser, "stop-timeout", value,
					"must be seconds, at most 3600");
	return 0;
}

int options_workers(struct parser *parser, const char *value)
{
	unsigned long number;

	if (options_number(value, 10, WORKERS_MAX, &number) || !number)
		return options_complain(parser, "workers", value,
					"must be a number from 1 to 256");
	parser->options->workers = number;
	return 0;
}
