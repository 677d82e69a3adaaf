/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * kseal - the TLS record layer in the socket path: user-space interface
 *
 * A connected TCP socket gets the record layer with
 *
 *	setsockopt(fd, SOL_TCP, TCP_ULP, KSEAL_ULP_NAME, sizeof(KSEAL_ULP_NAME))
 *
 *	ENOTCONN	the socket is not in state ESTABLISHED
 *	EEXIST		the socket has an upper-layer protocol already
 *	EINVAL		the socket's protocol is not plain TCP (a BPF sockmap, MPTCP)
 *	ENOENT		the module is not loaded, and could not be
 *
 * which by itself changes nothing: bytes pass as before until a key is in.
 * Keys go in one direction at a time, with the structures, the level and the
 * option names of <linux/tls.h>:
 *
 *	setsockopt(fd, SOL_TLS, TLS_TX, &info, sizeof(info))	sealing
 *	setsockopt(fd, SOL_TLS, TLS_RX, &info, sizeof(info))	opening
 *
 * with info one of struct tls12_crypto_info_*, for TLS 1.2 (RFC 5246) and
 * TLS 1.3 (RFC 8446): AES-128-GCM, AES-256-GCM, AES-128-CCM,
 * ChaCha20-Poly1305, SM4-GCM and SM4-CCM; ARIA-128-GCM and ARIA-256-GCM for
 * TLS 1.2 only. rec_seq is the sequence number of the next record in network
 * order (RFC 5246 6.1, RFC 8446 5.3). salt and iv together are the nonce's 12
 * bytes: iv is the next record's explicit nonce for TLS 1.2 (RFC 5288 3,
 * RFC 6655 3), the rest of the static iv for TLS 1.3 (RFC 8446 5.3) and, for
 * both versions, with ChaCha20-Poly1305 (RFC 7905 2), whose salt is empty.
 *
 *	EINVAL		size, version or cipher suite not known, or the other
 *			direction speaks another version or suite
 *	EFAULT		info cannot be read
 *	ENOENT		the kernel has no such AEAD algorithm
 *	ENOMEM		out of memory
 *
 * After an error the socket is as it was. A second TLS_TX or TLS_RX replaces
 * the key of a TLS 1.3 direction (RFC 8446 4.6.3): from the next record on, a
 * record that MSG_MORE left open goes out under the old one. Besides the above
 *
 *	EBUSY		a TLS 1.2 direction keeps its first key
 *	EINVAL		another version or suite than before; or the very key and
 *			nonce in use with a rec_seq that was passed already
 *	EPIPE		sending has ended
 *	and the errors that reading ended with, below
 *
 * and the old key stays. Behind a KeyUpdate message of the peer no record is
 * opened, until the new TLS_RX is in every read fails with
 *
 *	EKEYEXPIRED	once all that came before is read, the record with the
 *			KeyUpdate in it included
 *
 * and poll does not report data. The message is found wherever it stands in
 * the peer's handshake records. Sending does not stop for it. getsockopt()
 * with the same names returns the structure with iv and rec_seq of the next
 * record:
 *
 *	EBUSY		no key is installed in that direction, or no more: the
 *			connection was ended by an error
 *	EINVAL		the length is neither that of the suite's structure nor of
 *			struct tls_crypto_info
 *
 * More options of that level, for setsockopt() and getsockopt():
 *
 *	TLS_TX_ZEROCOPY_RO	unsigned int, 0 or 1. Kept and shown, and no more:
 *			what sendfile() gives is read where it lies in any case,
 *			and never written
 *	TLS_RX_EXPECT_NO_PAD	u32 (TLS 1.3, with the receiving key in), 0 or 1. A
 *			record that fits is decrypted straight into the reader's
 *			memory, and once more where that turns out to be padded or no
 *			data. A peer that pads is not tried with some of the records
 *			that follow, unless this is 1
 *	TLS_TX_MAX_PAYLOAD_LEN	u16, bytes of content a record may have, 16384 unless
 *			set: from 64, in TLS 1.3 from 63 (the limit of RFC 8449 4 counts
 *			the content type there). EBUSY while a record is open
 *
 *	KSEAL_TX_RECORD_SIZING	struct kseal_record_sizing, below
 *	KSEAL_RX_PREFIX	bytes read ahead, below; setsockopt() alone
 *
 * with EINVAL for another size or value and EFAULT.
 *
 * The record type of what sendmsg() sends is set by a control message of level
 * SOL_TLS and type TLS_SET_RECORD_TYPE, one unsigned char (application data
 * when there is none). recvmsg() gives the type in TLS_GET_RECORD_TYPE, one
 * unsigned char, and never returns bytes of two types in one call.
 * A record that is not application data met without room for that control
 * message makes the read fail with EIO and stays in place.
 *
 * Reading ends the connection with
 *
 *	EBADMSG		a record failed authentication (RFC 8446 5.2), is shorter
 *			than the suite allows, has no content type, or the
 *			sequence numbers are used up
 *	EMSGSIZE	a record is longer than the version allows
 *	EINVAL		a record's version is not the one installed
 *	ECONNRESET	the stream ended in the middle of a record
 *
 * A program that knows nothing of TLS cannot do with all that: KSEAL_CONTROL,
 * below, has the kernel take what is not application data.
 */
#ifndef _UAPI_LINUX_KSEAL_H
#define _UAPI_LINUX_KSEAL_H

#include <linux/types.h>

/** Name for setsockopt(SOL_TCP, TCP_ULP). */
#define KSEAL_ULP_NAME		"kseal"

/** Level of the options; <linux/socket.h> of older C libraries lacks it. */
#ifndef SOL_TLS
#define SOL_TLS			282
#endif

/**
 * getsockopt(SOL_TLS, KSEAL_INFO): what the record layer did so far.
 *
 * Fills as much of struct kseal_info as fits and sets the length to what it
 * filled. The structure grows at its end: a newer kernel cuts what an older
 * program did not ask for, an older kernel fills less; look at the length.
 * Numbered far from <linux/tls.h>, so that the two never meet.
 */
#define KSEAL_INFO		0x4b01

/**
 * Option of level SOL_TLS: struct kseal_record_sizing. Setting it begins anew,
 * as after idling; 0 bytes, as it is at first, make records as large as may be.
 */
#define KSEAL_TX_RECORD_SIZING	0x4b02

/**
 * struct kseal_record_sizing - small records at the beginning
 * @bytes: so many bytes of content go in records of one TCP segment each before
 *	records grow to TLS_TX_MAX_PAYLOAD_LEN: a receiver can use what the first
 *	packet brings, and need not wait for 16 KiB to come through a window that
 *	has yet to open
 * @idle_ms: it begins anew when nothing was sent for so many milliseconds, as
 *	TCP's window does; 0 never
 *
 * A segment is what TCP takes it for when the record is opened; no record is
 * longer than TLS_TX_MAX_PAYLOAD_LEN, and content of at least 64 bytes fits.
 */
struct kseal_record_sizing {
	__u32	bytes;
	__u32	idle_ms;
};

/**
 * setsockopt(SOL_TLS, KSEAL_RX_PREFIX, bytes, size): what was read ahead.
 *
 * A TLS library that reads ahead has bytes, when the handshake is done, that
 * belong to the record layer: sealed records that it has taken from the socket
 * and not opened, the last one perhaps in part. This gives them back. The next
 * TLS_RX then opens them in front of what TCP has received, as if they had never
 * been read: by every way to read, with the same errors, and a record may begin
 * in them and end in TCP's stream.
 *
 * From attaching until the first TLS_RX; reading goes past them until then. The
 * last call counts: what an earlier one gave is dropped, and of 0 bytes there is
 * nothing. The bytes are copied.
 *
 *	EBUSY		TLS_RX is in: what was read ahead has its place before
 *	EMSGSIZE	more than KSEAL_RX_PREFIX_MAX bytes
 *	EFAULT		the bytes cannot be read
 *	ENOMEM		out of memory
 *
 * After an error what an earlier call gave stays.
 */
#define KSEAL_RX_PREFIX		0x4b03
#define KSEAL_RX_PREFIX_MAX	(128 * 1024)

/**
 * Option of level SOL_TLS: struct kseal_control. Kernel-control mode: the socket can
 * be used by a program that knows read, write, sendfile, poll, shutdown and
 * close, and no TLS. Off unless set. What arrives is then, in its order among
 * the data,
 *
 *	close_notify	the end: read gives 0, poll EPOLLRDHUP. What comes behind it
 *			is ignored
 *	FIN without it	ECONNRESET, as anybody could have sent it, unless
 *			KSEAL_CONTROL_TRUNCATION is set
 *	RST		ECONNRESET, even so; TCP's other errors likewise, each by its own
 *			number. Behind a close_notify nothing
 *	fatal alert	ECONNRESET, the keys are wiped; KSEAL_INFO has the alert.
 *			That is every alert of TLS 1.3 but user_canceled
 *	warning alert	nothing: of TLS 1.2, or user_canceled; counted
 *	NewSessionTicket	(TLS 1.3) nothing: it goes to the queue that KSEAL_TICKETS
 *			names, or nowhere; counted
 *	KeyUpdate	(TLS 1.3) nothing: the receiving key moves on, by the secret given
 *			with KSEAL_RX_SECRET. If one is requested, ours goes out
 *			between two records, at once if none is open, and the sending
 *			key moves on, by KSEAL_TX_SECRET. Without the secret the
 *			connection ends: EKEYEXPIRED, alert internal_error
 *	HelloRequest	(TLS 1.2) nothing: it is answered with no_renegotiation
 *	ClientHello	(TLS 1.2) EPROTO, alert handshake_failure
 *	anything else	EPROTO: a message or record type that has no place there, an
 *			empty record of it, a message that other records
 *			interrupt (alert unexpected_message), one of a length that
 *			it cannot have (decode_error), with a value that it
 *			cannot have (illegal_parameter)
 *	a flood		EPROTO: of all these 32 are taken at a time, and one more for
 *			each 4 records of data, and for each second (alert
 *			unexpected_message)
 *
 * An error ends the connection, in both directions; every further read has it as
 * well, once what was opened before is delivered. KSEAL_INFO tells the reason.
 *
 * A record is looked into when somebody reads, and, when all data before it has been
 * taken, when somebody writes, or polls a blocking socket: then poll reports what can be
 * read, not what has to be waited for. A record of more than 4096 bytes is left
 * alone by who writes, unless he has to wait.
 *
 * shutdown(SHUT_WR), shutdown(SHUT_RDWR) and close() send a close_notify behind
 * the last data, once; close() does not when a signal has killed the process
 * (what it was to send may not be all there), nor with SO_LINGER and no time.
 *
 * Before a key has sealed as many records as RFC 8446 5.5 allows (2^24.5 with
 * GCM; RFC 9147 4.5.3 has 2^23 for CCM; ChaCha20-Poly1305 has no such limit), or as
 * @tx_records says, the kernel sends a KeyUpdate and the sending key moves on.
 * Where it cannot, in TLS 1.2 or without KSEAL_TX_SECRET, the connection ends:
 * EKEYEXPIRED, alert internal_error.
 *
 * sendmsg() takes no other type than application data then:
 *
 *	EOPNOTSUPP	another in TLS_SET_RECORD_TYPE
 *
 * setsockopt() fails with
 *
 *	EINVAL		another size, a flag not known, both roles, @tx_records 1 or more than
 *			the suite's limit, @reserved not 0
 *	EFAULT		the structure cannot be read
 *	EBUSY		a record that is not application data was opened already, by who
 *			read or looked, and is not taken; or one part of a message
 */
#define KSEAL_CONTROL		0x4b10

/** Flags of struct kseal_control: the mode is on. */
#define KSEAL_CONTROL_ON		0x1
/** A FIN without close_notify is the end, not an error; in a record it is one. */
#define KSEAL_CONTROL_TRUNCATION	0x2
/** This end was the handshake's client: it takes no ClientHello. */
#define KSEAL_CONTROL_CLIENT		0x4
/** This end was the server: it takes no NewSessionTicket, no HelloRequest. */
#define KSEAL_CONTROL_SERVER		0x8

/**
 * struct kseal_control - who takes what is not application data
 * @flags: KSEAL_CONTROL_*; without ON the others mean nothing
 * @reserved: 0
 * @tx_records: records one key may seal, the KeyUpdate or alert that ends it
 *	included; at least 2; 0 the suite's limit
 */
struct kseal_control {
	__u32	flags;
	__u32	reserved;
	__aligned_u64 tx_records;
};

/**
 * Options of level SOL_TLS, for setsockopt(): struct kseal_secret, the TLS 1.3
 * traffic secret that the key of that direction was made from. The kernel makes the
 * next key from it (RFC 8446 7.2) when there is a KeyUpdate in kernel-control
 * mode. A key given with TLS_TX or TLS_RX takes its secret with it. There is no
 * getsockopt().
 *
 *	EINVAL		another size, hash not known, length not that of the hash, or
 *			the cipher is not the one installed
 *	EFAULT		the structure cannot be read
 *	ENOTCONN	there is no key in that direction, or no more
 *	EOPNOTSUPP	the key is one of TLS 1.2, which has no KeyUpdate
 *	EKEYREJECTED	the installed key does not come from this secret
 *	ENOENT		the kernel has no such HMAC
 *	ENOMEM		out of memory
 */
#define KSEAL_TX_SECRET		0x4b11
#define KSEAL_RX_SECRET		0x4b12

/** Hashes of struct kseal_secret: that of the cipher suite. */
#define KSEAL_HASH_SHA256	1
#define KSEAL_HASH_SHA384	2
#define KSEAL_HASH_SM3		3

/** Bytes of the longest secret. */
#define KSEAL_SECRET_SIZE	48

/**
 * struct kseal_secret - application_traffic_secret_N of one direction
 * @cipher: TLS_CIPHER_* of <linux/tls.h>
 * @hash: KSEAL_HASH_*
 * @len: bytes of @secret: 32 for SHA-256 and SM3, 48 for SHA-384
 * @secret: the secret
 */
struct kseal_secret {
	__u16	cipher;
	__u8	hash;
	__u8	len;
	__u8	secret[KSEAL_SECRET_SIZE];
};

/**
 * getsockopt(SOL_TLS, KSEAL_TICKET_QUEUE): int, a file descriptor of a new ticket
 * queue. NewSessionTicket messages (RFC 8446 4.6.1) go there from any number of
 * sockets in kernel-control mode, for who did their handshakes and wants to resume
 * them; the sockets' programs see nothing of it. The socket asked is not tied to
 * it: that is KSEAL_TICKETS, below. The descriptor is closed on exec.
 *
 *	EINVAL		the length is less than an int's
 *	EFAULT		it cannot be written; nothing is left open
 *	EMFILE, ENFILE	too many descriptors, or files, are open
 *	ENOMEM		out of memory
 *
 * One read(2) of it takes one struct kseal_ticket and the @len bytes behind it, no
 * less and no more. It waits while there is none.
 *
 *	EMSGSIZE	the buffer is too small for it; it stays
 *	EFAULT		likewise, the buffer cannot be written
 *	EAGAIN		there is none, and O_NONBLOCK is set
 *	EINTR		a signal came first
 *
 * poll reports EPOLLIN while there is one. There is no writing and no seeking.
 *
 * A queue holds up to KSEAL_TICKET_QUEUE_MAX bytes, as read(2) gives them, its ends
 * (@len 0) not counted. A ticket is dropped when the queue has no room for it, when
 * it is longer than KSEAL_TICKET_MESSAGE_MAX, and when memory is short; its socket
 * goes on as if nobody had asked for it. Sockets do not keep a queue open: with its
 * last descriptor it is gone, and what it holds.
 */
#define KSEAL_TICKET_QUEUE	0x4b13

/** Bytes of the longest ticket that is handed on, its header included. */
#define KSEAL_TICKET_MESSAGE_MAX	16384
/** Bytes that wait in a queue at most. */
#define KSEAL_TICKET_QUEUE_MAX	(256 * 1024)

/**
 * struct kseal_ticket - what a read of a ticket queue begins with
 * @cookie: of struct kseal_tickets: which socket it came by
 * @len: bytes that follow: the handshake message with its header of 4 bytes, as it
 *	came. 0: no more will come by that socket for this @cookie. That is said once
 *	for each time KSEAL_TICKETS tied one to the queue, also when memory is short
 * @reserved: 0
 */
struct kseal_ticket {
	__aligned_u64 cookie;
	__u32	len;
	__u32	reserved;
};

/**
 * setsockopt(SOL_TLS, KSEAL_TICKETS): struct kseal_tickets. The NewSessionTicket
 * messages that the socket takes in kernel-control mode from now on go to that
 * queue. It may be set before the mode is; it is of no use, and no error, for the
 * handshake's server and in TLS 1.2. There is no getsockopt().
 *
 * The tie ends, and the queue is told (@len 0 in struct kseal_ticket), when the
 * socket is closed, its connection is ended by an error or the peer's close_notify
 * is taken; when KSEAL_CONTROL is set without KSEAL_CONTROL_ON; and with the next
 * KSEAL_TICKETS, to whichever queue. A message that has come in part by then is
 * dropped.
 *
 *	EINVAL		another size, @reserved not 0, or the descriptor is not that of
 *			a ticket queue
 *	EFAULT		the structure cannot be read
 *	EBADF		there is no such descriptor
 *	ENOTCONN	receiving has ended: no ticket can come
 *	ENOMEM		out of memory
 *
 * After an error it is as it was.
 */
#define KSEAL_TICKETS		0x4b14

/**
 * struct kseal_tickets - who takes a socket's tickets
 * @queue: descriptor of KSEAL_TICKET_QUEUE; -1 nobody (any more)
 * @reserved: 0
 * @cookie: handed on with each ticket; means nothing to the kernel
 */
struct kseal_tickets {
	__s32	queue;
	__u32	reserved;
	__aligned_u64 cookie;
};

/**
 * enum kseal_end - why a connection has ended
 * @KSEAL_END_NONE: it has not, or cleanly
 * @KSEAL_END_ALERT: the peer sent a fatal alert
 * @KSEAL_END_TRUNCATED: the stream ended without a close_notify, or in a record; an
 *	RST, or another error of TCP, is such an end in kernel-control mode
 * @KSEAL_END_BAD_RECORD: a record failed authentication or had no type
 * @KSEAL_END_TOO_LONG: a record was longer than may be
 * @KSEAL_END_VERSION: a record was of another version
 * @KSEAL_END_UNEXPECTED: a record or message had no place where it came
 * @KSEAL_END_DECODE: a message was malformed
 * @KSEAL_END_PARAMETER: a message had a value that it cannot have
 * @KSEAL_END_FLOOD: too much that is no application data
 * @KSEAL_END_RENEGOTIATION: the peer began another handshake
 * @KSEAL_END_KEY_LIMIT: the key has sealed all that it may
 * @KSEAL_END_NO_SECRET: a KeyUpdate came, and there is no secret
 * @KSEAL_END_USED_UP: the sequence numbers are used up
 * @KSEAL_END_CIPHER: the cipher failed, or lacked memory for seconds
 * @KSEAL_END_PUSH: TCP took no more records, or lacked memory for seconds
 */
enum kseal_end {
	KSEAL_END_NONE,
	KSEAL_END_ALERT,
	KSEAL_END_TRUNCATED,
	KSEAL_END_BAD_RECORD,
	KSEAL_END_TOO_LONG,
	KSEAL_END_VERSION,
	KSEAL_END_UNEXPECTED,
	KSEAL_END_DECODE,
	KSEAL_END_PARAMETER,
	KSEAL_END_FLOOD,
	KSEAL_END_RENEGOTIATION,
	KSEAL_END_KEY_LIMIT,
	KSEAL_END_NO_SECRET,
	KSEAL_END_USED_UP,
	KSEAL_END_CIPHER,
	KSEAL_END_PUSH,
	/* how many there are, not a reason */
	KSEAL_END_COUNT
};

/** Bits of kseal_info.state: our close_notify has been sent. */
#define KSEAL_STATE_TX_CLOSED	0x1
/** The peer's has come. */
#define KSEAL_STATE_RX_CLOSED	0x2
/** The connection was ended for the reason in kseal_info.end. */
#define KSEAL_STATE_ENDED	0x4
/** Reading waits for a key: EKEYEXPIRED. */
#define KSEAL_STATE_RX_EXPIRED	0x8
/** There is a secret to make the next sending key, and receiving key, from. */
#define KSEAL_STATE_TX_SECRET	0x10
#define KSEAL_STATE_RX_SECRET	0x20

/** TLS_TX_MAX_PAYLOAD_LEN; <linux/tls.h> of older kernels lacks it. */
#define KSEAL_TX_MAX_PAYLOAD_LEN	5

/**
 * Attribute TLS_INFO_TX_MAX_PAYLOAD_LEN, likewise.
 *
 * A query of INET_DIAG_ULP_INFO (sock_diag(7), `ss -tie`) gives for a socket of
 * kseal INET_ULP_INFO_NAME, the name it asked for, and INET_ULP_INFO_TLS, with
 *
 *	TLS_INFO_VERSION	u16, 0x0303 or 0x0304; absent while there is no key
 *	TLS_INFO_CIPHER		u16, TLS_CIPHER_*; likewise
 *	TLS_INFO_TXCONF		u16, TLS_CONF_SW with a sending key, else
 *				TLS_CONF_BASE
 *	TLS_INFO_RXCONF		u16, likewise receiving
 *	TLS_INFO_ZC_RO_TX	flag, TLS_TX_ZEROCOPY_RO is set
 *	TLS_INFO_RX_NO_PAD	flag, TLS_RX_EXPECT_NO_PAD is set
 *	TLS_INFO_TX_MAX_PAYLOAD_LEN	u16, that option's value
 *
 * Until Linux 6.15 the kernel answers only those with CAP_NET_ADMIN.
 */
#define KSEAL_DIAG_TX_MAX_PAYLOAD_LEN	7

/** Bytes for a driver's name with its NUL: CRYPTO_MAX_ALG_NAME. */
#define KSEAL_DRIVER_SIZE	128

/**
 * struct kseal_info - counters and parameters of one socket
 * @tx_version: TLS version sealed (0x0303, 0x0304), 0 while there is no key
 * @tx_cipher: suite sealed with, TLS_CIPHER_* of <linux/tls.h>, 0 for none
 * @rx_version: TLS version opened, 0 while there is no key
 * @rx_cipher: suite opened with, 0 for none
 * @tx_records: records sealed and handed to TCP
 * @tx_bytes: plaintext bytes in them
 * @tx_splice_bytes: those of @tx_bytes that were read where they lay, in
 *	pages given by sendfile(2), splice(2) or vmsplice(2)
 * @rx_records: records opened; none that failed
 * @rx_bytes: plaintext bytes in them, delivered or waiting
 * @rx_direct_bytes: those of @rx_bytes decrypted straight into the reader's
 *	memory
 * @tx_driver: the crypto API's name for the implementation that seals
 *	(cra_driver_name), NUL-terminated, empty while there is no key
 * @rx_driver: likewise for the one that opens
 * @tx_pushes: batches of sealed records handed to TCP
 * @rx_direct_retries: records deciphered twice, as the first time, into the
 *	reader's memory, showed padding or another type
 * @rx_held: records moved out of a receive window that was too small for them
 * @tx_rekeys: sending keys after the first, installed or made by the kernel
 * @rx_rekeys: likewise, receiving
 * @rx_key_updates: KeyUpdate messages that arrived
 * @tx_max_payload: TLS_TX_MAX_PAYLOAD_LEN, bytes
 * @reserved: 0
 * @state: KSEAL_STATE_*
 * @control: KSEAL_CONTROL_*, flags of KSEAL_CONTROL as they were set
 * @end: enum kseal_end
 * @alert_in_level: level of the last alert that the kernel took, 1 warning, 2 fatal,
 *	0 there was none; those that the program reads do not count
 * @alert_in: its description (RFC 8446 6)
 * @alert_out_level: likewise, the last one that the kernel sent
 * @alert_out: its description
 * @reserved2: 0
 * @controls: records in kernel-control mode that were no application data
 * @tickets: NewSessionTicket messages taken
 * @warnings: warning alerts taken
 * @tx_key_updates: KeyUpdate messages that the kernel sent
 * @tx_key_records: records sealed under the sending key, by its sequence number
 * @tx_key_limit: how many of them there may be; 0 without limit
 * @rx_key_records: records opened under the receiving key, by its sequence number
 * @tickets_given: those of @tickets that went to a queue (KSEAL_TICKETS); the others
 *	were dropped
 * @reserved3: 0
 *
 * The generation of a key, counted from 0, is @tx_rekeys and @rx_rekeys.
 */
struct kseal_info {
	__u16	tx_version;
	__u16	tx_cipher;
	__u16	rx_version;
	__u16	rx_cipher;
	__aligned_u64 tx_records;
	__aligned_u64 tx_bytes;
	__aligned_u64 tx_splice_bytes;
	__aligned_u64 rx_records;
	__aligned_u64 rx_bytes;
	__aligned_u64 rx_direct_bytes;
	char	tx_driver[KSEAL_DRIVER_SIZE];
	char	rx_driver[KSEAL_DRIVER_SIZE];
	__aligned_u64 tx_pushes;
	__aligned_u64 rx_direct_retries;
	__aligned_u64 rx_held;
	__u32	tx_rekeys;
	__u32	rx_rekeys;
	__u32	rx_key_updates;
	__u16	tx_max_payload;
	__u16	reserved;
	__u32	state;
	__u32	control;
	__u16	end;
	__u8	alert_in_level;
	__u8	alert_in;
	__u8	alert_out_level;
	__u8	alert_out;
	__u16	reserved2;
	__u32	controls;
	__u32	tickets;
	__u32	warnings;
	__u32	tx_key_updates;
	__aligned_u64 tx_key_records;
	__aligned_u64 tx_key_limit;
	__aligned_u64 rx_key_records;
	__u32	tickets_given;
	__u32	reserved3;
};

#endif /* _UAPI_LINUX_KSEAL_H */
