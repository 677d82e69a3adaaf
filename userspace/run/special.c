// SPDX-License-Identifier: LGPL-2.1-or-later
/* Descriptors behind which there is another socket than the program thinks. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "real.h"
#include "special.h"

/**
 * struct watch - an epoll descriptor that watches one of the program's
 * @epoll: -1 for none
 */
struct watch {
	int epoll;
	struct epoll_event event;
	struct watch *next;
};

/**
 * struct entry - what is known of one descriptor
 * @special: NULL for an ordinary one
 * @watches: who watches it
 * @is_epoll: it has watched others
 */
struct entry {
	struct special *special;
	struct watch *watches;
	int is_epoll;
};

/* By descriptor; @lock protects all of it. */
static struct entry *entries;
static int entry_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* read without the lock, so that programs without any pay nothing */
static int special_count;

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&lock);
}

/* The child of a program with threads must not find it locked. */
__attribute__((constructor)) static void start(void)
{
	pthread_atfork(before_fork, after_fork, after_fork);
}

static struct entry *entry_of(int fd)
{
	const int count = fd + 64;
	struct entry *more;

	if (fd < 0)
		return NULL;
	if (fd >= entry_count) {
		more = realloc(entries, count * sizeof(*more));
		if (!more)
			return NULL;
		memset(more + entry_count, 0, (count - entry_count) * sizeof(*more));
		entries = more;
		entry_count = count;
	}
	return &entries[fd];
}

static ino_t inode_of(int fd)
{
	struct stat stat;

	return fstat(fd, &stat) ? 0 : stat.st_ino;
}

static void drop_special(struct entry *entry)
{
	if (!entry->special)
		return;
	if (entry->special->tcp >= 0)
		REAL(close)(entry->special->tcp);
	free(entry->special);
	entry->special = NULL;
	__atomic_sub_fetch(&special_count, 1, __ATOMIC_RELAXED);
}

static void drop_watches(struct entry *entry)
{
	struct watch *watch;

	while ((watch = entry->watches)) {
		entry->watches = watch->next;
		free(watch);
	}
}

enum special_kind special_get(int fd, struct special *special)
{
	enum special_kind kind = SPECIAL_NONE;
	struct entry *entry;

	if (fd < 0 || !__atomic_load_n(&special_count, __ATOMIC_RELAXED))
		return SPECIAL_NONE;
	pthread_mutex_lock(&lock);
	entry = fd < entry_count ? &entries[fd] : NULL;
	if (entry && entry->special && entry->special->inode != inode_of(fd)) {
		drop_special(entry);
		drop_watches(entry);
	}
	if (entry && entry->special) {
		*special = *entry->special;
		kind = special->kind;
	}
	pthread_mutex_unlock(&lock);
	return kind;
}

int special_set(int fd, const struct special *special)
{
	struct special *copy = malloc(sizeof(*copy));
	struct entry *entry;

	if (!copy)
		return -ENOMEM;
	*copy = *special;
	copy->inode = inode_of(fd);
	pthread_mutex_lock(&lock);
	entry = entry_of(fd);
	if (entry) {
		drop_special(entry);
		entry->special = copy;
		__atomic_add_fetch(&special_count, 1, __ATOMIC_RELAXED);
	} else {
		free(copy);
	}
	pthread_mutex_unlock(&lock);
	return entry ? 0 : -ENOMEM;
}

int special_take(int fd)
{
	struct entry *entry;
	int tcp = -1;

	pthread_mutex_lock(&lock);
	entry = fd < entry_count ? &entries[fd] : NULL;
	if (entry && entry->special) {
		tcp = entry->special->tcp;
		entry->special->tcp = -1;
		drop_special(entry);
	}
	pthread_mutex_unlock(&lock);
	return tcp;
}

void special_told(int fd)
{
	pthread_mutex_lock(&lock);
	if (fd < entry_count && entries[fd].special)
		entries[fd].special->told = 1;
	pthread_mutex_unlock(&lock);
}

/* ---- epoll ---------------------------------------------------------------- */

static struct watch **find_watch(struct entry *entry, int epoll)
{
	struct watch **at = &entry->watches;

	while (*at && (*at)->epoll != epoll)
		at = &(*at)->next;
	return at;
}

static void watch(struct entry *entry, int epoll, const struct epoll_event *event)
{
	struct watch **at = find_watch(entry, epoll);

	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			return;
	}
	(*at)->epoll = epoll;
	(*at)->event = *event;
}

static void unwatch(struct entry *entry, int epoll)
{
	struct watch **at = find_watch(entry, epoll), *gone = *at;

	if (!gone)
		return;
	*at = gone->next;
	free(gone);
}

/* The number of an epoll descriptor may be another's soon. */
static void forget_epoll(struct entry *entry, int epoll)
{
	if (!entry->is_epoll)
		return;
	entry->is_epoll = 0;
	for (int i = 0; i < entry_count; i++)
		unwatch(&entries[i], epoll);
}

void special_forget(int fd)
{
	pthread_mutex_lock(&lock);
	if (fd >= 0 && fd < entry_count) {
		drop_special(&entries[fd]);
		drop_watches(&entries[fd]);
		forget_epoll(&entries[fd], fd);
	}
	pthread_mutex_unlock(&lock);
}

void special_watched(int epoll, int op, int fd, const struct epoll_event *event)
{
	struct entry *entry;

	pthread_mutex_lock(&lock);
	entry = entry_of(fd);
	if (entry && op == EPOLL_CTL_DEL)
		unwatch(entry, epoll);
	else if (entry && event)
		watch(entry, epoll, event);
	entry = entry_of(epoll);
	if (entry)
		entry->is_epoll = 1;
	pthread_mutex_unlock(&lock);
}

/* The open file behind @fd is another one now: epoll(7) watches files. One that watched
 * the old file no longer does once this was its last descriptor, but it may have others.
 */
static void watch_again(int fd)
{
	struct watch *watch;
	struct epoll_event event;

	pthread_mutex_lock(&lock);
	for (watch = fd < entry_count ? entries[fd].watches : NULL; watch; watch = watch->next) {
		event = watch->event;
		REAL(epoll_ctl)(watch->epoll, EPOLL_CTL_ADD, fd, &event);
	}
	pthread_mutex_unlock(&lock);
}

static void unwatch_old(int fd)
{
	struct watch *watch;
	struct epoll_event event = { 0 };

	pthread_mutex_lock(&lock);
	for (watch = fd < entry_count ? entries[fd].watches : NULL; watch; watch = watch->next)
		REAL(epoll_ctl)(watch->epoll, EPOLL_CTL_DEL, fd, &event);
	pthread_mutex_unlock(&lock);
}

void special_watch_anew(int fd)
{
	unwatch_old(fd);
	watch_again(fd);
}

int special_replace(int fd, int with)
{
	const int status = fcntl(fd, F_GETFL), flags = fcntl(fd, F_GETFD);
	int ret = 0;

	unwatch_old(fd);
	if (status < 0 || flags < 0 || fcntl(with, F_SETFL, status) ||
	    REAL(dup3)(with, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0) < 0)
		ret = -errno;
	REAL(close)(with);
	watch_again(fd);
	return ret;
}
