// SPDX-License-Identifier: GPL-2.0
/* A stock of pipes: making one costs more than moving a few bytes through it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "pipes.h"

int pipes_take(struct pipes *pipes, int ends[2])
{
	if (pipes->count) {
		memcpy(ends, pipes->ends[--pipes->count], sizeof(pipes->ends[0]));
		return 0;
	}
	return pipe2(ends, O_CLOEXEC | O_NONBLOCK) ? -errno : 0;
}

void pipes_close(int ends[2])
{
	close(ends[0]);
	close(ends[1]);
	ends[0] = -1;
	ends[1] = -1;
}

void pipes_put(struct pipes *pipes, int ends[2])
{
	if (pipes->count == PIPES_KEPT) {
		pipes_close(ends);
		return;
	}
	memcpy(pipes->ends[pipes->count++], ends, sizeof(pipes->ends[0]));
	ends[0] = -1;
	ends[1] = -1;
}

void pipes_free(struct pipes *pipes)
{
	while (pipes->count)
		pipes_close(pipes->ends[--pipes->count]);
}
