// SPDX-License-Identifier: GPL-2.0
/* The socket file where programs connect. */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "activation.h"
#include "log.h"
#include "options.h"
#include "server.h"

static int fill_address(const char *path, struct sockaddr_un *addr)
{
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(addr->sun_path)) {
		log_error("cannot listen at %s: the path is longer than %zu bytes",
			  path, sizeof(addr->sun_path) - 1);
		return -ENAMETOOLONG;
	}
	strcpy(addr->sun_path, path);
	return 0;
}

static int log_errno(const char *what, const char *path)
{
	const int ret = -errno;

	log_error("cannot %s %s: %s", what, path, strerror(-ret));
	return ret;
}

static int make_directory(const char *path, const struct account *owner)
{
	char dir[PATH_MAX];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return 0;
	*slash = '\0';
	if (!mkdir(dir, 0755))
		return chown(dir, owner->uid, owner->gid) ?
			log_errno("give its user the directory", dir) : 0;
	if (errno == EEXIST)
		return 0;
	log_error("cannot make the directory %s for the socket: %s", dir,
		  strerror(errno));
	return -errno;
}

/* A socket file outlives its process; whether one listens shows connecting. */
static int remove_stale(const struct sockaddr_un *addr)
{
	struct stat st;
	int sock, ret;

	if (lstat(addr->sun_path, &st))
		return 0;
	if (!S_ISSOCK(st.st_mode)) {
		log_error("cannot listen at %s: it exists and is not a socket",
			  addr->sun_path);
		return -EEXIST;
	}
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	ret = connect(sock, (const struct sockaddr *)addr, sizeof(*addr)) ?
		-errno : 0;
	close(sock);
	if (ret == -ECONNREFUSED) {
		log_info("replacing the socket %s: nobody listens on it",
			 addr->sun_path);
		return unlink(addr->sun_path) ? -errno : 0;
	}
	log_error("cannot listen at %s: another process does already",
		  addr->sun_path);
	return -EADDRINUSE;
}

static int set_group(const char *path, const char *name)
{
	struct group *group;

	if (!name)
		return 0;
	group = getgrnam(name);
	if (!group) {
		log_error("cannot give %s to the group %s: there is no such group",
			  path, name);
		return -EINVAL;
	}
	if (!chown(path, -1, group->gr_gid))
		return 0;
	log_error("cannot give %s to the group %s: %s", path, name,
		  strerror(errno));
	return -errno;
}

/* Until group and mode are right, nobody else gets in. */
static int bind_and_listen(int sock, const struct sockaddr_un *addr,
			   const struct options *options)
{
	const mode_t mask = umask(0177);
	int ret;

	ret = bind(sock, (const struct sockaddr *)addr, sizeof(*addr));
	umask(mask);
	if (ret)
		return log_errno("make the socket", addr->sun_path);
	ret = set_group(addr->sun_path, options->group);
	if (!ret && chmod(addr->sun_path, options->mode))
		ret = log_errno("set the permissions of", addr->sun_path);
	if (!ret && listen(sock, SOMAXCONN))
		ret = log_errno("listen at", addr->sun_path);
	if (ret)
		unlink(addr->sun_path);
	return ret;
}

static int option_of(int sock, int option)
{
	socklen_t len = sizeof(int);
	int value;

	return getsockopt(sock, SOL_SOCKET, option, &value, &len) ? -1 : value;
}

/* The service manager made it, and removes it: @stat stays all 0, like no file's. */
static int use_passed(int sock)
{
	if (option_of(sock, SO_DOMAIN) == AF_UNIX && option_of(sock, SO_TYPE) == SOCK_SEQPACKET &&
	    option_of(sock, SO_ACCEPTCONN) == 1) {
		log_info("programs connect to the socket that the service manager passed");
		return sock;
	}
	log_error("the socket \"broker\" that the service manager passed cannot be used: its unit "
		  "needs ListenSequentialPacket= with a path");
	close(sock);
	return -EINVAL;
}

int listen_at(const struct options *options, struct activation *activation,
	      const struct account *owner, struct stat *stat)
{
	struct sockaddr_un addr;
	int sock, ret;

	memset(stat, 0, sizeof(*stat));
	sock = activation_take(activation, "broker");
	if (sock >= 0)
		return use_passed(sock);
	ret = fill_address(options->socket, &addr);
	if (!ret)
		ret = make_directory(options->socket, owner);
	if (!ret)
		ret = remove_stale(&addr);
	if (ret)
		return ret;
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		return log_errno("make a socket for", options->socket);
	ret = bind_and_listen(sock, &addr, options);
	if (!ret && lstat(options->socket, stat))
		ret = log_errno("find again", options->socket);
	if (!ret)
		return sock;
	close(sock);
	return ret;
}

void listen_remove(const char *path, const struct stat *stat)
{
	struct stat now;

	if (!lstat(path, &now) && now.st_dev == stat->st_dev &&
	    now.st_ino == stat->st_ino)
		unlink(path);
}
