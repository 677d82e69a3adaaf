// SPDX-License-Identifier: GPL-2.0
/* The files below the served directory. */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"
#include "path.h"

/* openat2(2) says EAGAIN when a rename anywhere got in its way. */
#define OPEN_TRIES	16

/* Names from path_from_target() have no "..", and no symlink is followed. */
static int open_by_steps(int root, const char *rel, int flags)
{
	char name[SERVE_PATH_SIZE];
	const char *end;
	int dir = root, fd = -EINVAL;

	for (; ; rel = end + 1) {
		end = strchrnul(rel, '/');
		if ((size_t)(end - rel) >= sizeof(name)) {
			fd = -ENAMETOOLONG;
			break;
		}
		memcpy(name, rel, end - rel);
		name[end - rel] = '\0';
		fd = openat(dir, name, O_NOFOLLOW | O_CLOEXEC |
			    (*end ? O_PATH | O_DIRECTORY : flags));
		if (fd < 0)
			fd = -errno;
		if (dir != root)
			close(dir);
		if (fd < 0 || !*end)
			return fd;
		dir = fd;
	}
	if (dir != root)
		close(dir);
	return fd;
}

int file_open(int root, const char *rel, int flags)
{
	struct open_how how = {
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	if (!(flags & O_PATH))
		flags |= O_NOCTTY | O_NONBLOCK;
	flags |= O_CLOEXEC;
	how.flags = flags;
	if (!*rel)
		rel = ".";
	for (int i = 0; i < OPEN_TRIES; i++) {
		fd = syscall(SYS_openat2, root, rel, &how, sizeof(how));
		if (fd >= 0)
			return fd;
		if (errno == ENOSYS || errno == EPERM)
			return open_by_steps(root, rel, flags);
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -EAGAIN;
}

/* What a name in @dir stands for; a symlink is judged by where it leads. */
static int stat_entry(int root, const char *rel, int dir, const char *name,
		      struct stat *st)
{
	char path[SERVE_PATH_SIZE];
	int fd, err;

	if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (!S_ISLNK(st->st_mode))
		return 0;
	if (snprintf(path, sizeof(path), "%s%s%s", rel, *rel ? "/" : "",
		     name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = file_open(root, path, O_PATH);
	if (fd < 0)
		return fd;
	err = fstat(fd, st) ? -errno : 0;
	close(fd);
	return err;
}

static int add_entry(struct listing_entry **entries, size_t *count,
		     const char *name, const struct stat *st)
{
	struct listing_entry *entry = *entries;

	if (!(*count & (*count - 1))) {		/* grows at powers of two */
		entry = reallocarray(entry, *count ? 2 * *count : 1,
				     sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		*entries = entry;
	}
	entry += *count;
	entry->name = strdup(name);
	if (!entry->name)
		return -ENOMEM;
	entry->is_dir = S_ISDIR(st->st_mode);
	entry->size = st->st_size;
	entry->mtime = st->st_mtime;
	(*count)++;
	return 0;
}

int file_list(int root, const char *rel, int dir,
	      struct listing_entry **entries, size_t *count)
{
	DIR *stream = fdopendir(dir);
	struct dirent *d;
	struct stat st;
	int err = 0;

	*entries = NULL;
	*count = 0;
	if (!stream) {
		err = -errno;
		close(dir);
		return err;
	}
	while (!err && (errno = 0, d = readdir(stream))) {
		if (d->d_name[0] == '.' ||
		    stat_entry(root, rel, dir, d->d_name, &st) ||
		    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
			continue;
		err = add_entry(entries, count, d->d_name, &st);
	}
	if (!err && !d)
		err = -errno;
	closedir(stream);
	if (err) {
		file_list_free(*entries, *count);
		*entries = NULL;
	}
	return err;
}

void file_list_free(struct listing_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(entries[i].name);
	free(entries);
}
