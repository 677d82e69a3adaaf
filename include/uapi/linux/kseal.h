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
 * with info one of struct tls12_crypto_info_aes_gcm_128 and _256 for TLS 1.2
 * (RFC 5246, RFC 5288) and TLS 1.3 (RFC 8446). For both versions rec_seq is
 * the sequence number of the next record in network order (RFC 5246 6.1,
 * RFC 8446 5.3) and salt the first 4 bytes of the nonce; iv is the next
 * record's explicit nonce for TLS 1.2 (RFC 5288 3), the other 8 bytes of the
 * static iv for TLS 1.3 (RFC 8446 5.3).
 *
 *	EINVAL		size, version or cipher suite not known, or the other
 *			direction speaks another version or suite
 *	EFAULT		info cannot be read
 *	EBUSY		the direction has its key already
 *	ENOENT		the kernel has no such AEAD algorithm
 *	ENOMEM		out of memory
 *
 * After an error the socket is as it was. getsockopt() with the same names
 * returns the structure with iv and rec_seq of the next record:
 *
 *	EBUSY		no key is installed in that direction, or no more: the
 *			connection was ended by an error
 *	EINVAL		the length is neither that of the suite's structure nor of
 *			struct tls_crypto_info
 *	EBADMSG		the last sequence number is used, there is no next record
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
};

#endif /* _UAPI_LINUX_KSEAL_H */
