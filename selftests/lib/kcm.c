// SPDX-License-Identifier: GPL-2.0
/* Messages cut out of a TCP stream in the kernel, by programs made here. */
#include "kcm.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <linux/bpf.h>
#include <linux/kcm.h>

enum { MESSAGE_MAX = 1 << 16 };

/* Loaded before the first test: that takes an emulated guest its time. */
static void __attribute__((constructor)) load_module(void)
{
	kt_close(&(int){ socket(AF_KCM, SOCK_DGRAM, KCMPROTO_CONNECTED) });
}

int kt_kcm(void)
{
	int fd = socket(AF_KCM, SOCK_DGRAM | SOCK_CLOEXEC, KCMPROTO_CONNECTED);

	if (fd < 0)
		return kt_errno("socket(AF_KCM), which kcm.ko makes");
	if (kt_timeout(fd, SO_RCVTIMEO, KT_WAIT_MS))
		kt_close(&fd);
	return fd;
}

int kt_kcm_clone(int kcm)
{
	struct kcm_clone info = { .fd = -1 };

	if (ioctl(kcm, SIOCKCMCLONE, &info))
		return kt_errno("ioctl(SIOCKCMCLONE)");
	if (kt_timeout(info.fd, SO_RCVTIMEO, KT_WAIT_MS))
		kt_close(&info.fd);
	return info.fd;
}

static int load(const struct bpf_insn *insns, size_t n)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)insns,
		.insn_cnt = n,
		.license = (uintptr_t)"GPL",
	};
	int fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	return fd < 0 ? kt_errno("bpf(BPF_PROG_LOAD)") : fd;
}

/* Without two bytes to read, the program ends with 0: KCM waits for more. */
static int load_header_reader(void)
{
	static const struct bpf_insn insns[] = {
		{ BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0 },
		{ BPF_LD | BPF_ABS | BPF_H, 0, 0, 0, 0 },
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};

	return load(insns, sizeof(insns) / sizeof(insns[0]));
}

static int load_constant(size_t len)
{
	const struct bpf_insn insns[] = {
		{ BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, len },
		{ BPF_JMP | BPF_EXIT, 0, 0, 0, 0 },
	};

	return load(insns, sizeof(insns) / sizeof(insns[0]));
}

int kt_kcm_attach(int kcm, int fd, size_t len)
{
	struct kcm_attach info = {
		.fd = fd,
		.bpf_fd = len ? load_constant(len) : load_header_reader(),
	};
	int ret;

	if (info.bpf_fd < 0)
		return -1;
	ret = ioctl(kcm, SIOCKCMATTACH, &info);
	if (ret)
		kt_errno("ioctl(SIOCKCMATTACH)");
	close(info.bpf_fd);
	return ret;
}

int kt_kcm_detach(int kcm, int fd)
{
	struct kcm_unattach info = { .fd = fd };

	return ioctl(kcm, SIOCKCMUNATTACH, &info) ? kt_errno("ioctl(SIOCKCMUNATTACH)") : 0;
}

void kt_message(uint8_t *message, size_t len, uint64_t position)
{
	message[0] = len >> 8;
	message[1] = len;
	kt_fill(message + KT_MESSAGE_HEADER, len - KT_MESSAGE_HEADER, position);
}

int kt_send_message(struct kt_link *link, size_t len, size_t size, uint64_t position)
{
	static uint8_t message[MESSAGE_MAX];
	size_t n;

	kt_message(message, len, position);
	for (size_t done = 0; done < len; done += n) {
		n = len - done < size ? len - done : size;
		if (kt_send_record(link, KT_DATA, message + done, n))
			return -1;
	}
	return 0;
}

/* One message of that length, into the buffer returned; NULL. */
static uint8_t *recv_message(int kcm, size_t len)
{
	static __thread uint8_t got[MESSAGE_MAX + 1];
	ssize_t n = recv(kcm, got, sizeof(got), 0);

	if (n == (ssize_t)len)
		return got;
	if (n < 0)
		kt_errno("recv from KCM");
	else
		kt_say("a message of %zd bytes, want %zu", n, len);
	return NULL;
}

int kt_expect_message(int kcm, size_t len, uint64_t position)
{
	const uint8_t *got = recv_message(kcm, len);

	if (!got)
		return -1;
	if (got[0] != (uint8_t)(len >> 8) || got[1] != (uint8_t)len) {
		kt_say("a message that begins with %#x %#x", got[0], got[1]);
		return -1;
	}
	return kt_check(got + KT_MESSAGE_HEADER, len - KT_MESSAGE_HEADER, position);
}

int kt_expect_piece(int kcm, size_t len, uint64_t position)
{
	const uint8_t *got = recv_message(kcm, len);

	return got ? kt_check(got, len, position) : -1;
}

int kt_expect_no_message(int kcm)
{
	uint8_t byte;
	ssize_t n = recv(kcm, &byte, 1, MSG_DONTWAIT | MSG_PEEK);

	if (n < 0 && errno == EAGAIN)
		return 0;
	kt_say("recv from KCM: %zd, want EAGAIN", n);
	return -1;
}
