/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel tests share: one end of a loopback TCP connection carries
 * the record layer under test, the other stays plain TCP, and the records on
 * it are sealed and opened here, in user space, with other people's ciphers and
 * headers, nonces and additional data built from the RFCs. So what the kernel
 * puts on the wire is judged by code that shares nothing with it.
 *
 * Nothing here uses the harness: functions return 0 or a count on success and
 * -1 on failure, having said on stderr what went wrong.
 */
#ifndef KT_H
#define KT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <linux/kseal.h>
#include <linux/tls.h>

/* Debian 12's <linux/tls.h> is older than the option. */
#ifndef TLS_TX_MAX_PAYLOAD_LEN
#define TLS_TX_MAX_PAYLOAD_LEN	5
#endif

enum {
	KT_HEADER = 5,			/* RFC 8446 5.1 */
	KT_TAG = 16,			/* RFC 5116 5.1 */
	KT_EXPLICIT = 8,		/* RFC 5288 3 */
	KT_MAX_PLAIN = 1 << 14,		/* RFC 8446 5.1 */
	KT_MAX_WIRE = KT_HEADER + 65535,
	KT_WAIT_MS = 20000,		/* for what must happen */

	KT_CCS = 20,			/* content types, RFC 8446 B.1 */
	KT_ALERT = 21,
	KT_HANDSHAKE = 22,
	KT_DATA = 23,

	KT_BAD_RECORD_MAC = 20,		/* alerts, RFC 8446 6, RFC 5246 7.2 */
	KT_RECORD_OVERFLOW = 22,
	KT_PROTOCOL_VERSION = 70,
};

/**
 * struct kt_params - what a test's variants vary
 * @version: TLS_1_2_VERSION or TLS_1_3_VERSION
 * @cipher: TLS_CIPHER_* of <linux/tls.h>
 * @family: AF_INET or AF_INET6
 */
struct kt_params {
	uint16_t version;
	uint16_t cipher;
	int family;
};

/** KT_LAST_SEQ - the last sequence number that is used, as in-tree TLS has it. */
#define KT_LAST_SEQ	(~0ULL - 1)

/* ---- key.c -------------------------------------------------------------- */

/**
 * struct kt_suite - a cipher suite and its struct tls12_crypto_info_*
 * @cipher: TLS_CIPHER_* of <linux/tls.h>
 * @name: that as a string
 * @aead: what the kernel's crypto API calls the algorithm
 * @info_size: bytes of the struct
 * @key_at: where in it the key is, likewise the others
 * @key_size: bytes of the key
 * @salt_at: of the nonce's start
 * @salt_size: bytes of that, perhaps 0
 * @iv_at: of its rest
 * @iv_size: bytes of that
 * @seq_at: of the sequence number, 8 bytes
 * @explicit: bytes of the nonce in a TLS 1.2 record
 * @tls13: TLS 1.3 may use it
 */
struct kt_suite {
	uint16_t cipher;
	const char *name;
	const char *aead;
	size_t info_size;
	size_t key_at, key_size;
	size_t salt_at, salt_size;
	size_t iv_at, iv_size;
	size_t seq_at;
	size_t explicit;
	bool tls13;
};

/** kt_suite() - the suite of that number; there must be one. */
const struct kt_suite *kt_suite(uint16_t cipher);

/**
 * struct kt_key - traffic key of one direction
 * @version: as in kt_params
 * @cipher: as in kt_params
 * @key: 16 or 32 bytes in use
 * @nonce: first @salt, then @iv
 * @salt: first 4 bytes of every nonce
 * @iv: explicit nonce of the next record (1.2), rest of the static iv (1.3);
 *	ChaCha20-Poly1305 knows no explicit nonce, and has all of @nonce as iv
 * @seq: number of the next record
 */
struct kt_key {
	uint16_t version;
	uint16_t cipher;
	uint8_t key[32];
	union {
		uint8_t nonce[12];
		struct {
			uint8_t salt[4];
			uint8_t iv[8];
		};
	};
	uint64_t seq;
};

/** union kt_info - what setsockopt(SOL_TLS, TLS_TX / TLS_RX) takes. */
union kt_info {
	struct tls_crypto_info head;
	struct tls12_crypto_info_aes_gcm_128 gcm128;
	struct tls12_crypto_info_aes_gcm_256 gcm256;
	uint8_t bytes[sizeof(struct tls12_crypto_info_aes_gcm_256)];
};

/** kt_key_make() - a key that depends on @seed alone, records from @seq on. */
void kt_key_make(struct kt_key *key, const struct kt_params *params,
		 unsigned int seed, uint64_t seq);

/** kt_key_next() - the key that follows, records from 0 on. */
void kt_key_next(const struct kt_key *key, struct kt_key *next);

/** kt_key_explicit() - bytes of the nonce in each of its records. */
size_t kt_key_explicit(const struct kt_key *key);

/** kt_key_overhead() - bytes a record of it has beyond its content. */
size_t kt_key_overhead(const struct kt_key *key);

/** kt_key_count() - @records records on; back if negative. */
void kt_key_count(struct kt_key *key, int64_t records);

/** kt_key_rewind() - back to where it was @records records ago. */
void kt_key_rewind(struct kt_key *key, unsigned int records);

/** kt_key_info() - put @key the way the kernel takes it; return the size. */
socklen_t kt_key_info(const struct kt_key *key, union kt_info *info);

/** kt_info_iv(), kt_info_seq() - the members of @info that count up. */
const uint8_t *kt_info_iv(const union kt_info *info);
uint64_t kt_info_seq(const union kt_info *info);

/** kt_put64(), kt_get64() - 64 bits in network order. */
void kt_put64(uint8_t *to, uint64_t value);
uint64_t kt_get64(const uint8_t *from);

struct kt_aead;

/* ---- record.c ----------------------------------------------------------- */

/** struct kt_flow - one direction, as seen from user space. */
struct kt_flow {
	struct kt_key key;
	struct kt_aead *aead;
};

/**
 * struct kt_record - one record
 * @type: content type (the inner one for TLS 1.3)
 * @len: bytes of @data
 * @pad: zeros behind the content type, TLS 1.3 only
 * @wire_len: bytes of the sealed record, header included
 * @data: content
 */
struct kt_record {
	uint8_t type;
	size_t len;
	size_t pad;
	size_t wire_len;
	uint8_t data[KT_MAX_WIRE];
};

/** kt_flow_init(), kt_flow_done() - set up for @key, and let go. */
int kt_flow_init(struct kt_flow *flow, const struct kt_key *key);
void kt_flow_done(struct kt_flow *flow);

/** kt_flow_rekey() - from now on with @key. */
int kt_flow_rekey(struct kt_flow *flow, const struct kt_key *key);

/** kt_overhead() - what an AES-GCM record has beyond its content. */
size_t kt_overhead(uint16_t version);

/**
 * kt_seal() - make one record, and count it
 * @flow: key and number
 * @type: content type; 0 for a TLS 1.3 record without one
 * @data: content
 * @len: its length, also more than TLS allows
 * @pad: zeros to add, TLS 1.3 only
 * @wire: room for KT_MAX_WIRE bytes
 *
 * Return: bytes of the record, -1 on failure.
 */
ssize_t kt_seal(struct kt_flow *flow, uint8_t type, const void *data,
		size_t len, size_t pad, uint8_t *wire);

/**
 * kt_open() - open one record, and count it
 * @flow: key and number
 * @wire: the whole record
 * @wire_len: its length, header included
 * @record: filled
 *
 * Checks header and explicit nonce (TLS 1.2: counts up from the key's iv) as
 * well as the tag.
 */
int kt_open(struct kt_flow *flow, const uint8_t *wire, size_t wire_len,
	    struct kt_record *record);

/* ---- link.c ------------------------------------------------------------- */

/**
 * struct kt_link - a connection and its keys
 * @fd: the end with the record layer under test
 * @raw: the plain TCP end
 * @out: from @fd to @raw: the kernel seals, kt_open() opens
 * @in: from @raw to @fd: kt_seal() seals, the kernel opens
 */
struct kt_link {
	int fd;
	int raw;
	struct kt_flow out;
	struct kt_flow in;
};

/**
 * struct kt_tune - how to make the connection
 * @fd_rcvbuf: SO_RCVBUF of the end under test, 0 for the system's own
 * @raw_rcvbuf: SO_RCVBUF of the plain end
 * @fd_sndbuf: SO_SNDBUF of the end under test
 * @accepted: the end under test is the one accept() gave
 * @out_seq: number of the first record sealed
 * @in_seq: number of the first record opened
 */
struct kt_tune {
	int fd_rcvbuf;
	int raw_rcvbuf;
	int fd_sndbuf;
	bool accepted;
	uint64_t out_seq;
	uint64_t in_seq;
};

/** kt_ulp() - name of the ULP under test: $KSEAL_ULP, or "kseal". */
const char *kt_ulp(void);

/** kt_listen() - a socket listening on a loopback port the kernel picks. */
int kt_listen(int family, const struct kt_tune *tune);

/** kt_link_pair() - connect; no record layer yet. @tune may be NULL. */
int kt_link_pair(struct kt_link *link, const struct kt_params *params,
		 const struct kt_tune *tune);

/** kt_attach() - give @fd the ULP, and prove that it is the one that answers. */
int kt_attach(int fd);

/** kt_install() - setsockopt(SOL_TLS, @direction) with @key; errno is set. */
int kt_install(int fd, int direction, const struct kt_key *key);

/** kt_link_open() - connect, attach, install both directions. */
int kt_link_open(struct kt_link *link, const struct kt_params *params,
		 const struct kt_tune *tune);

/** kt_link_reopen() - close, and open again tuned. */
int kt_link_reopen(struct kt_link *link, const struct kt_params *params,
		   const struct kt_tune *tune);

/** kt_link_reopen_small() - with buffers smaller than a record on the way out. */
int kt_link_reopen_small(struct kt_link *link, const struct kt_params *params);

/** kt_link_reopen_keyless() - close, connect again, attach; no keys. */
int kt_link_reopen_keyless(struct kt_link *link, const struct kt_params *params);

/** kt_link_close() - close what is open. */
void kt_link_close(struct kt_link *link);

/** kt_close() - close *@fd unless it is -1, and make it -1. */
void kt_close(int *fd);

/* ---- io.c --------------------------------------------------------------- */

/** kt_fill() - the bytes of the test stream from @position on. */
void kt_fill(void *buffer, size_t len, uint64_t position);

/** kt_check() - are these those bytes? Says where not. */
int kt_check(const void *buffer, size_t len, uint64_t position);

/** kt_write_full(), kt_read_full() - all of it, within KT_WAIT_MS, or -1. */
int kt_write_full(int fd, const void *buffer, size_t len);
int kt_read_full(int fd, void *buffer, size_t len);

/** kt_read_pipe() - @len bytes that a pipe is known to hold. */
int kt_read_pipe(int fd, void *buffer, size_t len);

/** kt_read_eof() - 0 when the next thing on @fd is the end of the stream. */
int kt_read_eof(int fd);

/** kt_poll() - revents of @fd, 0 when there are none in @timeout_ms, or it fails. */
short kt_poll(int fd, short events, int timeout_ms);

/** kt_watch() - an epoll set with @fd in it, for @events; -1 on failure. */
int kt_watch(int fd, uint32_t events);

/** kt_events() - events of a set of one; 0 when there are none in @timeout_ms. */
uint32_t kt_events(int set, int timeout_ms);

/** kt_arrived() - wait until @to's TCP has received all that @from was given. */
int kt_arrived(int from, int to);

/** kt_recv_pattern() - recv() of the stream's bytes from @position on
 *
 * Return: as recv(); -1 with EBADE when they are others, or when any was
 * written behind the buffer's end.
 */
ssize_t kt_recv_pattern(int fd, size_t room, uint64_t position, int flags);

/** kt_unread() - bytes in a plain socket's receive queue. */
int kt_unread(int fd);

/** kt_unread_at_least() - wait until there are @len of them. */
int kt_unread_at_least(int fd, int len);

/** kt_nonblock() - make @fd non-blocking. */
int kt_nonblock(int fd);

/** kt_timeout() - set SO_RCVTIMEO or SO_SNDTIMEO, in milliseconds. */
int kt_timeout(int fd, int option, int ms);

/** kt_reset() - close *@fd so that the other end gets an RST. */
void kt_reset(int *fd);

/** kt_send_type() - sendmsg() of one buffer with a record type. */
ssize_t kt_send_type(int fd, uint8_t type, const void *buffer, size_t len,
		     int flags);

/**
 * kt_recv_type() - recvmsg() of one buffer with room for the record type
 * @type: set to it, or to 0 when there came none
 */
ssize_t kt_recv_type(int fd, uint8_t *type, void *buffer, size_t len,
		     int flags);

/** kt_fill_buffers() - send the stream without blocking until EAGAIN. */
ssize_t kt_fill_buffers(int fd, size_t chunk, uint64_t position);

/* ---- peer.c ------------------------------------------------------------- */

/** struct kt_tally - what kt_expect_stream() met. */
struct kt_tally {
	unsigned int records;
	size_t smallest;
	size_t largest;
};

/**
 * kt_recv_record() - read one record off the plain end and open it
 *
 * Return: 0; 1 at the end of the stream; -1 for anything that is no record.
 */
int kt_recv_record(struct kt_link *link, struct kt_record *record);

/** kt_expect_record() - the next record is this one. */
int kt_expect_record(struct kt_link *link, uint8_t type, const void *data,
		     size_t len);

/** kt_expect_pattern() - the next record is data: @len bytes of the stream. */
int kt_expect_pattern(struct kt_link *link, size_t len, uint64_t position);

/**
 * kt_expect_stream() - the next @len bytes of content are the stream's
 *
 * In records of application data that end where @len ends. @tally may be NULL.
 */
int kt_expect_stream(struct kt_link *link, size_t len, uint64_t position,
		     struct kt_tally *tally);

/** kt_expect_nothing() - nothing is on its way to the plain end. */
int kt_expect_nothing(struct kt_link *link);

/**
 * kt_expect_end() - the stream ends here, perhaps after a fatal alert
 * @alert: set to its description, or to -1 when there is none
 *
 * An RST is an end as well.
 */
int kt_expect_end(struct kt_link *link, int *alert);

/** kt_send_record() - seal and write one record to the plain end. */
int kt_send_record(struct kt_link *link, uint8_t type, const void *data,
		   size_t len);

/** kt_send_pattern() - a record of data: @len bytes of the stream. */
int kt_send_pattern(struct kt_link *link, size_t len, uint64_t position);

/** kt_send_padded() - the stream's bytes, padded (TLS 1.3), and see it arrive. */
int kt_send_padded(struct kt_link *link, uint8_t type, size_t len, size_t pad,
		   uint64_t position);

/** kt_all_here() - wait until the end under test has what the plain one sent. */
int kt_all_here(struct kt_link *link);

/** kt_write_here() - write bytes to the plain end, and see them arrive. */
int kt_write_here(struct kt_link *link, const void *wire, size_t len);

/** kt_pattern_arrives() - kt_send_pattern(), and kt_all_here(). */
int kt_pattern_arrives(struct kt_link *link, size_t len, uint64_t position);

/** kt_seal_pattern() - seal a record of data, the stream's first @len bytes. */
ssize_t kt_seal_pattern(struct kt_link *link, size_t len, uint8_t *wire);

/** kt_recv_errno() - errno of a recv() that must fail; 0 when it does not. */
int kt_recv_errno(int fd, int flags);

/**
 * kt_expect_ended() - the connection under test ended for a reason
 * @error: errno that every reader gets, again and again
 * @alert: description of the alert that the peer gets, or -1
 *
 * Writers get no further, nothing more was counted as received, the error is
 * readable, and the peer sees the end of the stream.
 */
int kt_expect_ended(struct kt_link *link, int error, int alert);

/** kt_send_header() - a record's header alone, and see it arrive. */
int kt_send_header(struct kt_link *link, uint8_t type, uint16_t version,
		   uint16_t len);

/** kt_plain_passes() - bytes pass both ways as they are. */
int kt_plain_passes(struct kt_link *link);

/** kt_sealed_out(), kt_sealed_in() - a record passes, out of or into the kernel. */
int kt_sealed_out(struct kt_link *link);
int kt_sealed_in(struct kt_link *link);

/** kt_send_stream() - @len bytes of the stream in records of @size. */
int kt_send_stream(struct kt_link *link, size_t len, size_t size,
		   uint64_t position);

/* ---- rekey.c ------------------------------------------------------------ */

enum { KT_KEY_UPDATE = 5 };

/** kt_key_update - the message, update_not_requested */
extern const uint8_t kt_key_update[KT_KEY_UPDATE];

/** kt_peer_rekey() - the plain end sends a KeyUpdate, then seals with *@next. */
int kt_peer_rekey(struct kt_link *link, struct kt_key *next);

/** kt_expect_handshake() - what is read next is this handshake record. */
int kt_expect_handshake(int fd, const void *data, size_t len);

/** kt_expect_key_update() - what is read next is a KeyUpdate and no more. */
int kt_expect_key_update(int fd);

/** kt_rekey_in(), kt_rekey_out() - a KeyUpdate, read, and the new key in. */
int kt_rekey_in(struct kt_link *link);
int kt_rekey_out(struct kt_link *link);

/** kt_expect_expired() - every way to read says so, and poll says nothing. */
int kt_expect_expired(int fd);

/** kt_pause_reading() - up to where reading says EKEYEXPIRED; *@next ends that. */
int kt_pause_reading(struct kt_link *link, struct kt_key *next);

/** kt_resume_reading() - give the key that is waited for. */
int kt_resume_reading(struct kt_link *link, const struct kt_key *next);

/* ---- suite.c ------------------------------------------------------------ */

/**
 * kt_suites_find() - find out which algorithms this kernel has
 *
 * Before the first test. With $KSEAL_ALL_SUITES set it has to have them all.
 */
void kt_suites_find(void);

/** kt_link_open_suite() - kt_link_open(); without keys if it is *@absent. */
int kt_link_open_suite(struct kt_link *link, const struct kt_params *params,
		       bool *absent);

/**
 * kt_expect_absent() - keys of a suite that the kernel lacks are ENOENT
 *
 * And the socket is as it was: it passes bytes, and takes keys of another. This
 * is tried until it was so once, in any test of the program.
 */
int kt_expect_absent(struct kt_link *link, const struct kt_params *params);

/* ---- task.c ------------------------------------------------------------- */

/**
 * struct kt_task - a function in a thread of its own
 * @run: what to do; its result is kept, with errno
 * @arg: for it
 * @result: what it returned
 * @error: errno when it did
 * @tid: its thread, once it runs
 */
struct kt_task {
	ssize_t (*run)(void *arg);
	void *arg;
	ssize_t result;
	int error;
	int tid;
	pthread_t thread;
};

/** kt_task_start(), kt_task_join() - begin, and wait for the result. */
int kt_task_start(struct kt_task *task, ssize_t (*run)(void *), void *arg);
ssize_t kt_task_join(struct kt_task *task);

/** kt_task_asleep() - wait until the task sleeps in a system call. */
int kt_task_asleep(struct kt_task *task);

/**
 * struct kt_writer - the test stream, written by a task
 * @fd: where to
 * @len: how much in all
 * @chunk: how much a call, 0 for all in one
 * @position: of the first byte
 */
struct kt_writer {
	int fd;
	size_t len;
	size_t chunk;
	uint64_t position;
	struct kt_task task;
};

/** kt_writer_start() - begin to write; kt_task_join() gives the bytes. */
int kt_writer_start(struct kt_writer *writer);

/**
 * struct kt_reader - one recv() in a task
 * @fd: from where
 * @want: room it has, at most sizeof(@got)
 * @flags: for recv()
 * @got: what came
 */
struct kt_reader {
	int fd;
	size_t want;
	int flags;
	uint8_t got[2000];
	struct kt_task task;
};

/**
 * kt_reader_start() - begin to read, and see it asleep; for an empty queue
 *
 * kt_task_join() gives what recv() returned.
 */
int kt_reader_start(struct kt_reader *reader, int fd, size_t want, int flags);

/* ---- pass.c ------------------------------------------------------------- */

/** kt_pass(), kt_take() - send a file through a UNIX socket; receive one. */
int kt_pass(int to, int fd);
int kt_take(int from);

/* ---- kernel.c ----------------------------------------------------------- */

/** kt_info_get() - getsockopt(KSEAL_INFO), whole. */
int kt_info_get(int fd, struct kseal_info *info);

/** kt_spliced_bytes() - its tx_splice_bytes, all ones when it cannot be had. */
uint64_t kt_spliced_bytes(int fd);

/** kt_stat() - a counter of /proc/net/kseal_stat, -1 when it lacks it. */
long long kt_stat(const char *name);

/** kt_module_users() - the module's use count, -1 when there is no module. */
int kt_module_users(void);

/** kt_wait_for() - poll *@probe(@arg) until it gives @want. */
int kt_wait_for(long long (*probe)(void *arg), void *arg, long long want);

/** kt_say() - a diagnostic line that KTAP readers skip. */
void kt_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** kt_errno() - the same for a failed call; returns -1, keeps errno. */
int kt_errno(const char *call);

#endif /* KT_H */
