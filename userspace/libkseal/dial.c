// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sockets on their way to kseald:
 *
 *	kseal_submit_connect()          kseal_submit_accept()
 *	         |                               |
 *	         v  the last address fails       v
 *	     CONNECTING -----------------.   CONNECTED --> kseald has it
 *	         |       the time is up  |       ^    |
 *	         | connected             v       |    | kseald is gone
 *	         `----------------> FAILED <-----+----'
 *	                  (to CONNECTED)
 *
 * CONNECTED is passed at once unless kseald has to take earlier ones first.
 * FAILED waits for kseal_receive() to tell of it.
 */
#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include "broker.h"

enum dial_state {
	CONNECTING,
	CONNECTED,
	FAILED,
};

/**
 * struct dial - one of them
 * @next: in kseal_broker.dials
 * @state: see above
 * @id: number of its request
 * @fd: socket, or -1
 * @deadline: of broker_now_ms(), -1 for none
 * @all: addresses to try, NULL for a socket that was accepted
 * @at: the one @fd is for; NULL behind the last
 * @wire: what to ask kseald for
 * @error: FAILED: an errno, 0 before
 * @reason: FAILED, or the last address tried: for people
 * @host: for @reason
 */
struct dial {
	struct dial *next;
	enum dial_state state;
	uint32_t id;
	int fd;
	int64_t deadline;
	struct addrinfo *all;
	const struct addrinfo *at;
	struct kseald_request wire;
	int error;
	char reason[KSEAL_REASON_SIZE];
	char host[KSEAL_NAME_SIZE];
};

/* ---- the timer ---------------------------------------------------------- */

static int64_t first_deadline(const struct kseal_broker *broker)
{
	const struct dial *dial;
	int64_t first = -1;

	for (dial = broker->dials; dial; dial = dial->next) {
		if (dial->state == FAILED)
			return 0;
		if (dial->deadline >= 0 && (first < 0 || dial->deadline < first))
			first = dial->deadline;
	}
	return first;
}

/* It runs out for the next deadline, and at once for a failure not told of. */
static void set_timer(struct kseal_broker *broker)
{
	struct itimerspec when = { 0 };
	int64_t first;

	if (broker->timer < 0)
		return;
	first = first_deadline(broker);
	if (first >= 0) {
		when.it_value.tv_sec = first / 1000;
		when.it_value.tv_nsec = first % 1000 * 1000000 + 1;
	}
	timerfd_settime(broker->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static int need_timer(struct kseal_broker *broker)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = &broker->timer };
	int ret;

	if (broker->timer >= 0)
		return 0;
	broker->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (broker->timer < 0)
		return -errno;
	if (!epoll_ctl(broker->set, EPOLL_CTL_ADD, broker->timer, &event))
		return 0;
	ret = -errno;
	close(broker->timer);
	broker->timer = -1;
	return ret;
}

/* ---- states ------------------------------------------------------------- */

static void drop_socket(struct dial *dial)
{
	if (dial->fd >= 0)
		close(dial->fd);
	dial->fd = -1;
}

static void free_dial(struct dial *dial)
{
	drop_socket(dial);
	if (dial->all)
		freeaddrinfo(dial->all);
	free(dial);
}

static void remove_dial(struct kseal_broker *broker, struct dial *dial)
{
	struct dial **at = &broker->dials;

	while (*at != dial)
		at = &(*at)->next;
	*at = dial->next;
	free_dial(dial);
	set_timer(broker);
}

__attribute__((format(printf, 4, 5)))
static void fail(struct kseal_broker *broker, struct dial *dial, int error,
		 const char *format, ...)
{
	va_list args;

	drop_socket(dial);
	dial->state = FAILED;
	dial->error = error;
	va_start(args, format);
	vsnprintf(dial->reason, sizeof(dial->reason), format, args);
	va_end(args);
	set_timer(broker);
}

/* Whether kseald takes it now or has to take others first: it is on its way. */
static void hand_over(struct kseal_broker *broker, struct dial *dial)
{
	int64_t left;
	int ret;

	dial->state = CONNECTED;
	if (dial->deadline >= 0) {
		left = dial->deadline - broker_now_ms();
		dial->wire.timeout_ms = left > 0 ? left : 1;
	}
	ret = broker_send(broker, dial->id, dial->fd, &dial->wire);
	if (ret == -EAGAIN)
		set_timer(broker);
	else if (ret)
		fail(broker, dial, -ret, "cannot hand the socket to kseald: %s",
		     strerror(-ret));
	else
		remove_dial(broker, dial);
}

static void describe(const struct dial *dial, char *text, size_t size)
{
	char host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?";

	getnameinfo(dial->at->ai_addr, dial->at->ai_addrlen, host, sizeof(host), port,
		    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(text, size, "%s port %s", host, port);
}

static void note_failure(struct dial *dial, int error)
{
	char where[NI_MAXHOST + NI_MAXSERV + 8];

	drop_socket(dial);
	describe(dial, where, sizeof(where));
	dial->error = error;
	snprintf(dial->reason, sizeof(dial->reason), "cannot connect to %.60s (%.90s): %s",
		 dial->host, where, strerror(error));
}

/* Begin to connect to one address. Return: 0; -EINPROGRESS; another -errno. */
static int connect_to(struct kseal_broker *broker, struct dial *dial)
{
	struct epoll_event event = { .events = EPOLLOUT, .data.ptr = dial };
	const struct addrinfo *at = dial->at;

	dial->fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			  IPPROTO_TCP);
	if (dial->fd < 0)
		return -errno;
	if (!connect(dial->fd, at->ai_addr, at->ai_addrlen))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	if (epoll_ctl(broker->set, EPOLL_CTL_ADD, dial->fd, &event))
		return -errno;
	return -EINPROGRESS;
}

static void connected(struct kseal_broker *broker, struct dial *dial)
{
	/* for the program, which knows nothing of our waiting */
	fcntl(dial->fd, F_SETFL, fcntl(dial->fd, F_GETFL) & ~O_NONBLOCK);
	hand_over(broker, dial);
}

/* From the address at hand on, the first that can be connected to. */
static void try_addresses(struct kseal_broker *broker, struct dial *dial)
{
	int ret;

	for (; dial->at; dial->at = dial->at->ai_next) {
		ret = connect_to(broker, dial);
		if (!ret) {
			connected(broker, dial);
			return;
		}
		if (ret == -EINPROGRESS) {
			set_timer(broker);
			return;
		}
		note_failure(dial, -ret);
	}
	/* the last one's failure stands for all */
	dial->state = FAILED;
	set_timer(broker);
}

void dial_event(struct kseal_broker *broker, struct dial *dial)
{
	socklen_t len = sizeof(int);
	int error = 0;

	/* the timer may have come first */
	if (dial->state != CONNECTING)
		return;
	if (getsockopt(dial->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	epoll_ctl(broker->set, EPOLL_CTL_DEL, dial->fd, NULL);
	if (!error) {
		connected(broker, dial);
		return;
	}
	note_failure(dial, error);
	dial->at = dial->at->ai_next;
	try_addresses(broker, dial);
}

void dial_room(struct kseal_broker *broker)
{
	struct dial *dial, *next;

	for (dial = broker->dials; dial && !broker->wants_room; dial = next) {
		next = dial->next;
		if (dial->state == CONNECTED)
			hand_over(broker, dial);
	}
}

void dial_timer(struct kseal_broker *broker)
{
	const int64_t now = broker_now_ms();
	struct dial *dial;

	for (dial = broker->dials; dial; dial = dial->next) {
		if (dial->state == FAILED || dial->deadline < 0 || dial->deadline > now)
			continue;
		if (dial->state == CONNECTING)
			fail(broker, dial, ETIMEDOUT, "cannot connect to %.150s: no answer in "
			     "time", dial->host);
		else
			fail(broker, dial, ETIMEDOUT, "kseald has not taken the socket in time");
	}
	set_timer(broker);
}

int dial_result(struct kseal_broker *broker, struct kseal_result *result)
{
	struct dial *dial;

	for (dial = broker->dials; dial; dial = dial->next) {
		if (dial->state != FAILED)
			continue;
		memset(result, 0, sizeof(*result));
		result->id = dial->id;
		result->error = dial->error;
		result->fd = -1;
		memcpy(result->reason, dial->reason, sizeof(result->reason));
		remove_dial(broker, dial);
		return 1;
	}
	return 0;
}

void dial_free_all(struct kseal_broker *broker)
{
	struct dial *dial;

	while ((dial = broker->dials)) {
		broker->dials = dial->next;
		free_dial(dial);
	}
}

/* ---- beginning ---------------------------------------------------------- */

static int new_dial(struct kseal_broker *broker, const struct kseal_request *request,
		    enum kseal_role role, struct dial **dial)
{
	int ret = request->role == role ? need_timer(broker) : -EINVAL;

	if (ret)
		return ret;
	*dial = calloc(1, sizeof(**dial));
	if (!*dial)
		return -ENOMEM;
	(*dial)->fd = -1;
	(*dial)->deadline = request->timeout_ms ?
			    broker_now_ms() + request->timeout_ms : -1;
	ret = broker_translate(request, &(*dial)->wire);
	if (ret)
		free_dial(*dial);
	return ret;
}

static void add_dial(struct kseal_broker *broker, struct dial *dial, uint32_t *id)
{
	dial->id = ++broker->last_id;
	*id = dial->id;
	dial->next = broker->dials;
	broker->dials = dial;
}

static int errno_of(int gai_error)
{
	switch (gai_error) {
	case EAI_MEMORY:
		return ENOMEM;
	case EAI_SYSTEM:
		return errno;
	default:
		return EHOSTUNREACH;
	}
}

static void resolve(struct kseal_broker *broker, struct dial *dial, const char *service)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	int ret = getaddrinfo(dial->host, service, &hints, &dial->all);

	dial->at = dial->all;
	if (ret)
		fail(broker, dial, errno_of(ret), "cannot find the address of %.90s port %.60s: %s",
		     dial->host, service, gai_strerror(ret));
	else
		try_addresses(broker, dial);
}

int kseal_submit_connect(struct kseal_broker *broker, const char *host, const char *service,
			 const struct kseal_request *request, uint32_t *id)
{
	struct kseal_request own = { .size = sizeof(own), .role = KSEAL_CLIENT };
	struct dial *dial;
	int ret;

	if (!host || !service || strlen(host) >= sizeof(dial->host) ||
	    (request && broker_take_known(&own, request)))
		return -EINVAL;
	own.size = sizeof(own);
	if (!own.server_name)
		own.server_name = host;
	ret = new_dial(broker, &own, KSEAL_CLIENT, &dial);
	if (ret)
		return ret;
	strcpy(dial->host, host);
	add_dial(broker, dial, id);
	resolve(broker, dial, service);
	return 0;
}

int kseal_submit_accept(struct kseal_broker *broker, int listener,
			const struct kseal_request *request, uint32_t *id)
{
	const struct kseal_request plain = { .size = sizeof(plain), .role = KSEAL_SERVER };
	struct dial *dial;
	int ret;

	ret = new_dial(broker, request ? request : &plain, KSEAL_SERVER, &dial);
	if (ret)
		return ret;
	do {
		dial->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	} while (dial->fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (dial->fd < 0) {
		ret = -errno;
		free_dial(dial);
		return ret;
	}
	add_dial(broker, dial, id);
	hand_over(broker, dial);
	return 0;
}
