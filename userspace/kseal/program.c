// SPDX-License-Identifier: GPL-2.0
/* Looking at a program before it is run: elf(5), ld.so(8), execve(2). */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "program.h"

enum {
	FIRST_LINE = 256,	/* of a script, as execve(2) reads it */
	MAX_SCRIPTS = 4,	/* interpreters that are scripts, likewise */
	MAX_HEADERS = 128,
	NOTE_SIZE = 64,
};

/* ---- finding it ------------------------------------------------------------- */

static int executable(const char *path)
{
	struct stat stat_;

	if (stat(path, &stat_))
		return -errno;
	return S_ISREG(stat_.st_mode) && !access(path, X_OK) ? 0 : -EACCES;
}

int program_find(const char *name, char *path)
{
	const char *dirs = getenv("PATH"), *end;
	int ret, found = -ENOENT;

	if (strchr(name, '/')) {
		snprintf(path, PATH_MAX, "%s", name);
		return executable(path);
	}
	for (dirs = dirs ? dirs : "/usr/bin:/bin"; dirs; dirs = *end ? end + 1 : NULL) {
		end = strchrnul(dirs, ':');
		snprintf(path, PATH_MAX, "%.*s/%s", end > dirs ? (int)(end - dirs) : 1,
			 end > dirs ? dirs : ".", name);
		ret = executable(path);
		if (!ret)
			return 0;
		if (ret == -EACCES)
			found = ret;
	}
	return found;
}

/* ---- looking into it -------------------------------------------------------- */

/* Go's linker marks what it made; most of it makes system calls itself. */
static int is_go(int fd, const Elf64_Phdr *header)
{
	union {
		Elf64_Nhdr note;
		char bytes[NOTE_SIZE];
	} buf = { 0 };

	if (header->p_type != PT_NOTE ||
	    pread(fd, &buf, sizeof(buf), header->p_offset) < (ssize_t)sizeof(buf.note) + 4)
		return 0;
	return buf.note.n_namesz == 4 && !memcmp(buf.bytes + sizeof(buf.note), "Go\0", 4);
}

static int check_elf(int fd, const Elf64_Ehdr *elf, char *why, size_t size)
{
	Elf64_Phdr headers[MAX_HEADERS];
	const size_t count = elf->e_phnum;
	int interpreter = 0, go = 0;
	size_t i;

	if (elf->e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)) {
		snprintf(why, size, "is built for another word size than kseal's library");
		return -ENOEXEC;
	}
	if (elf->e_phentsize != sizeof(headers[0]) || count > MAX_HEADERS ||
	    pread(fd, headers, count * sizeof(headers[0]), elf->e_phoff) !=
	    (ssize_t)(count * sizeof(headers[0]))) {
		snprintf(why, size, "is no program of this machine");
		return -ENOEXEC;
	}
	for (i = 0; i < count; i++) {
		interpreter |= headers[i].p_type == PT_INTERP;
		go |= is_go(fd, &headers[i]);
	}
	if (!interpreter || go) {
		snprintf(why, size, go ? "is written in Go, which calls the kernel itself" :
					 "is linked statically");
		return -ENOEXEC;
	}
	return 0;
}

/* ld.so(8) heeds LD_PRELOAD only of programs that give nobody more rights. */
static int gives_rights(int fd, char *why, size_t size)
{
	struct stat stat;

	if (fstat(fd, &stat) || !(stat.st_mode & (S_ISUID | S_ISGID)) || !geteuid())
		return 0;
	snprintf(why, size, "is set-user-ID or set-group-ID, so no library can be put into it");
	return -ENOEXEC;
}

/* "#! INTERPRETER ARGUMENT" into @path */
static int interpreter_of(char *line, char *path)
{
	char *name = line + 2, *end;

	name += strspn(name, " \t");
	end = name + strcspn(name, " \t\n");
	if (end == name)
		return -ENOEXEC;
	*end = '\0';
	/* env looks it up, and so is the program that counts */
	if (!strcmp(name, "/usr/bin/env") && end[1]) {
		name = end + 1 + strspn(end + 1, " \t");
		name[strcspn(name, " \t\n")] = '\0';
		return program_find(name, path);
	}
	snprintf(path, PATH_MAX, "%s", name);
	return 0;
}

int program_check(char *path, char *why, size_t size)
{
	union {
		Elf64_Ehdr elf;
		char line[FIRST_LINE];
	} start;
	ssize_t len;
	int fd, ret, scripts = 0;

	do {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		memset(&start, 0, sizeof(start));
		len = read(fd, &start, sizeof(start) - 1);
		ret = len < 0 ? -errno : gives_rights(fd, why, size);
		if (!ret && !memcmp(start.line, "#!", 2)) {
			ret = interpreter_of(start.line, path);
			ret = ret ? ret : -EAGAIN;
		} else if (!ret && !memcmp(start.elf.e_ident, ELFMAG, SELFMAG)) {
			ret = check_elf(fd, &start.elf, why, size);
		} else if (!ret) {
			/* a script for the shell, as execvp(3) takes it */
			strcpy(path, "/bin/sh");
			ret = -EAGAIN;
		}
		close(fd);
	} while (ret == -EAGAIN && ++scripts <= MAX_SCRIPTS);
	return ret;
}
