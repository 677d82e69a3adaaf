// SPDX-License-Identifier: GPL-2.0
/* Socket options of kernel-control mode: KSEAL_CONTROL, and the traffic secrets. */
#include <linux/slab.h>
#include <linux/sockptr.h>
#include <linux/uaccess.h>
#include <net/tcp.h>

#include "kseal.h"

#define KSEAL_CONTROL_ROLES (KSEAL_CONTROL_CLIENT | KSEAL_CONTROL_SERVER)
#define KSEAL_CONTROL_FLAGS (KSEAL_CONTROL_ON | KSEAL_CONTROL_TRUNCATION | KSEAL_CONTROL_ROLES)

/* Keys may come later; their limit is then looked at when they do. */
static u64 record_limit(const struct kseal_sock *ks)
{
	return ks->tx ? ks->tx->key.record.suite->record_limit : KSEAL_SEQ_END;
}

static int check_control(const struct kseal_sock *ks, const struct kseal_control *control)
{
	if (control->flags & ~KSEAL_CONTROL_FLAGS || control->reserved)
		return -EINVAL;
	if ((control->flags & KSEAL_CONTROL_ROLES) == KSEAL_CONTROL_ROLES)
		return -EINVAL;
	if (control->tx_records == 1 || control->tx_records > record_limit(ks))
		return -EINVAL;
	return 0;
}

/* What the program should have read stays the program's. */
static bool has_control(const struct kseal_rx *rx)
{
	const struct kseal_plain *plain;

	list_for_each_entry(plain, &rx->plain, node)
		if (plain->type != KSEAL_APPLICATION_DATA)
			return true;
	return rx->key_expired || rx->handshake.have;
}

/**
 * kseal_set_control() - setsockopt(KSEAL_CONTROL)
 * @sk: socket, locked
 * @optval: struct kseal_control
 * @optlen: bytes of it
 *
 * Return: 0; as <linux/kseal.h> says.
 */
int kseal_set_control(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct kseal_sock *ks = kseal_sk(sk);
	struct kseal_control control;
	int err;

	if (sockptr_is_null(optval) || optlen != sizeof(control))
		return -EINVAL;
	if (copy_from_sockptr(&control, optval, sizeof(control)))
		return -EFAULT;
	err = check_control(ks, &control);
	if (err)
		return err;
	if (!ks->control && ks->rx && has_control(ks->rx))
		return -EBUSY;
	ks->tx_records = control.tx_records;
	WRITE_ONCE(ks->control, control.flags & KSEAL_CONTROL_ON ? control.flags : 0);
	if (!ks->control)
		kseal_untie(ks);
	if (ks->tx)
		kseal_tx_set_turn(ks, ks->tx);
	if (ks->rx) {
		if (!ks->control)
			WRITE_ONCE(ks->rx->unsettled, false);
		kseal_rx_look(sk, ks->rx, sk->sk_allocation);
	}
	return 0;
}

/**
 * kseal_get_control() - getsockopt(KSEAL_CONTROL)
 * @ks: the socket's, locked
 * @control: to fill
 */
void kseal_get_control(const struct kseal_sock *ks, struct kseal_control *control)
{
	memset(control, 0, sizeof(*control));
	control->flags = ks->control;
	control->tx_records = ks->tx_records;
}

/* Return: the secret in memory of its own, for kseal_schedule_free(); ERR_PTR(). */
static struct kseal_schedule *copy_secret(sockptr_t optval, unsigned int optlen, u16 *cipher)
{
	const struct kseal_hash *hash;
	struct kseal_secret secret;
	struct kseal_schedule *schedule = ERR_PTR(-EINVAL);

	if (sockptr_is_null(optval) || optlen != sizeof(secret))
		return ERR_PTR(-EINVAL);
	if (copy_from_sockptr(&secret, optval, sizeof(secret)))
		return ERR_PTR(-EFAULT);
	hash = kseal_hash_find(secret.hash);
	if (hash && secret.len == hash->size) {
		schedule = kzalloc(sizeof(*schedule), GFP_KERNEL);
		if (schedule) {
			schedule->hash = hash;
			memcpy(schedule->secret, secret.secret, hash->size);
			*cipher = secret.cipher;
		} else {
			schedule = ERR_PTR(-ENOMEM);
		}
	}
	memzero_explicit(&secret, sizeof(secret));
	return schedule;
}

static int check_secret(const struct kseal_schedule *schedule, const struct kseal_key *key,
			u16 cipher)
{
	if (!key || !key->aead.tfm)
		return -ENOTCONN;
	if (key->record.version != TLS_1_3_VERSION)
		return -EOPNOTSUPP;
	if (cipher != key->record.suite->cipher_type)
		return -EINVAL;
	return kseal_schedule_check(schedule, key);
}

/**
 * kseal_set_secret() - setsockopt(KSEAL_TX_SECRET) and KSEAL_RX_SECRET
 * @key: that of the direction, its socket locked; NULL there is none
 * @place: of the direction's secret; not used without @key
 * @optval: struct kseal_secret
 * @optlen: bytes of it
 *
 * Return: 0; as <linux/kseal.h> says.
 */
int kseal_set_secret(const struct kseal_key *key, struct kseal_schedule **place,
		     sockptr_t optval, unsigned int optlen)
{
	struct kseal_schedule *schedule;
	u16 cipher = 0;
	int err;

	schedule = copy_secret(optval, optlen, &cipher);
	if (IS_ERR(schedule))
		return PTR_ERR(schedule);
	err = check_secret(schedule, key, cipher);
	if (!err)
		swap(*place, schedule);
	kseal_schedule_free(&schedule);
	return err;
}
