// SPDX-License-Identifier: GPL-2.0
/* Calls that block, in a thread of their own. */
#include "kt.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *entry(void *arg)
{
	struct kt_task *task = arg;

	__atomic_store_n(&task->tid, gettid(), __ATOMIC_RELEASE);
	task->result = task->run(task->arg);
	task->error = errno;
	return NULL;
}

int kt_task_start(struct kt_task *task, ssize_t (*run)(void *), void *arg)
{
	memset(task, 0, sizeof(*task));
	task->run = run;
	task->arg = arg;
	errno = pthread_create(&task->thread, NULL, entry, task);
	return errno ? kt_errno("pthread_create") : 0;
}

ssize_t kt_task_join(struct kt_task *task)
{
	int ret = pthread_join(task->thread, NULL);

	if (ret) {
		errno = ret;
		return kt_errno("pthread_join");
	}
	errno = task->error;
	return task->result;
}

/* State from /proc: the third field, behind the name in parentheses. */
static long long is_asleep(void *arg)
{
	struct kt_task *task = arg;
	int tid = __atomic_load_n(&task->tid, __ATOMIC_ACQUIRE);
	char path[64], line[512], *state;
	FILE *file;

	if (!tid)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "re");
	if (!file)
		return 1;	/* it is through already */
	if (!fgets(line, sizeof(line), file))
		line[0] = 0;
	fclose(file);
	state = strrchr(line, ')');
	return state && state[1] && state[2] == 'S';
}

int kt_task_asleep(struct kt_task *task)
{
	return kt_wait_for(is_asleep, task, 1);
}

static ssize_t write_stream(void *arg)
{
	const struct kt_writer *writer = arg;
	size_t chunk = writer->chunk ? writer->chunk : writer->len;
	uint8_t *buffer = malloc(chunk);
	size_t done = 0;

	while (buffer && done < writer->len) {
		size_t n = writer->len - done < chunk ? writer->len - done : chunk;
		ssize_t ret;

		kt_fill(buffer, n, writer->position + done);
		ret = send(writer->fd, buffer, n, MSG_NOSIGNAL);
		if (ret < 0) {
			kt_errno("send in the writer");
			break;
		}
		done += ret;
	}
	free(buffer);
	return done;
}

int kt_writer_start(struct kt_writer *writer)
{
	return kt_task_start(&writer->task, write_stream, writer);
}

static ssize_t read_once(void *arg)
{
	struct kt_reader *reader = arg;

	return recv(reader->fd, reader->got, reader->want, reader->flags);
}

int kt_reader_start(struct kt_reader *reader, int fd, size_t want, int flags)
{
	reader->fd = fd;
	reader->want = want;
	reader->flags = flags;
	if (kt_task_start(&reader->task, read_once, reader))
		return -1;
	return kt_task_asleep(&reader->task);
}
