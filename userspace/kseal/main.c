// SPDX-License-Identifier: GPL-2.0
/* kseal: look at kseal, and use it from a shell. */
#include <stdio.h>
#include <string.h>

#include "commands.h"

static const struct command commands[] = {
	{ "status", "[--json] [--broker PATH]",
	  "is the module there, which AES does it use, what have it and kseald done",
	  command_status },
	{ "list", "[--json]",
	  "every socket of kseal on this machine, whose it is, what went over it",
	  command_list },
	{ "top", "[-d SECONDS] [-n TIMES]",
	  "the same, live: what each sends and receives",
	  command_top },
	{ "check", "[OPTION]...",
	  "try all of it out, whole connections too: is it OK, or what is wrong",
	  command_check },
	{ "explain", "[OPTION]... HOST[:PORT]",
	  "do a handshake, and tell of it message by message",
	  command_explain },
	{ "reload", "[--broker PATH]",
	  "have kseald read its configuration and certificates anew",
	  command_reload },
	{ "client", "[OPTION]... HOST PORT",
	  "connect, let kseald do the handshake, relay stdin and stdout",
	  command_client },
	{ "server", "[OPTION]... PORT",
	  "likewise for the first connection to PORT",
	  command_server },
	{ "run", "[OPTION]... PROGRAM [ARGUMENT]...",
	  "run a program that knows nothing of TLS, its sockets made TLS",
	  command_run },
};

enum {
	COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]),
};

static void print_help(FILE *out)
{
	size_t i;

	fprintf(out, "Usage: kseal COMMAND\n\n");
	for (i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %s %s\n        %s\n", commands[i].name,
			commands[i].arguments, commands[i].help);
	fprintf(out, "\nkseal COMMAND --help tells more; so does kseal(1).\n");
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help(stdout);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("kseal " KSEAL_VERSION "\n");
		return EXIT_OK;
	}
	for (i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(commands[i].name, argv[1]))
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "kseal: there is no command \"%s\"; try 'kseal --help'\n",
		argv[1]);
	return EXIT_USAGE;
}
