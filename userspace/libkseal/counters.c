// SPDX-License-Identifier: LGPL-2.1-or-later
/* What kseald counts. */
#include "kseal.h"

static const struct {
	const char *name;
	const char *help;
} rows[KSEAL_COUNTER_COUNT] = {
	[KSEAL_COUNTER_WORKERS] = { "workers", "threads that do handshakes" },
	[KSEAL_COUNTER_PROGRAMS] = { "programs", "connected now" },
	[KSEAL_COUNTER_IN_FLIGHT] = { "in_flight", "handshakes under way now" },
	[KSEAL_COUNTER_BEGUN_SERVER] = { "begun_server", "handshakes begun as a server" },
	[KSEAL_COUNTER_BEGUN_CLIENT] = { "begun_client", "handshakes begun as a client" },
	[KSEAL_COUNTER_DONE_SERVER] = { "done_server", "sockets given back that speak TLS" },
	[KSEAL_COUNTER_DONE_CLIENT] = { "done_client", "likewise, as a client" },
	[KSEAL_COUNTER_RESUMED] = { "resumed", "of those done, went on with an earlier session" },
	[KSEAL_COUNTER_GIVEN_UP] = { "given_up", "nobody waited for them any more" },
	[KSEAL_COUNTER_FAILED_TIMEOUT] = { "failed_timeout", "took longer than they may" },
	[KSEAL_COUNTER_FAILED_CLOSED] = {
		"failed_closed", "the peer closed or broke the connection" },
	[KSEAL_COUNTER_FAILED_ALERT] = { "failed_alert", "the peer refused, by an alert" },
	[KSEAL_COUNTER_FAILED_PROTOCOL] = {
		"failed_protocol", "what the peer sent will not do: no TLS, or nothing in common" },
	[KSEAL_COUNTER_FAILED_CERTIFICATE] = {
		"failed_certificate", "the peer's certificate was refused" },
	[KSEAL_COUNTER_FAILED_REQUEST] = {
		"failed_request", "asked for what this kseald does not have" },
	[KSEAL_COUNTER_FAILED_KERNEL] = {
		"failed_kernel", "the kernel did not take the keys, or has no module" },
	[KSEAL_COUNTER_FAILED_OTHER] = { "failed_other", "out of memory and the like" },
	[KSEAL_COUNTER_REFUSED_REQUEST] = {
		"refused_request", "the request makes no sense, or its socket will not do" },
	[KSEAL_COUNTER_REFUSED_LIMIT] = { "refused_limit", "over --max-handshakes" },
	[KSEAL_COUNTER_REFUSED_PROGRAM] = { "refused_program", "over --max-per-program" },
	[KSEAL_COUNTER_REFUSED_RATE] = { "refused_rate", "over --rate" },
	[KSEAL_COUNTER_REFUSED_STOPPING] = { "refused_stopping", "kseald was stopping" },
	[KSEAL_COUNTER_REFUSED_DESCRIPTORS] = {
		"refused_descriptors", "kseald had no descriptors left" },
	[KSEAL_COUNTER_REFUSED_CALLER] = {
		"refused_caller", "the list of callers does not let the program have it" },
	[KSEAL_COUNTER_TICKETS_TAKEN] = {
		"tickets_taken", "of servers, to resume a session with as a client" },
};

const char *kseal_counter_name(unsigned int counter)
{
	return counter < KSEAL_COUNTER_COUNT ? rows[counter].name : NULL;
}

const char *kseal_counter_help(unsigned int counter)
{
	return counter < KSEAL_COUNTER_COUNT ? rows[counter].help : NULL;
}
