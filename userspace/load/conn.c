// SPDX-License-Identifier: GPL-2.0
/* One connection under load. Each side sends the other what only this one would. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "conn.h"

enum { MESSAGE_SIZE = 64 };

static void make_message(const struct conn *conn, const char *who, char *message)
{
	memset(message, 0, MESSAGE_SIZE);
	snprintf(message, MESSAGE_SIZE, "%s of connection %u, round %u", who, conn->id,
		 conn->rounds);
}

static void wrong(struct conn *conn, const char *why)
{
	conn->state = CONN_WRONG;
	conn->why = why;
}

/* ---- connecting --------------------------------------------------------- */

static int connect_to(int listener, int *client, int *server)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);

	*client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*client < 0)
		return -errno;
	*server = -1;
	if (!getsockname(listener, (struct sockaddr *)&addr, &len) &&
	    !connect(*client, (struct sockaddr *)&addr, len))
		*server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (*server >= 0)
		return 0;
	close(*client);
	return -errno;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t size)
{
	struct conn *conn = ptr;

	return recv(conn->client, data, size, MSG_DONTWAIT);
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t size)
{
	struct conn *conn = ptr;

	return send(conn->client, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int conn_open(struct conn *conn, struct conn_setup *setup, int *server)
{
	int ret;

	memset(conn, 0, sizeof(*conn));
	conn->program = -1;
	ret = connect_to(setup->listener, &conn->client, server);
	if (ret)
		return ret;
	if (gnutls_init(&conn->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK)) {
		close(conn->client);
		close(*server);
		return -ENOMEM;
	}
	gnutls_priority_set(conn->session, setup->priority);
	gnutls_credentials_set(conn->session, GNUTLS_CRD_CERTIFICATE, setup->credentials);
	gnutls_session_set_verify_cert(conn->session, "localhost", 0);
	gnutls_server_name_set(conn->session, GNUTLS_NAME_DNS, "localhost", strlen("localhost"));
	if (setup->resume.data)
		gnutls_session_set_data(conn->session, setup->resume.data, setup->resume.size);
	gnutls_transport_set_ptr(conn->session, conn);
	gnutls_transport_set_pull_function(conn->session, pull);
	gnutls_transport_set_push_function(conn->session, push);
	return 0;
}

/* ---- going on ----------------------------------------------------------- */

static void shake(struct conn *conn, struct conn_setup *setup)
{
	int ret;

	if (!conn->shaken) {
		do {
			ret = gnutls_handshake(conn->session);
		} while (ret < 0 && ret != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(ret));
		if (ret == GNUTLS_E_AGAIN)
			return;
		if (ret) {
			conn->state = CONN_ENDED;
			return;
		}
		conn->shaken = 1;
		setup->resumed += gnutls_session_is_resumed(conn->session) != 0;
	}
	if (conn->program >= 0)
		conn_again(conn);
}

/* What a client hears that nobody answers: the end or an error, and no data. */
static void listen_to_nobody(struct conn *conn)
{
	char message[MESSAGE_SIZE];
	const ssize_t n = gnutls_record_recv(conn->session, message, sizeof(message));

	if (n > 0)
		wrong(conn, "data came from a socket that no program has");
	else if (!n || (n != GNUTLS_E_AGAIN && gnutls_error_is_fatal(n)))
		conn->state = CONN_ENDED;
}

static void read_question(struct conn *conn)
{
	char wanted[MESSAGE_SIZE], message[MESSAGE_SIZE];
	const ssize_t n = recv(conn->program, message, sizeof(message), MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	make_message(conn, "question", wanted);
	if (n != MESSAGE_SIZE || memcmp(message, wanted, MESSAGE_SIZE)) {
		wrong(conn, "the program did not read what the client sent");
		return;
	}
	make_message(conn, "answer", message);
	if (send(conn->program, message, sizeof(message), MSG_NOSIGNAL) == MESSAGE_SIZE)
		conn->state = CONN_ANSWERED;
	else
		wrong(conn, "the program cannot send");
}

/* The next connection goes on with this session. */
static void keep_session(struct conn *conn, struct conn_setup *setup)
{
	gnutls_datum_t data;

	if (!(gnutls_session_get_flags(conn->session) & GNUTLS_SFLAGS_SESSION_TICKET) ||
	    gnutls_session_get_data2(conn->session, &data))
		return;
	gnutls_free(setup->resume.data);
	setup->resume = data;
}

static void read_answer(struct conn *conn, struct conn_setup *setup)
{
	char wanted[MESSAGE_SIZE], message[MESSAGE_SIZE];
	ssize_t n;

	do {
		n = gnutls_record_recv(conn->session, message, sizeof(message));
	} while (n < 0 && n != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(n));
	if (n == GNUTLS_E_AGAIN)
		return;
	make_message(conn, "answer", wanted);
	if (n != MESSAGE_SIZE || memcmp(message, wanted, MESSAGE_SIZE)) {
		wrong(conn, "the client did not read what the program sent");
		return;
	}
	keep_session(conn, setup);
	conn->state = CONN_DONE;
}

void conn_again(struct conn *conn)
{
	char message[MESSAGE_SIZE];

	conn->rounds++;
	make_message(conn, "question", message);
	if (gnutls_record_send(conn->session, message, sizeof(message)) == MESSAGE_SIZE)
		conn->state = CONN_ASKED;
	else
		wrong(conn, "the client cannot send");
}

void conn_step(struct conn *conn, struct conn_setup *setup)
{
	if (conn->state == CONN_SHAKES) {
		if (conn->shaken && conn->program < 0)
			listen_to_nobody(conn);
		else
			shake(conn, setup);
	}
	if (conn->state == CONN_ASKED)
		read_question(conn);
	if (conn->state == CONN_ANSWERED)
		read_answer(conn, setup);
}

void conn_close(struct conn *conn)
{
	gnutls_deinit(conn->session);
	close(conn->client);
	if (conn->program >= 0)
		close(conn->program);
	conn->program = conn->client = -1;
}
