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
 * @tx_rekeys: sending keys installed after the first
 * @rx_rekeys: receiving keys installed after the first
 * @rx_key_updates: KeyUpdate messages that arrived
 * @tx_max_payload: TLS_TX_MAX_PAYLOAD_LEN, bytes
 * @reserved: 0
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
};

#endif /* _UAPI_LINUX_KSEAL_H */
