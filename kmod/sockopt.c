// SPDX-License-Identifier: GPL-2.0
/* Socket options: copy in, check, hand on. */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/sockptr.h>
#include <linux/uaccess.h>
#include <net/tcp.h>

#include "kseal.h"

/* Copy a key structure in and find its suite. */
static int kseal_copy_info(sockptr_t optval, unsigned int optlen, u8 *info,
			   const struct kseal_suite **suite)
{
	struct tls_crypto_info head;

	if (sockptr_is_null(optval) || optlen < sizeof(head))
		return -EINVAL;
	if (copy_from_sockptr(&head, optval, sizeof(head)))
		return -EFAULT;
	*suite = kseal_suite_find(head.cipher_type);
	if (!*suite || !kseal_suite_speaks(*suite, head.version) ||
	    optlen != (*suite)->info_size)
		return -EINVAL;
	if (copy_from_sockptr_offset(info + sizeof(head), optval, sizeof(head),
				     optlen - sizeof(head)))
		return -EFAULT;
	/* the head that was checked, not what may stand there by now */
	memcpy(info, &head, sizeof(head));
	return 0;
}

/* Version and suite of a connection are those of its first key. They are looked
 * at without the lock; a rekey does not change them. NULL without a key.
 */
static const struct kseal_record *first_record(struct kseal_sock *ks)
{
	const struct kseal_tx *tx = smp_load_acquire(&ks->tx);
	const struct kseal_rx *rx = smp_load_acquire(&ks->rx);

	if (tx)
		return &tx->key.record;
	return rx ? &rx->key.record : NULL;
}

static int kseal_key_init(struct kseal_sock *ks, struct kseal_key *key, sockptr_t optval,
			  unsigned int optlen)
{
	const struct tls_crypto_info *head = (const void *)key->info;
	const struct kseal_record *first = first_record(ks);
	const struct kseal_suite *suite;
	int err;

	BUILD_BUG_ON(offsetof(struct kseal_key, info) % __alignof__(*head));
	err = kseal_copy_info(optval, optlen, key->info, &suite);
	if (err)
		return err;
	/* as in-tree TLS: what does not fit is EINVAL, even if there is no such
	 * algorithm; looked at once more under the lock
	 */
	if (first && (first->version != head->version || first->suite != suite))
		return -EINVAL;
	kseal_record_init(&key->record, suite, head->version, key->info);
	return kseal_aead_init(&key->aead, suite, key->info + suite->key_offset);
}

static void kseal_key_free(struct kseal_key *key)
{
	kseal_key_wipe(key);
	kfree(key);
}

static struct kseal_key *kseal_key_alloc(struct kseal_sock *ks, sockptr_t optval,
					 unsigned int optlen)
{
	struct kseal_key *key = kzalloc(sizeof(*key), GFP_KERNEL);
	int err;

	if (!key)
		return ERR_PTR(-ENOMEM);
	err = kseal_key_init(ks, key, optval, optlen);
	if (err) {
		kseal_key_free(key);
		return ERR_PTR(err);
	}
	return key;
}

/* Both directions of a connection speak the same version and suite. */
static bool kseal_keys_agree(const struct kseal_key *key, const struct kseal_key *other)
{
	return key->record.version == other->record.version &&
	       key->record.suite == other->record.suite;
}

/* The first key of a direction, moved from on success. */
static int install_tx(struct sock *sk, struct kseal_sock *ks, struct kseal_key *key)
{
	struct kseal_tx *tx;

	if (ks->rx && !kseal_keys_agree(key, &ks->rx->key))
		return -EINVAL;
	tx = kseal_tx_alloc();
	if (!tx)
		return -ENOMEM;
	kseal_key_move(&tx->key, key);
	kseal_tx_set_turn(ks, tx);
	tx->small_left = ks->tx_sizing.bytes;
	kseal_count(sk, KSEAL_STAT_CURR_TX, 1);
	kseal_count(sk, KSEAL_STAT_TX_KEYS, 1);
	smp_store_release(&ks->tx, tx);
	return 0;
}

static int install_rx(struct sock *sk, struct kseal_sock *ks, struct kseal_key *key)
{
	struct kseal_rx *rx;

	if (ks->tx && !kseal_keys_agree(key, &ks->tx->key))
		return -EINVAL;
	rx = kseal_rx_alloc();
	if (!rx)
		return -ENOMEM;
	kseal_key_move(&rx->key, key);
	swap(rx->held, ks->rx_prefix);
	if (rx->held)
		kseal_rx_lower_mark(sk, rx);
	rx->seen = kseal_rx_head(sk, rx);
	kseal_count(sk, KSEAL_STAT_CURR_RX, 1);
	kseal_count(sk, KSEAL_STAT_RX_KEYS, 1);
	smp_store_release(&ks->rx, rx);
	/* Records that came before the key are waited for as well. */
	kseal_rx_call(sk, rx);
	return 0;
}

/* Keys of a direction are never taken out again, and keep their version. */
static bool is_final(const struct kseal_key *key)
{
	return key->record.version != TLS_1_3_VERSION;
}

static int kseal_set_tx(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct kseal_sock *ks = kseal_sk(sk);
	struct kseal_tx *tx = smp_load_acquire(&ks->tx);
	struct kseal_key *key;
	int err;

	key = tx && is_final(&tx->key) ? ERR_PTR(-EBUSY) :
					 kseal_key_alloc(ks, optval, optlen);
	if (IS_ERR(key)) {
		if (tx)
			kseal_count(sk, KSEAL_STAT_TX_REKEY_ERRORS, 1);
		return PTR_ERR(key);
	}
	lock_sock(sk);
	err = ks->tx ? kseal_rekey_tx(sk, ks->tx, key) : install_tx(sk, ks, key);
	release_sock(sk);
	kseal_key_free(key);
	return err;
}

static int kseal_set_rx(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct kseal_sock *ks = kseal_sk(sk);
	struct kseal_rx *rx = smp_load_acquire(&ks->rx);
	struct kseal_key *key;
	int err;

	key = rx && is_final(&rx->key) ? ERR_PTR(-EBUSY) :
					 kseal_key_alloc(ks, optval, optlen);
	if (IS_ERR(key)) {
		if (rx)
			kseal_count(sk, KSEAL_STAT_RX_REKEY_ERRORS, 1);
		return PTR_ERR(key);
	}
	lock_sock(sk);
	err = ks->rx ? kseal_rekey_rx(sk, ks->rx, key) : install_rx(sk, ks, key);
	release_sock(sk);
	kseal_key_free(key);
	return err;
}

/* 0 while no key is in. */
static u16 key_version(const struct kseal_sock *ks)
{
	if (ks->tx)
		return ks->tx->key.record.version;
	return ks->rx ? ks->rx->key.record.version : 0;
}

static int set_zerocopy_ro(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	unsigned int value;

	if (sockptr_is_null(optval) || optlen != sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(&value, optval, sizeof(value)))
		return -EFAULT;
	if (value > 1)
		return -EINVAL;
	WRITE_ONCE(kseal_sk(sk)->tx_zerocopy_ro, value);
	return 0;
}

static int set_expect_no_pad(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct kseal_sock *ks = kseal_sk(sk);
	u32 value;
	int ret;

	if (key_version(ks) != TLS_1_3_VERSION || sockptr_is_null(optval) ||
	    optlen < sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(&value, optval, sizeof(value)))
		return -EFAULT;
	if (value > 1)
		return -EINVAL;
	ret = check_zeroed_sockptr(optval, sizeof(value), optlen - sizeof(value));
	if (ret < 1)
		return ret ?: -EINVAL;
	if (!ks->rx)
		return -EINVAL;
	WRITE_ONCE(ks->rx_expect_no_pad, value);
	return 0;
}

/* RFC 8449 4: what a peer may ask for counts TLS 1.3's inner type as well. */
static int set_max_payload(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct kseal_sock *ks = kseal_sk(sk);
	u16 min = key_version(ks) == TLS_1_3_VERSION ? 63 : 64, value;

	if (ks->tx && kseal_tx_is_open(ks->tx))
		return -EBUSY;
	if (sockptr_is_null(optval) || optlen != sizeof(value))
		return -EINVAL;
	if (copy_from_sockptr(&value, optval, sizeof(value)))
		return -EFAULT;
	if (value < min || value > KSEAL_PLAINTEXT_MAX)
		return -EINVAL;
	WRITE_ONCE(ks->tx_max_payload, value);
	return 0;
}

static int set_record_sizing(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct kseal_sock *ks = kseal_sk(sk);
	struct kseal_record_sizing sizing;

	if (sockptr_is_null(optval) || optlen != sizeof(sizing))
		return -EINVAL;
	if (copy_from_sockptr(&sizing, optval, sizeof(sizing)))
		return -EFAULT;
	ks->tx_sizing = sizing;
	if (ks->tx)
		ks->tx->small_left = sizing.bytes;
	return 0;
}

static int kseal_get_key(struct sock *sk, struct kseal_key *key,
			 char __user *optval, int __user *optlen)
{
	u8 info[KSEAL_INFO_MAX];
	int len, err = 0;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < (int)sizeof(struct tls_crypto_info))
		return -EINVAL;
	if (!key->aead.tfm)
		return -EBUSY;
	if (len != sizeof(struct tls_crypto_info) && len != key->record.suite->info_size)
		return -EINVAL;
	memcpy(info, key->info, sizeof(info));
	kseal_record_export(&key->record, info);
	if (copy_to_user(optval, info, len))
		err = -EFAULT;
	memzero_explicit(info, sizeof(info));
	return err;
}

static int kseal_get_info(const struct kseal_sock *ks, char __user *optval,
			  int __user *optlen)
{
	struct kseal_info info = {};
	int len;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	len = min_t(int, len, sizeof(info));
	kseal_fill_info(ks, &info);
	if (copy_to_user(optval, &info, len) || put_user(len, optlen))
		return -EFAULT;
	return 0;
}

/* Give an option's value back; the length becomes its size. */
static int put_value(const void *value, int size, char __user *optval, int __user *optlen)
{
	if (put_user(size, optlen) || copy_to_user(optval, value, size))
		return -EFAULT;
	return 0;
}

static int get_zerocopy_ro(const struct kseal_sock *ks, char __user *optval,
			   int __user *optlen)
{
	unsigned int value = ks->tx_zerocopy_ro;
	int len;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len != sizeof(value))
		return -EINVAL;
	return put_value(&value, sizeof(value), optval, optlen);
}

static int get_expect_no_pad(const struct kseal_sock *ks, char __user *optval,
			     int __user *optlen)
{
	int value = ks->rx_expect_no_pad, len;

	if (get_user(len, optlen))
		return -EFAULT;
	if (key_version(ks) != TLS_1_3_VERSION || len < (int)sizeof(value) || !ks->rx)
		return -EINVAL;
	return put_value(&value, sizeof(value), optval, optlen);
}

static int get_max_payload(const struct kseal_sock *ks, char __user *optval,
			   int __user *optlen)
{
	u16 value = ks->tx_max_payload;
	int len;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < (int)sizeof(value))
		return -EINVAL;
	return put_value(&value, sizeof(value), optval, optlen);
}

static int get_record_sizing(const struct kseal_sock *ks, char __user *optval,
			     int __user *optlen)
{
	int len;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < (int)sizeof(ks->tx_sizing))
		return -EINVAL;
	return put_value(&ks->tx_sizing, sizeof(ks->tx_sizing), optval, optlen);
}

static int get_control(const struct kseal_sock *ks, char __user *optval, int __user *optlen)
{
	struct kseal_control control;
	int len;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < (int)sizeof(control))
		return -EINVAL;
	kseal_get_control(ks, &control);
	return put_value(&control, sizeof(control), optval, optlen);
}

static int kseal_get_locked(struct sock *sk, int name, char __user *optval,
			    int __user *optlen)
{
	struct kseal_sock *ks = kseal_sk(sk);

	switch (name) {
	case TLS_TX:
		return ks->tx ? kseal_get_key(sk, &ks->tx->key, optval, optlen) : -EBUSY;
	case TLS_RX:
		return ks->rx ? kseal_get_key(sk, &ks->rx->key, optval, optlen) : -EBUSY;
	case TLS_TX_ZEROCOPY_RO:
		return get_zerocopy_ro(ks, optval, optlen);
	case TLS_RX_EXPECT_NO_PAD:
		return get_expect_no_pad(ks, optval, optlen);
	case KSEAL_TX_MAX_PAYLOAD_LEN:
		return get_max_payload(ks, optval, optlen);
	case KSEAL_TX_RECORD_SIZING:
		return get_record_sizing(ks, optval, optlen);
	case KSEAL_CONTROL:
		return get_control(ks, optval, optlen);
	case KSEAL_INFO:
		return kseal_get_info(ks, optval, optlen);
	default:
		return -ENOPROTOOPT;
	}
}

static int set_tx_secret(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct kseal_tx *tx = kseal_sk(sk)->tx;

	return kseal_set_secret(tx ? &tx->key : NULL, tx ? &tx->schedule : NULL, optval,
				optlen);
}

static int set_rx_secret(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct kseal_rx *rx = kseal_sk(sk)->rx;

	return kseal_set_secret(rx ? &rx->key : NULL, rx ? &rx->schedule : NULL, optval,
				optlen);
}

static int kseal_set_locked(struct sock *sk, int name, sockptr_t optval,
			    unsigned int optlen)
{
	switch (name) {
	case TLS_TX_ZEROCOPY_RO:
		return set_zerocopy_ro(sk, optval, optlen);
	case TLS_RX_EXPECT_NO_PAD:
		return set_expect_no_pad(sk, optval, optlen);
	case KSEAL_TX_MAX_PAYLOAD_LEN:
		return set_max_payload(sk, optval, optlen);
	case KSEAL_TX_RECORD_SIZING:
		return set_record_sizing(sk, optval, optlen);
	case KSEAL_CONTROL:
		return kseal_set_control(sk, optval, optlen);
	case KSEAL_TX_SECRET:
		return set_tx_secret(sk, optval, optlen);
	case KSEAL_RX_SECRET:
		return set_rx_secret(sk, optval, optlen);
	case KSEAL_TICKETS:
		return kseal_set_tickets(sk, optval, optlen);
	default:
		return -ENOPROTOOPT;
	}
}

/**
 * kseal_setsockopt() - proto.setsockopt: ours at level SOL_TLS, TCP's else
 * @sk: socket
 * @level: of the option
 * @name: of the option
 * @optval: its value
 * @optlen: bytes of that
 *
 * Return: as <linux/kseal.h> says; -ENOPROTOOPT for a name it does not list.
 */
int kseal_setsockopt(struct sock *sk, int level, int name, sockptr_t optval,
		     unsigned int optlen)
{
	int err;

	if (level != SOL_TLS)
		return kseal_sk(sk)->base->setsockopt(sk, level, name, optval, optlen);
	if (name == TLS_TX)
		return kseal_set_tx(sk, optval, optlen);
	if (name == TLS_RX)
		return kseal_set_rx(sk, optval, optlen);
	if (name == KSEAL_RX_PREFIX)
		return kseal_set_rx_prefix(sk, optval, optlen);
	lock_sock(sk);
	err = kseal_set_locked(sk, name, optval, optlen);
	release_sock(sk);
	return err;
}

/**
 * kseal_getsockopt() - proto.getsockopt: ours at level SOL_TLS, TCP's else
 * @sk: socket
 * @level: of the option
 * @name: of the option
 * @optval: room for its value
 * @optlen: bytes of that; set to what was filled
 *
 * TCP_ZEROCOPY_RECEIVE would map pages that are still encrypted.
 *
 * Return: as <linux/kseal.h> says; -ENOPROTOOPT for a name it does not list.
 */
int kseal_getsockopt(struct sock *sk, int level, int name,
		     char __user *optval, int __user *optlen)
{
	int err;

	if (level == SOL_TCP && name == TCP_ZEROCOPY_RECEIVE && kseal_sk(sk)->rx)
		return -EOPNOTSUPP;
	if (level != SOL_TLS)
		return kseal_sk(sk)->base->getsockopt(sk, level, name, optval, optlen);
	if (name == KSEAL_TICKET_QUEUE)
		return kseal_get_ticket_queue(optval, optlen);
	lock_sock(sk);
	err = kseal_get_locked(sk, name, optval, optlen);
	release_sock(sk);
	return err;
}
