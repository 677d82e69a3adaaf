/* SPDX-License-Identifier: GPL-2.0 */
/* The sockets of kseal on this machine, and what is known of each. */
#ifndef KSEAL_SOCKETS_H
#define KSEAL_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <netinet/in.h>
#include <linux/kseal.h>

/**
 * struct ksocket - a TCP socket with the ULP
 * @netns: inode of its network namespace
 * @inode: the socket's
 * @local: its address and port, as "192.0.2.1:443" or "[2001:db8::1]:443"
 * @peer: likewise
 * @ulp: "kseal", or "tls" if it answers to that name
 * @version: 0x0303 or 0x0304, 0 while there is no key
 * @cipher: TLS_CIPHER_*
 * @tx: there is a key for sending
 * @rx: and one for receiving
 * @pid: a process that has it open, 0 when none was found
 * @fd: its descriptor there
 * @program: that process's name
 * @has_info: @info is there
 * @info: what KSEAL_INFO tells, 0 where the kernel is older than a member
 */
struct ksocket {
	uint64_t netns;
	uint32_t inode;
	char local[64], peer[64];
	char ulp[16];
	uint16_t version, cipher;
	bool tx, rx;
	pid_t pid;
	int fd;
	char program[32];
	bool has_info;
	struct kseal_info info;
};

/**
 * struct ksockets - all of them
 * @all: by their inodes, freed with ksockets_free()
 * @count: how many
 * @hidden: network namespaces and processes there was no permission to look at
 */
struct ksockets {
	struct ksocket *all;
	size_t count;
	unsigned int hidden;
};

/**
 * ksockets_find() - look at every network namespace that a process is in
 * @found: filled; to be freed whatever is returned
 *
 * Return: 0; -EPERM the kernel tells of ULPs only to those with CAP_NET_ADMIN;
 * another negative errno.
 */
int ksockets_find(struct ksockets *found);

/** ksockets_by_inode() - one of those found, which are sorted by it; NULL */
struct ksocket *ksockets_by_inode(const struct ksockets *found, uint32_t inode);

/** ksockets_free() - free what ksockets_find() has filled. */
void ksockets_free(struct ksockets *found);

/**
 * ksocket_parse() - read one message of sock_diag(7)
 * @message: a struct inet_diag_msg and its attributes
 * @len: bytes
 * @socket: filled, but for the members from @pid on
 *
 * Return: true it has a ULP that may be kseal's.
 */
bool ksocket_parse(const void *message, size_t len, struct ksocket *socket);

#endif /* KSEAL_SOCKETS_H */
