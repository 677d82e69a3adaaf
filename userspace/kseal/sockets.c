// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets are found by sock_diag(7), in each network namespace that a process is in;
 * whose they are, by the links in /proc/PID/fd; what they have done, by KSEAL_INFO,
 * through a copy of the descriptor (pidfd_getfd(2)) that lives for one call.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tls.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "sockets.h"

static struct ksocket *add_socket(struct ksockets *found)
{
	struct ksocket *all;

	/* doubled whenever it is a power of two */
	if (!(found->count & (found->count - 1))) {
		all = realloc(found->all, (found->count ? found->count * 2 : 1) * sizeof(*all));
		if (!all)
			return NULL;
		found->all = all;
	}
	memset(&found->all[found->count], 0, sizeof(*found->all));
	return &found->all[found->count++];
}

void ksockets_free(struct ksockets *found)
{
	free(found->all);
	found->all = NULL;
	found->count = 0;
}

/* ---- sock_diag -------------------------------------------------------------- */

static void write_address(char *to, size_t size, int family, const __be32 *address, __be16 port)
{
	char text[INET6_ADDRSTRLEN] = "?";

	/* a socket of IPv6 that talks IPv4 (RFC 4291 2.5.5.2) */
	if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)address)) {
		family = AF_INET;
		address += 3;
	}
	inet_ntop(family, address, text, sizeof(text));
	snprintf(to, size, family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, ntohs(port));
}

static uint16_t u16_of(const struct rtattr *at)
{
	uint16_t value = 0;

	if (RTA_PAYLOAD(at) >= sizeof(value))
		memcpy(&value, RTA_DATA(at), sizeof(value));
	return value;
}

static void parse_tls(const struct rtattr *nest, struct ksocket *socket)
{
	const struct rtattr *at = RTA_DATA(nest);
	int len = RTA_PAYLOAD(nest);

	for (; RTA_OK(at, len); at = RTA_NEXT(at, len)) {
		if (at->rta_type == TLS_INFO_VERSION)
			socket->version = u16_of(at);
		else if (at->rta_type == TLS_INFO_CIPHER)
			socket->cipher = u16_of(at);
		else if (at->rta_type == TLS_INFO_TXCONF)
			socket->tx = u16_of(at) == TLS_CONF_SW;
		else if (at->rta_type == TLS_INFO_RXCONF)
			socket->rx = u16_of(at) == TLS_CONF_SW;
	}
}

static void parse_ulp(const struct rtattr *nest, struct ksocket *socket)
{
	const struct rtattr *at = RTA_DATA(nest);
	int len = RTA_PAYLOAD(nest);

	for (; RTA_OK(at, len); at = RTA_NEXT(at, len)) {
		if (at->rta_type == INET_ULP_INFO_NAME)
			snprintf(socket->ulp, sizeof(socket->ulp), "%.*s",
				 (int)RTA_PAYLOAD(at), (const char *)RTA_DATA(at));
		else if ((at->rta_type & NLA_TYPE_MASK) == INET_ULP_INFO_TLS)
			parse_tls(at, socket);
	}
}

bool ksocket_parse(const void *message, size_t len, struct ksocket *socket)
{
	const struct inet_diag_msg *diag = message;
	const struct rtattr *at = (const void *)(diag + 1);
	int left = len - sizeof(*diag);

	memset(socket, 0, sizeof(*socket));
	if (len < sizeof(*diag))
		return false;
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left))
		if ((at->rta_type & NLA_TYPE_MASK) == INET_DIAG_ULP_INFO)
			parse_ulp(at, socket);
	socket->inode = diag->idiag_inode;
	write_address(socket->local, sizeof(socket->local), diag->idiag_family,
		      diag->id.idiag_src, diag->id.idiag_sport);
	write_address(socket->peer, sizeof(socket->peer), diag->idiag_family,
		      diag->id.idiag_dst, diag->id.idiag_dport);
	return !strcmp(socket->ulp, "kseal") || !strcmp(socket->ulp, "tls");
}

static int ask(int netlink, int family)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 req;
	} query = {
		.head = {
			.nlmsg_len = sizeof(query),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.req = {
			.sdiag_family = family,
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_ext = 1 << (INET_DIAG_INFO - 1),
			.idiag_states = ~0U,
		},
	};

	return send(netlink, &query, sizeof(query), 0) < 0 ? -errno : 0;
}

/* Return: 1 there is more to come; 0 that was all; -errno. */
static int read_messages(int netlink, uint64_t netns, struct ksockets *found)
{
	static char buffer[65536] __attribute__((aligned(8)));
	const struct nlmsghdr *head = (const void *)buffer;
	struct ksocket socket, *added;
	int len = recv(netlink, buffer, sizeof(buffer), 0);

	if (len < 0)
		return errno == EINTR ? 1 : -errno;
	for (; NLMSG_OK(head, (unsigned int)len); head = NLMSG_NEXT(head, len)) {
		if (head->nlmsg_type == NLMSG_DONE)
			return 0;
		if (head->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(head))->error ?: -EPROTO;
		if (!ksocket_parse(NLMSG_DATA(head), NLMSG_PAYLOAD(head, 0), &socket))
			continue;
		added = add_socket(found);
		if (!added)
			return -ENOMEM;
		*added = socket;
		added->netns = netns;
	}
	return 1;
}

/* Those of the network namespace this thread is in. */
static int find_here(uint64_t netns, struct ksockets *found)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int netlink, ret = 0;

	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (netlink < 0)
		return -errno;
	for (size_t i = 0; i < 2 && !ret; i++) {
		ret = ask(netlink, families[i]);
		if (!ret)
			do
				ret = read_messages(netlink, netns, found);
			while (ret > 0);
	}
	close(netlink);
	return ret;
}

/* ---- processes -------------------------------------------------------------- */

/* One after the other, as far as /proc shows them. */
static pid_t next_process(DIR *proc)
{
	struct dirent *entry;

	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			return atoi(entry->d_name);
	return 0;
}

static bool netns_is_known(const uint64_t *known, size_t count, uint64_t netns)
{
	while (count--)
		if (known[count] == netns)
			return true;
	return false;
}

/* The namespace of a process, if it is not one of those that were looked at. */
static int find_in_netns_of(pid_t pid, uint64_t **known, size_t *count, struct ksockets *found)
{
	char path[64];
	uint64_t *more;
	struct stat st;
	int fd, ret;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	if (stat(path, &st)) {
		found->hidden += errno == EACCES;
		return 0;
	}
	if (netns_is_known(*known, *count, st.st_ino))
		return 0;
	more = realloc(*known, (*count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	*known = more;
	more[(*count)++] = st.st_ino;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ret = fd < 0 || setns(fd, CLONE_NEWNET) ? -errno : find_here(st.st_ino, found);
	if (fd >= 0)
		close(fd);
	/* it may have ended meanwhile */
	if (ret == -EPERM || ret == -EACCES)
		found->hidden++;
	return ret == -ENOMEM ? ret : 0;
}

static int find_in_all(struct ksockets *found)
{
	uint64_t *known = NULL;
	size_t count = 0;
	struct stat own;
	int home, ret;
	DIR *proc;
	pid_t pid;

	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0)
		return -errno;
	known = malloc(sizeof(*known));
	if (!known || fstat(home, &own)) {
		ret = known ? -errno : -ENOMEM;
		free(known);
		close(home);
		return ret;
	}
	known[count++] = own.st_ino;
	ret = find_here(own.st_ino, found);
	proc = ret ? NULL : opendir("/proc");
	while (proc && !ret && (pid = next_process(proc)))
		ret = find_in_netns_of(pid, &known, &count, found);
	if (proc)
		closedir(proc);
	/* where nothing else was entered, this changes nothing and may be forbidden */
	if (setns(home, CLONE_NEWNET) && count > 1 && errno != EPERM)
		ret = -errno;
	close(home);
	free(known);
	return ret;
}

static void read_program(pid_t pid, char *program, size_t size)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(program, size, file))
		program[strcspn(program, "\n")] = '\0';
	fclose(file);
}

static void read_info(struct ksocket *socket)
{
	socklen_t len = sizeof(socket->info);
	int pidfd, fd;

	pidfd = syscall(SYS_pidfd_open, socket->pid, 0);
	if (pidfd < 0)
		return;
	fd = syscall(SYS_pidfd_getfd, pidfd, socket->fd, 0);
	close(pidfd);
	if (fd < 0)
		return;
	socket->has_info = !getsockopt(fd, SOL_TLS, KSEAL_INFO, &socket->info, &len);
	close(fd);
}

static int compare_inodes(const void *a, const void *b)
{
	const struct ksocket *one = a, *other = b;

	return (one->inode > other->inode) - (one->inode < other->inode);
}

struct ksocket *ksockets_by_inode(const struct ksockets *found, uint32_t inode)
{
	struct ksocket key = { .inode = inode };

	if (!found->count)
		return NULL;
	return bsearch(&key, found->all, found->count, sizeof(key), compare_inodes);
}

/* A descriptor of a process: if it is one of the sockets, it is that process's. */
static void settle_owner(struct ksockets *found, uint32_t inode, pid_t pid, int fd)
{
	struct ksocket *socket = ksockets_by_inode(found, inode);

	if (!socket || socket->pid)
		return;
	socket->pid = pid;
	socket->fd = fd;
	read_program(pid, socket->program, sizeof(socket->program));
	read_info(socket);
}

static void look_through(struct ksockets *found, pid_t pid)
{
	char path[64], target[64];
	struct dirent *entry;
	uint32_t inode;
	ssize_t len;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	fds = opendir(path);
	if (!fds) {
		found->hidden += errno == EACCES || errno == EPERM;
		return;
	}
	while ((entry = readdir(fds))) {
		len = readlinkat(dirfd(fds), entry->d_name, target, sizeof(target) - 1);
		if (len <= 0)
			continue;
		target[len] = '\0';
		if (sscanf(target, "socket:[%u]", &inode) == 1)
			settle_owner(found, inode, pid, atoi(entry->d_name));
	}
	closedir(fds);
}

static void find_owners(struct ksockets *found)
{
	DIR *proc = opendir("/proc");
	pid_t pid;

	while (proc && (pid = next_process(proc)))
		look_through(found, pid);
	if (proc)
		closedir(proc);
}

/* Those of the in-tree module are of no interest, where that can be told. */
static void drop_others(struct ksockets *found)
{
	size_t kept = 0;

	for (size_t i = 0; i < found->count; i++)
		if (found->all[i].has_info || strcmp(found->all[i].ulp, "tls") ||
		    access("/sys/module/tls", F_OK))
			found->all[kept++] = found->all[i];
	found->count = kept;
}

int ksockets_find(struct ksockets *found)
{
	int ret;

	memset(found, 0, sizeof(*found));
	ret = find_in_all(found);
	if (ret)
		return ret;
	if (found->count) {
		qsort(found->all, found->count, sizeof(*found->all), compare_inodes);
		find_owners(found);
	}
	drop_others(found);
	/* before 6.15 the kernel says nothing, without an error */
	return !found->count && geteuid() ? -EPERM : 0;
}
