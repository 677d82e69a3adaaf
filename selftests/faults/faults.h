/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations of the record layer, each done again and again while one more of
 * the kernel's allocations or copies to and from user space fails: the first,
 * the second, ... until the operation has none left that could.
 *
 * What must hold after each is said once, in step.c.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include "lib/kt.h"

enum fault_where {
	WHERE_MODULE,		/* below a function of the module */
	WHERE_ANY,		/* everywhere in the system call */
	WHERE_LOADER,		/* below a function of any module, to be loaded yet */
};

enum fault_flags {
	NO_KEYS		= 1 << 0,	/* attached, no keys */
	NO_ULP		= 1 << 1,	/* not even that */
	NO_LINK		= 1 << 2,	/* no connection at all */
	ONLY_13		= 1 << 3,	/* TLS 1.3 */
	NO_POINTS	= 1 << 4,	/* nothing in it can fail */
	ONCE		= 1 << 5,	/* the suite makes no difference */
	ENDS		= 1 << 6,	/* its @settle sees the connection end */
	MAYBE_POINTS	= 1 << 7,	/* only the cipher may want memory, if it does */
};

/**
 * struct scene - one connection, and what went over it
 * @link: the connection
 * @params: its suite
 * @sent: bytes of the stream that the kernel took to be sealed
 * @seen: of these, bytes that the peer has opened
 * @read: bytes of the stream that the kernel delivered
 * @fed: bytes of it that the peer has sealed
 * @error: errno the operation failed with, 0 when it did not
 * @fd: a pipe, or a file in @fd[0]; closed in the end
 * @next: key of a rekey
 * @writer: sends what does not fit the buffers
 * @writing: it has been started
 * @wire_len: what it sends
 * @wire: likewise
 */
struct scene {
	struct kt_link link;
	struct kt_params params;
	uint64_t sent;
	uint64_t seen;
	uint64_t read;
	uint64_t fed;
	int error;
	int fd[2];
	struct kt_key next;
	struct kt_task writer;
	bool writing;
	size_t wire_len;
	uint8_t wire[2 * KT_MAX_WIRE];
};

/**
 * struct operation - what is stepped through
 * @name: of it
 * @flags: enum fault_flags
 * @where: what can fail
 * @tune: of the connection
 * @prepare: makes the scene ready; nothing fails; may be NULL
 * @act: the operation: returns 0, or -1 with errno
 * @settle: what must hold then, beyond fault_works_on(); may be NULL
 * @errors: errnos it may fail with besides ENOMEM, ENOBUFS and EFAULT
 */
struct operation {
	const char *name;
	unsigned int flags;
	enum fault_where where;
	struct kt_tune tune;
	int (*prepare)(struct scene *scene);
	int (*act)(struct scene *scene);
	int (*settle)(struct scene *scene);
	int errors[4];
};

/** struct outcome - what became of an operation's failure points. */
struct outcome {
	unsigned int points;
	unsigned int through;
	unsigned int failed;
	unsigned int ended;
};

/* ---- step.c ------------------------------------------------------------- */

enum { FAULT_POINTS_MAX = 2000 };

/**
 * fault_step() - step through all failure points of an operation
 *
 * Return: 0 when all held at each; -1, having said what did not, at the first.
 */
int fault_step(const struct operation *op, const struct kt_params *params,
	       struct outcome *outcome);

/**
 * fault_works_on() - both directions still carry the stream, or have ended
 * @ended: counted up when the connection ended with an error instead
 *
 * Return: 0; -1 when a byte was lost or wrong.
 */
int fault_works_on(struct scene *scene, unsigned int *ended);

/** fault_close() - close the end under test, and make sure the peer hears of it. */
int fault_close(struct scene *scene);

/** fault_took() - count a result of send(); returns 0, or -1 for a failure. */
int fault_took(struct scene *scene, ssize_t ret);

/** fault_gave() - likewise for recv(). */
int fault_gave(struct scene *scene, ssize_t ret);

/** fault_stream() - at least 64 KiB of the stream from its first byte on. */
const uint8_t *fault_stream(void);

/** fault_feed() - the peer seals and sends @len bytes, and they arrive. */
int fault_feed(struct scene *scene, size_t len);

/* ---- arm.c -------------------------------------------------------------- */

/** fault_arm_init() - find the kernel's means; @area is where modules go. */
int fault_arm_init(unsigned long area);

/** fault_arm() - the @n-th that can fail in this thread from now on does. */
int fault_arm(enum fault_where where, unsigned int n);

/** fault_disarm() - and no more. Return: 1 when it did fail; 0; -1. */
int fault_disarm(void);

/** fault_arm_softirq() - a page, @n pages on, is not had in any context. */
int fault_arm_softirq(unsigned int n);

/** fault_disarm_softirq() - Return: 1 when it failed; 0; -1. */
int fault_disarm_softirq(void);

/* ---- the operations ----------------------------------------------------- */

extern const struct operation setup_operations[];
extern const struct operation send_operations[];
extern const struct operation recv_operations[];
extern const struct operation call_operations[];
extern const struct operation net_operations[];
extern const struct operation ticket_operations[];
extern const struct operation load_operations[];

/* ---- softirq.c ---------------------------------------------------------- */

/** fault_softirq_step() - likewise, for what arrives with nobody reading. */
int fault_softirq_step(const struct kt_params *params, struct outcome *outcome);

/* ---- module.c ----------------------------------------------------------- */

/** module_path() - the module to load and unload; it must not be loaded. */
int module_path(const char *path);

/** module_load(), module_unload() - with its parameters; errno is set. */
int module_load(const char *parameters);
int module_unload(void);

/** module_text() - where its code is, and how long that is at the most. */
int module_text(unsigned long *start, unsigned long *end);

#endif /* FAULTS_H */
