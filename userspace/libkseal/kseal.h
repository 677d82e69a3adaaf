/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libkseal - TLS sockets in the kernel, from C
 *
 * Every function returns 0 (or what its comment says) on success and -errno
 * on failure, touches no global state, and may be called from any thread; one
 * broker or one socket must not be used by two threads at the same time.
 */
#ifndef KSEAL_H
#define KSEAL_H

#include <stddef.h>
#include <stdint.h>
#include <gnutls/gnutls.h>
#include <linux/kseal.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The directions of a socket, for kseal_install(). */
enum kseal_direction {
	KSEAL_TX = 1,			/* sealing: what this side sends */
	KSEAL_RX = 2,			/* opening: what this side receives */
	KSEAL_BOTH = KSEAL_TX | KSEAL_RX,
};

/**
 * kseal_attach() - give a connected TCP socket the record layer
 * @fd: socket in state ESTABLISHED; stays the caller's
 *
 * Bytes pass as before until a key is installed.
 *
 * Return: 0, also when kseal is on the socket already; -ENOTCONN not
 * connected; -EEXIST another upper-layer protocol is on it; -ENOENT the
 * module is not loaded (and this process may not load it); -EINVAL not a
 * plain TCP socket.
 */
int kseal_attach(int fd);

/**
 * kseal_install() - move a finished handshake's keys into the kernel
 * @fd: socket that kseal_attach() succeeded on
 * @session: its session, handshake complete; the caller keeps it and must not
 *	send or receive with it any more in the directions installed
 * @directions: KSEAL_TX, KSEAL_RX or KSEAL_BOTH
 *
 * Takes keys, ivs and sequence numbers from gnutls_record_get_state(3) and
 * wipes its copies. Application data the session has already read off the
 * socket cannot be handed over.
 *
 * Return: 0; -ENODATA nothing was installed because the session holds data
 * not yet read (gnutls_record_check_pending(3)); -ENOTSUP the session's
 * version or cipher is not one kseal seals, or the peer takes no records of
 * full size (RFC 8449); -EPROTO the session has no keys yet; any error of setsockopt(SOL_TLS, TLS_TX / TLS_RX). When the second of
 * two directions fails the socket is half-encrypted and of no use: the
 * function shuts it down before it returns, and the caller closes it.
 */
int kseal_install(int fd, gnutls_session_t session, unsigned int directions);

/** Largest key and nonce of all suites, in bytes. */
#define KSEAL_KEY_MAX		32
#define KSEAL_IV_MAX		12

/**
 * struct kseal_keys - one direction, as a TLS library knows it
 * @size: sizeof(struct kseal_keys), so that the structure can grow
 * @version: 0x0303 or 0x0304
 * @cipher: TLS_CIPHER_* of <linux/tls.h>; one of ARIA for TLS 1.2 only
 * @key_size: bytes of @key, 16 or 32 by @cipher
 * @iv_size: bytes of @iv. 12 for TLS 1.3 and ChaCha20-Poly1305: the static iv
 *	(RFC 8446 5.3, RFC 7905 2). Else 4, the fixed part of the nonce (RFC 5288
 *	3), and the explicit part is the sequence number; or 12, both parts, for
 *	libraries that count explicit parts from elsewhere
 * @sequence: number of the next record, as a number
 * @key: the traffic key
 * @iv: see @iv_size
 */
struct kseal_keys {
	size_t size;
	uint16_t version;
	uint16_t cipher;
	uint32_t key_size;
	uint32_t iv_size;
	uint64_t sequence;
	uint8_t key[KSEAL_KEY_MAX];
	uint8_t iv[KSEAL_IV_MAX];
};

/**
 * kseal_install_keys() - keys of any TLS library into the kernel
 * @fd: socket that kseal_attach() succeeded on
 * @tx: to seal with what this side sends; NULL leaves that direction
 * @rx: to open with what it receives; NULL likewise
 *
 * Copies made on the way are wiped, the caller wipes its own. Bytes that the
 * library has read ahead go in before @rx, by kseal_set_rx_prefix(). A second key
 * for a direction of TLS 1.3 replaces the first.
 *
 * Return: 0; -ENOTSUP version or cipher is not one kseal seals; -EINVAL a size
 * is not the cipher's, the two do not agree on version and cipher, or both are
 * NULL; any error of setsockopt(SOL_TLS, TLS_TX / TLS_RX). If the second of two
 * directions fails the socket is shut down, as by kseal_install().
 */
int kseal_install_keys(int fd, const struct kseal_keys *tx, const struct kseal_keys *rx);

/**
 * kseal_derive_keys() - the keys of a traffic secret of TLS 1.3 (RFC 8446 7.3)
 * @cipher: TLS_CIPHER_* that was agreed on
 * @secret: client_ or server_application_traffic_secret_N: what a library gives to
 *	its key log callback as CLIENT_ or SERVER_TRAFFIC_SECRET_0
 * @size: its bytes, 48 for AES-256-GCM, 32 else
 * @keys: filled, for record number 0; the caller wipes it
 *
 * Return: 0; -ENOTSUP a cipher whose hash GnuTLS does not have (SM4), or that is
 * none of TLS 1.3; -EINVAL @size is not that of the cipher's hash.
 */
int kseal_derive_keys(uint16_t cipher, const void *secret, size_t size,
		      struct kseal_keys *keys);

/**
 * kseal_next_secret() - the secret that follows a KeyUpdate (RFC 8446 7.2)
 * @cipher: as for kseal_derive_keys()
 * @secret: replaced by the next one
 * @size: its bytes
 *
 * Return: as kseal_derive_keys(); @secret is as it was on error.
 */
int kseal_next_secret(uint16_t cipher, void *secret, size_t size);

/**
 * kseal_set_rx_prefix() - give back what a TLS library has read ahead
 * @fd: socket that kseal_attach() succeeded on, without a receiving key yet
 * @data: sealed records that the library took from the socket and did not open,
 *	the last one perhaps in part; copied
 * @size: bytes, at most KSEAL_RX_PREFIX_MAX; 0 for none after all
 *
 * With the receiving key they are opened in front of what TCP has received. What
 * the library has opened and the program has not read is not to be given here:
 * it is read from the library, before.
 *
 * Return: 0; -EBUSY a receiving key is in; -EMSGSIZE too many bytes;
 * -ENOPROTOOPT kseal is not on the socket, or is too old for it; -ENOMEM.
 */
int kseal_set_rx_prefix(int fd, const void *data, size_t size);

/**
 * kseal_shutdown() - end this side's data: close_notify, then TCP's FIN
 * @fd: socket with a sending key
 *
 * What was sent before arrives before; reading goes on. Never waits.
 *
 * Return: 0; -EAGAIN the socket's buffer is full: nothing was done, to be called
 * again when the socket is writable; -ENOKEY it has no key to seal with, or no
 * more: the connection was ended by an error; -ENOPROTOOPT no record layer is
 * on it; -EPIPE sending has ended before.
 */
int kseal_shutdown(int fd);

/**
 * kseal_close() - close_notify, then close(2)
 * @fd: as for kseal_shutdown(); closed in any case
 *
 * Never waits. What has been sent is delivered, unless there is something not
 * read yet: then TCP resets the connection, as for any socket.
 *
 * Return: 0; an error of kseal_shutdown(): the peer was not told in TLS, and
 * may take what it has for cut.
 */
int kseal_close(int fd);

/**
 * kseal_get_info() - what the record layer of a socket did so far
 * @fd: socket that kseal_attach() succeeded on
 * @info: filled; members the running module does not know are 0
 *
 * Return: 0; -ENOPROTOOPT kseal is not on the socket.
 */
int kseal_get_info(int fd, struct kseal_info *info);

/**
 * kseal_set_record_sizing() - small records at the beginning, and after idling
 * @fd: socket that kseal_attach() succeeded on
 * @bytes: bytes of content that go in records of one TCP segment each; 0, as it
 *	is at first, none
 * @idle_ms: it begins anew when nothing was sent for so long; 0 never
 *
 * What a packet brings can then be used at once, which tells where a response
 * begins; records of full size cost less, so the rest goes in these. See
 * KSEAL_TX_RECORD_SIZING in <linux/kseal.h>. Calling it begins anew as well.
 *
 * Return: 0; -ENOPROTOOPT kseal is not on the socket, or is too old for it.
 */
int kseal_set_record_sizing(int fd, uint32_t bytes, uint32_t idle_ms);

/**
 * kseal_set_control() - have the kernel take what is not application data
 * @fd: socket that kseal_attach() succeeded on
 * @flags: KSEAL_CONTROL_ON and others of <linux/kseal.h>; 0 ends it
 * @tx_records: records that one key may seal, at least 2; 0 for what the suite allows
 *
 * For programs that do their own handshake; kseald's sockets come so (see
 * kseal_request.control). What then becomes of close_notify, alerts, tickets and key
 * updates is told at KSEAL_CONTROL in <linux/kseal.h>. TLS 1.3 wants the secrets as
 * well: kseal_set_secret().
 *
 * Return: 0; -EINVAL a flag or number makes no sense; -EBUSY a record that is no
 * application data is open already; -ENOPROTOOPT kseal is not on the socket, or is too
 * old for it.
 */
int kseal_set_control(int fd, uint32_t flags, uint64_t tx_records);

/**
 * kseal_set_secret() - the traffic secret that the key of a direction came from
 * @fd: socket with that key
 * @direction: KSEAL_TX or KSEAL_RX
 * @cipher: TLS_CIPHER_* that was agreed on
 * @secret: as for kseal_derive_keys(); the caller wipes it
 * @size: its bytes, 48 for AES-256-GCM, 32 else
 *
 * The kernel makes the next key from it when there is a KeyUpdate, in kernel-control
 * mode. A key that is installed later wants its secret anew.
 *
 * Return: 0; -EKEYREJECTED the key does not come from it; -ENOTCONN there is no key;
 * -EOPNOTSUPP it is one of TLS 1.2; -ENOENT the kernel has no such HMAC; -EINVAL @size
 * is not that of the cipher's hash, or @cipher is not the key's; -ENOTSUP TLS 1.3 does
 * not have it; -ENOPROTOOPT kseal is not on the socket, or is too old for it; -ENOMEM.
 */
int kseal_set_secret(int fd, enum kseal_direction direction, uint16_t cipher,
		     const void *secret, size_t size);

/** kseal_version_name() - "TLS 1.3" for 0x0304; NULL when not known. */
const char *kseal_version_name(uint16_t version);

/** kseal_cipher_name() - "AES-128-GCM" for TLS_CIPHER_AES_GCM_128; or NULL. */
const char *kseal_cipher_name(uint16_t cipher);

/**
 * kseal_end_name() - why a connection has ended, in words
 * @end: kseal_info.end, enum kseal_end of <linux/kseal.h>
 *
 * Return: "none" while it has not; NULL when not known.
 */
const char *kseal_end_name(unsigned int end);

/* ---- the daemon: see kseald(8) and kseald-protocol(7) ------------------- */

/** Where kseald listens unless told otherwise. */
#define KSEAL_BROKER_PATH	"/run/kseald/broker.sock"

/** Which side of the handshake kseald takes. */
enum kseal_role {
	KSEAL_SERVER = 1,
	KSEAL_CLIENT = 2,
};

/** What a server asks its clients for. */
enum kseal_client_auth {
	KSEAL_CLIENT_AUTH_NONE = 0,	/* nothing */
	KSEAL_CLIENT_AUTH_OPTIONAL = 1,	/* a certificate, which must be good if it comes */
	KSEAL_CLIENT_AUTH_REQUIRED = 2,	/* a good certificate, or there is no connection */
};

/** Who takes what is not application data, once the socket is given back. */
enum kseal_control_by {
	KSEAL_CONTROL_AS_CONFIGURED = 0,	/* as kseald is told; the kernel unless it is */
	KSEAL_CONTROL_BY_KERNEL = 1,		/* KSEAL_CONTROL of <linux/kseal.h> is on */
	KSEAL_CONTROL_BY_PROGRAM = 2,		/* it comes as in <linux/tls.h> */
};

/**
 * struct kseal_request - one handshake to do
 * @size: sizeof(struct kseal_request), so that the structure can grow
 * @role: the side this program is
 * @server_name: client: host to name in SNI and to verify; server: NULL
 * @alpn: protocols offered or accepted, most wanted first, separated by
 *	commas ("h2,http/1.1"); NULL for none
 * @identity: name of the certificate to use, as in kseald's options; NULL for
 *	the one that SNI picks
 * @timeout_ms: time the whole handshake may take; 0 for kseald's own limit,
 *	which also caps it
 * @pin: client: the server's key must be one of these, beside all else: each "sha256//"
 *	and the SHA-256 of its SubjectPublicKeyInfo in base64, separated by semicolons;
 *	NULL for any
 * @client_identity: client: name of the certificate to show if the server asks for one,
 *	as in kseald's options; NULL for none
 * @client_auth: server: what clients are asked for; kseald's configuration may ask for
 *	more, and says whose certificates are good
 * @control: who takes close_notify, alerts, tickets and key updates. A program that means to
 *	see them itself, by recvmsg(), says KSEAL_CONTROL_BY_PROGRAM
 */
struct kseal_request {
	size_t size;
	enum kseal_role role;
	const char *server_name;
	const char *alpn;
	const char *identity;
	unsigned int timeout_ms;
	const char *pin;
	const char *client_identity;
	enum kseal_client_auth client_auth;
	enum kseal_control_by control;
};

/** Sizes of the strings of struct kseal_result, with their NUL. */
#define KSEAL_CONNECTION_SIZE	32
#define KSEAL_NAME_SIZE		256
#define KSEAL_ALPN_SIZE		256
#define KSEAL_REASON_SIZE	256
#define KSEAL_SUBJECT_SIZE	1024
#define KSEAL_NAMES_SIZE	1280

/** Bytes of a SHA-256. */
#define KSEAL_FINGERPRINT_SIZE	32

/**
 * struct kseal_result - how a handshake ended
 * @id: the number kseal_submit() gave
 * @error: 0, or an errno that says what kind of failure it was: ETIMEDOUT,
 *	EPROTO (the TLS handshake), EACCES (certificate or pin; or this program may not
 *	have it done), ECONNRESET (the peer
 *	left), ENOENT (no such identity, or no kernel module), EINVAL, EBUSY
 *	(kseald's limit of handshakes reached)
 * @fd: the socket, speaking TLS, the caller's to close; -1 on error
 * @version: 0x0303 or 0x0304
 * @cipher: TLS_CIPHER_* of <linux/tls.h>
 * @alpn: protocol agreed on, empty for none
 * @server_name: what the client asked for by SNI, empty for none
 * @peer: address of the other end, "192.0.2.1:443" or "[2001:db8::1]:443"
 * @suite: full name, e.g. "TLS_AES_128_GCM_SHA256"
 * @reason: empty, or for people: stage, alert, certificate verdict
 * @peer_subject: whom the peer's certificate, if it has shown one, is about, as in RFC
 *	4514, "CN=alice,O=Example"; control characters are a backslash and two hexadecimal
 *	digits. Never cut short: empty if there is none or it does not fit
 * @peer_names: the other names in it, "DNS:www.example,IP:192.0.2.1", of types DNS, IP,
 *	email and URI. Inside of them commas and backslashes have a backslash before them,
 *	control characters and what is not ASCII is as in @peer_subject. Never cut short
 *	either
 * @peer_fingerprint: SHA-256 of that certificate, by which it is known for certain; all 0
 *	if the peer has shown none. What is here was verified
 * @connection: what kseald's log calls this handshake: conn=@connection
 * @resumed: 1 when an earlier session was gone on with, without a certificate: what is told
 *	of the peer's is of that one's; else 0
 * @listener: name of kseald's listener that the socket came in by; empty for one that
 *	a program has handed over
 */
struct kseal_result {
	uint32_t id;
	int error;
	int fd;
	uint16_t version;
	uint16_t cipher;
	char alpn[KSEAL_ALPN_SIZE];
	char server_name[KSEAL_NAME_SIZE];
	char peer[64];
	char suite[64];
	char reason[KSEAL_REASON_SIZE];
	char peer_subject[KSEAL_SUBJECT_SIZE];
	char peer_names[KSEAL_NAMES_SIZE];
	uint8_t peer_fingerprint[KSEAL_FINGERPRINT_SIZE];
	char connection[KSEAL_CONNECTION_SIZE];
	uint32_t resumed;
	char listener[KSEAL_NAME_SIZE];
};

/** struct kseal_broker - a connection to kseald. */
struct kseal_broker;

/**
 * kseal_broker_open() - connect to kseald
 * @path: its socket, NULL for KSEAL_BROKER_PATH
 * @broker: set on success; freed with kseal_broker_close()
 *
 * Return: 0; -ECONNREFUSED or -ENOENT kseald does not run there; -EACCES this
 * user may not use it; -EPROTONOSUPPORT it speaks another protocol version;
 * -ETIMEDOUT it does not answer.
 */
int kseal_broker_open(const char *path, struct kseal_broker **broker);

/** kseal_broker_close() - end it; handshakes under way are given up. */
void kseal_broker_close(struct kseal_broker *broker);

/**
 * kseal_broker_fd() - for poll(2): readable when there is something to do
 *
 * Then kseal_receive() with a timeout of 0 does it and gives the results there
 * are. Also readable when kseal_submit() is worth another try after -EAGAIN.
 * The descriptor stays the same, and is the broker's: it is not to be read, nor
 * waited on for anything but being readable.
 */
int kseal_broker_fd(const struct kseal_broker *broker);

/**
 * kseal_submit() - hand over one socket, without waiting for its handshake
 * @broker: from kseal_broker_open()
 * @fd: connected TCP socket; kseald gets a copy, the caller closes its own
 *	when it likes and must not read or write before the result is there
 * @request: what to do; not referenced after the call
 * @id: set to the number its result will carry
 *
 * Return: 0; -EAGAIN kseald has not taken earlier ones yet; -EINVAL;
 * -EPIPE or -ECONNRESET kseald is gone.
 */
int kseal_submit(struct kseal_broker *broker, int fd,
		 const struct kseal_request *request, uint32_t *id);

/**
 * kseal_receive() - take the next result
 * @broker: from kseal_broker_open()
 * @result: filled
 * @timeout_ms: how long to wait for one; 0 not at all, -1 for ever
 *
 * Return: 0, also when the handshake failed (see kseal_result.error);
 * -EAGAIN none in that time; -ECONNRESET kseald is gone; -EPROTO it sent
 * nonsense; -EMFILE there was no descriptor left for the socket, which is lost.
 */
int kseal_receive(struct kseal_broker *broker, struct kseal_result *result,
		  int timeout_ms);

/**
 * kseal_handshake() - hand over one socket and wait for it
 *
 * kseal_submit() and kseal_receive() in one, for a @broker with no other
 * handshakes under way.
 *
 * Return: 0 with result->fd the TLS socket; -result->error when the handshake
 * failed, result->reason saying why; or an error of the two calls.
 */
int kseal_handshake(struct kseal_broker *broker, int fd,
		    const struct kseal_request *request,
		    struct kseal_result *result);

/* ---- what kseald has done ----------------------------------------------- */

/**
 * enum kseal_counter - what kseald counts since it was started
 *
 * The first three are as they are now. A handshake that was begun is done, has
 * failed, was given up, or is in flight; one that was refused was never begun.
 * kseal_counter_help() describes each.
 */
enum kseal_counter {
	KSEAL_COUNTER_WORKERS,
	KSEAL_COUNTER_PROGRAMS,
	KSEAL_COUNTER_IN_FLIGHT,
	KSEAL_COUNTER_BEGUN_SERVER,
	KSEAL_COUNTER_BEGUN_CLIENT,
	KSEAL_COUNTER_DONE_SERVER,
	KSEAL_COUNTER_DONE_CLIENT,
	KSEAL_COUNTER_RESUMED,
	KSEAL_COUNTER_GIVEN_UP,
	KSEAL_COUNTER_FAILED_TIMEOUT,
	KSEAL_COUNTER_FAILED_CLOSED,
	KSEAL_COUNTER_FAILED_ALERT,
	KSEAL_COUNTER_FAILED_PROTOCOL,
	KSEAL_COUNTER_FAILED_CERTIFICATE,
	KSEAL_COUNTER_FAILED_REQUEST,
	KSEAL_COUNTER_FAILED_KERNEL,
	KSEAL_COUNTER_FAILED_OTHER,
	KSEAL_COUNTER_REFUSED_REQUEST,
	KSEAL_COUNTER_REFUSED_LIMIT,
	KSEAL_COUNTER_REFUSED_PROGRAM,
	KSEAL_COUNTER_REFUSED_RATE,
	KSEAL_COUNTER_REFUSED_STOPPING,
	KSEAL_COUNTER_REFUSED_DESCRIPTORS,
	KSEAL_COUNTER_REFUSED_CALLER,
	KSEAL_COUNTER_TICKETS_TAKEN,
	KSEAL_COUNTER_COUNT,		/* of those this library knows */
};

/** Room for counters that are still to come. */
#define KSEAL_COUNTERS_MAX	64

/**
 * struct kseal_status - what kseald has done
 * @software: its name and release
 * @counters: by enum kseal_counter; those it does not know are 0
 */
struct kseal_status {
	char software[64];
	uint64_t counters[KSEAL_COUNTERS_MAX];
};

/**
 * kseal_get_status() - ask kseald what it has done
 * @broker: one with no handshakes under way
 * @status: filled
 *
 * Return: 0; -EOPNOTSUPP kseald hung up, since it is too old to tell; -EPIPE it was
 * gone before; -ETIMEDOUT it does not answer; -EPROTO it sent nonsense.
 */
int kseal_get_status(struct kseal_broker *broker, struct kseal_status *status);

/** kseal_counter_name() - "begun_server"; NULL when not known */
const char *kseal_counter_name(unsigned int counter);

/** kseal_counter_help() - what it counts, for people; NULL when not known */
const char *kseal_counter_help(unsigned int counter);

/**
 * kseal_connect() - from a name to a socket that speaks TLS
 * @broker: with no other handshakes under way
 * @host: name or address; also the name to verify, unless @request has one
 * @service: port, as a number or by its name in services(5)
 * @request: NULL for defaults; its timeout_ms is for all of it: each address in
 *	turn and the handshake. Looking up the name is not cut short
 * @result: filled
 *
 * Return: 0 with result->fd the socket, which blocks; -result->error when that
 * failed, result->reason saying why (EHOSTUNREACH the name has no address,
 * ETIMEDOUT, ECONNREFUSED and the like for the last address, or one of a
 * handshake's); -EINVAL; or an error of kseal_receive().
 */
int kseal_connect(struct kseal_broker *broker, const char *host, const char *service,
		  const struct kseal_request *request, struct kseal_result *result);

/**
 * kseal_accept() - wait for a connection, and until it speaks TLS
 * @broker: with no other handshakes under way
 * @listener: listening TCP socket
 * @request: NULL for defaults; its timeout_ms begins when there is a connection
 * @result: filled
 *
 * One connection at a time: a slow client has all others wait. Servers with many
 * use kseal_submit_accept().
 *
 * Return: 0 with result->fd the socket, which blocks; -result->error when its
 * handshake failed, which says nothing of the next one's; else an error of
 * accept(2) or kseal_receive(), with result->error 0.
 */
int kseal_accept(struct kseal_broker *broker, int listener,
		 const struct kseal_request *request, struct kseal_result *result);

/**
 * kseal_secure_accepted() - make a socket that was accepted speak TLS, in one call
 * @broker: with no other handshakes under way; NULL to connect to KSEAL_BROKER_PATH for
 *	this call
 * @fd: connected TCP socket, the function's from here on: closed, whatever comes of it
 * @identity: name of the certificate to use, as in kseald's options; NULL for the one
 *	that SNI picks
 * @result: filled, with the reason of a failure; NULL if nobody wants to know
 *
 * Waits for the handshake, no longer than kseald's limit. What comes back is in
 * kernel-control mode: a program needs read, write and close for it, and to know nothing
 * of TLS. Whoever wants more of a say uses kseal_handshake().
 *
 * Return: the socket, which is close-on-exec and the caller's to close; or as
 * kseal_broker_open() and kseal_handshake().
 */
int kseal_secure_accepted(struct kseal_broker *broker, int fd, const char *identity,
			  struct kseal_result *result);

/**
 * kseal_secure_connected() - make a socket that was connected speak TLS, in one call
 * @host: name to ask for and to verify, or address
 *
 * All else as kseal_secure_accepted().
 */
int kseal_secure_connected(struct kseal_broker *broker, int fd, const char *host,
			   struct kseal_result *result);

/**
 * kseal_submit_connect() - kseal_connect(), without waiting
 * @id: set to the number its result will carry
 *
 * The name is looked up before it returns; numeric addresses take no time.
 * All else, failure included, is told by kseal_receive().
 *
 * Return: 0; -EINVAL; -ENOMEM or -EMFILE.
 */
int kseal_submit_connect(struct kseal_broker *broker, const char *host, const char *service,
			 const struct kseal_request *request, uint32_t *id);

/**
 * kseal_submit_accept() - accept one connection and hand it over, without waiting
 * @listener: listening TCP socket, in non-blocking mode
 * @id: set to the number its result will carry
 *
 * Return: 0; -EAGAIN nobody waits to be accepted; another error of accept(2);
 * -EINVAL; -ENOMEM. Whatever comes behind accepting is told by kseal_receive().
 */
int kseal_submit_accept(struct kseal_broker *broker, int listener,
			const struct kseal_request *request, uint32_t *id);

/* ---- the sockets of kseald's listeners: see LISTENERS in kseald(8) --------- */

/** struct kseal_backend - a program that takes the sockets of one listener. */
struct kseal_backend;

/**
 * kseal_backend_open() - take the sockets of a listener
 * @path: kseald's socket, NULL for KSEAL_BROKER_PATH
 * @listener: its name in kseald.conf(5)
 * @backlog: how many may wait for kseal_backend_accept(), at least 1
 * @backend: set on success; freed with kseal_backend_close()
 *
 * Several programs, and several threads with one each, may take those of one listener.
 *
 * Return: 0; -ENXIO there is no such listener; -EINVAL it has a proxy, or an argument
 * makes no sense; -EACCES this user may not; -EBUSY kseald is stopping; -ECONNRESET it
 * knows no listeners; or an error of kseal_broker_open().
 */
int kseal_backend_open(const char *path, const char *listener, unsigned int backlog,
		       struct kseal_backend **backend);

/** kseal_backend_close() - take no more; those that wait are closed. NULL is allowed. */
void kseal_backend_close(struct kseal_backend *backend);

/** kseal_backend_fd() - readable when kseal_backend_accept() has something. */
int kseal_backend_fd(const struct kseal_backend *backend);

/**
 * kseal_backend_accept() - take the next socket
 * @result: filled: its fd, which is in blocking mode, and what is known of its peer
 * @timeout_ms: how long to wait for one; 0 not at all, -1 for ever
 *
 * Return: 0; -EAGAIN none in that time; -ENXIO the listener is gone; -ECONNRESET
 * kseald is; -EPROTO it sent nonsense; -EMFILE there was no descriptor left for the
 * socket, which is lost.
 */
int kseal_backend_accept(struct kseal_backend *backend, struct kseal_result *result,
			 int timeout_ms);

#ifdef __cplusplus
}
#endif

#endif /* KSEAL_H */
