/* SPDX-License-Identifier: GPL-2.0 */
/* The subcommands of kseal(1), one file each. */
#ifndef KSEAL_COMMANDS_H
#define KSEAL_COMMANDS_H

/** Exit statuses. */
enum {
	EXIT_OK = 0,
	EXIT_TROUBLE = 1,
	EXIT_USAGE = 2,
};

/**
 * struct command - one subcommand
 * @arguments: as in the usage line
 * @run: gets its own name in argv[0]; returns an exit status
 */
struct command {
	const char *name;
	const char *arguments;
	const char *help;
	int (*run)(int argc, char **argv);
};

int command_status(int argc, char **argv);
int command_list(int argc, char **argv);
int command_top(int argc, char **argv);
int command_check(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_reload(int argc, char **argv);
int command_client(int argc, char **argv);
int command_server(int argc, char **argv);
int command_run(int argc, char **argv);

#endif /* KSEAL_COMMANDS_H */
