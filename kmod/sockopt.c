// SPDX-License-Identifier: GPL-2.0
/* Socket options: copy in, check, hand on. */
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
	if (!kseal_version_known(head.version))
		return -EINVAL;
	*suite = kseal_suite_find(head.cipher_type);
	if (!*suite || optlen != (*suite)->info_size)
		return -EINVAL;
	if (copy_from_sockptr_offset(info + sizeof(head), optval, sizeof(head),
				     optlen - sizeof(head)))
		return -EFAULT;
	/* the head that was checked, not what may stand there by now */
	memcpy(info, &head, sizeof(head));
	return 0;
}

static int kseal_key_init(struct kseal_key *key, sockptr_t optval, unsigned int optlen)
{
	const struct tls_crypto_info *head = (const void *)key->info;
	const struct kseal_suite *suite;
	int err;

	BUILD_BUG_ON(offsetof(struct kseal_key, info) % __alignof__(*head));
	err = kseal_copy_info(optval, optlen, key->info, &suite);
	if (err)
		return err;
	kseal_record_init(&key->record, suite, head->version, key->info);
	return kseal_aead_init(&key->aead, suite, key->info + suite->key_offset);
}

/* Both directions of a connection speak the same version and suite. */
static bool kseal_keys_agree(const struct kseal_key *key, const struct kseal_key *other)
{
	return key->record.version == other->record.version &&
	       key->record.suite == other->record.suite;
}

static int kseal_install_tx(struct sock *sk, struct kseal_tx *tx)
{
	struct kseal_sock *ks = kseal_sk(sk);

	if (ks->tx)
		return -EBUSY;
	if (ks->rx && !kseal_keys_agree(&tx->key, &ks->rx->key))
		return -EINVAL;
	kseal_count(sk, KSEAL_STAT_CURR_TX, 1);
	kseal_count(sk, KSEAL_STAT_TX_KEYS, 1);
	smp_store_release(&ks->tx, tx);
	return 0;
}

static int kseal_set_tx(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct kseal_tx *tx = kseal_tx_alloc();
	int err;

	if (!tx)
		return -ENOMEM;
	err = kseal_key_init(&tx->key, optval, optlen);
	if (!err) {
		lock_sock(sk);
		err = kseal_install_tx(sk, tx);
		release_sock(sk);
	}
	if (err) {
		kseal_key_wipe(&tx->key);
		kfree(tx);
	}
	return err;
}

static int kseal_install_rx(struct sock *sk, struct kseal_rx *rx)
{
	struct kseal_sock *ks = kseal_sk(sk);

	if (ks->rx)
		return -EBUSY;
	if (ks->tx && !kseal_keys_agree(&rx->key, &ks->tx->key))
		return -EINVAL;
	kseal_count(sk, KSEAL_STAT_CURR_RX, 1);
	kseal_count(sk, KSEAL_STAT_RX_KEYS, 1);
	smp_store_release(&ks->rx, rx);
	/* Records that came before the key are waited for as well. */
	kseal_data_ready(sk);
	return 0;
}

static int kseal_set_rx(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct kseal_rx *rx = kseal_rx_alloc();
	int err;

	if (!rx)
		return -ENOMEM;
	err = kseal_key_init(&rx->key, optval, optlen);
	if (!err) {
		lock_sock(sk);
		err = kseal_install_rx(sk, rx);
		release_sock(sk);
	}
	if (err) {
		kseal_key_wipe(&rx->key);
		kfree(rx);
	}
	return err;
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
	/* there is no next record whose numbers one could install again */
	if (key->record.used_up)
		return -EBADMSG;
	memcpy(info, key->info, sizeof(info));
	kseal_record_export(&key->record, info);
	if (copy_to_user(optval, info, len))
		err = -EFAULT;
	memzero_explicit(info, sizeof(info));
	return err;
}

static void kseal_fill_info(const struct kseal_sock *ks, struct kseal_info *info)
{
	const struct kseal_tx *tx = ks->tx;
	const struct kseal_rx *rx = ks->rx;

	if (tx) {
		info->tx_version = tx->key.record.version;
		info->tx_cipher = tx->key.record.suite->cipher_type;
		info->tx_records = tx->stats.records;
		info->tx_bytes = tx->stats.bytes;
		info->tx_splice_bytes = tx->stats.splice_bytes;
		strscpy(info->tx_driver, kseal_aead_driver(&tx->key.aead),
			sizeof(info->tx_driver));
	}
	if (rx) {
		info->rx_version = rx->key.record.version;
		info->rx_cipher = rx->key.record.suite->cipher_type;
		info->rx_records = rx->stats.records;
		info->rx_bytes = rx->stats.bytes;
		info->rx_direct_bytes = rx->stats.direct_bytes;
		strscpy(info->rx_driver, kseal_aead_driver(&rx->key.aead),
			sizeof(info->rx_driver));
	}
}

static int kseal_get_info(const struct kseal_sock *ks, char __user *optval,
			  int __user *optlen)
{
	struct kseal_info info = {};
	int len;

	BUILD_BUG_ON(KSEAL_DRIVER_SIZE != CRYPTO_MAX_ALG_NAME);
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

static int kseal_get_locked(struct sock *sk, int name, char __user *optval,
			    int __user *optlen)
{
	struct kseal_sock *ks = kseal_sk(sk);

	switch (name) {
	case TLS_TX:
		return ks->tx ? kseal_get_key(sk, &ks->tx->key, optval, optlen) : -EBUSY;
	case TLS_RX:
		return ks->rx ? kseal_get_key(sk, &ks->rx->key, optval, optlen) : -EBUSY;
	case KSEAL_INFO:
		return kseal_get_info(ks, optval, optlen);
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
	if (level != SOL_TLS)
		return kseal_sk(sk)->base->setsockopt(sk, level, name, optval, optlen);
	switch (name) {
	case TLS_TX:
		return kseal_set_tx(sk, optval, optlen);
	case TLS_RX:
		return kseal_set_rx(sk, optval, optlen);
	default:
		return -ENOPROTOOPT;
	}
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
	lock_sock(sk);
	err = kseal_get_locked(sk, name, optval, optlen);
	release_sock(sk);
	return err;
}
