// SPDX-License-Identifier: GPL-2.0
/* The system calls that are left to kseald once it works. A call is a row in a table. */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "log.h"
#include "sandbox.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA		0x53564d41
#endif

/* Names that this architecture or this libseccomp does not know are no rules. */
static const char *const allowed[] = {
	/* sockets */
	"accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt",
	"listen", "recvfrom", "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto",
	"setsockopt", "shutdown",
	/* descriptors */
	"close", "close_range", "dup", "dup2", "dup3", "eventfd2", "fcntl", "fcntl64", "lseek",
	"_llseek", "pipe2", "pread64", "read", "readv", "splice", "write", "writev",
	/* waiting */
	"clock_nanosleep", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2",
	"epoll_wait", "nanosleep", "poll", "ppoll", "pselect6", "select",
	/* files: configuration, certificates and keys anew; the socket's end */
	"access", "faccessat", "faccessat2", "fstat", "fstat64", "getcwd", "getdents64", "lstat",
	"lstat64", "newfstatat", "fstatat64", "open", "openat", "readlink", "readlinkat", "stat",
	"stat64", "statx", "unlink", "unlinkat",
	/* memory; mmap and mprotect below */
	"brk", "madvise", "mremap", "munmap",
	/* threads; clone below */
	"exit", "exit_group", "futex", "gettid", "membarrier", "rseq", "sched_getaffinity",
	"sched_yield", "set_robust_list", "set_tid_address",
	/* signals */
	"restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack",
	/* what is so */
	"clock_getres", "clock_gettime", "getegid", "geteuid", "getgid", "getgroups", "getpid",
	"getrandom", "getresgid", "getresuid", "getrlimit", "getrusage", "gettimeofday", "getuid",
	"setrlimit", "sysinfo", "time", "times", "ugetrlimit", "uname",
};

/** struct condition - @name is allowed where argument @arg, masked, is @value */
struct condition {
	const char *name;
	unsigned int arg;
	uint64_t mask;
	uint64_t value;
};

#define ALL	UINT64_MAX

/* Rows of one name are alternatives. */
static const struct condition conditions[] = {
	/* threads, no processes; clone3() has its flags in memory, which no filter sees,
	 * and glibc takes clone() where there is none
	 */
	{ "clone", 0, CLONE_THREAD, CLONE_THREAD },
	/* nothing that can be executed */
	{ "mmap", 2, PROT_EXEC, 0 },
	{ "mmap2", 2, PROT_EXEC, 0 },
	{ "mprotect", 2, PROT_EXEC, 0 },
	{ "socket", 0, ALL, AF_UNIX },
	{ "socket", 0, ALL, AF_INET },
	{ "socket", 0, ALL, AF_INET6 },
	{ "socketpair", 0, ALL, AF_UNIX },
	{ "ioctl", 1, UINT32_MAX, FIONBIO },
	{ "ioctl", 1, UINT32_MAX, FIOCLEX },
	{ "ioctl", 1, UINT32_MAX, FIONREAD },
	{ "ioctl", 1, UINT32_MAX, TCGETS },
	{ "prctl", 0, UINT32_MAX, PR_SET_NAME },
	{ "prctl", 0, UINT32_MAX, PR_SET_VMA },
	/* this process's */
	{ "prlimit64", 0, UINT32_MAX, 0 },
};

/* Whoever tries them is not kseald any more. */
static const char *const deadly[] = {
	"add_key", "bpf", "capset", "chroot", "delete_module", "execve", "execveat",
	"finit_module", "fork", "fsmount", "fsopen", "init_module", "ioperm", "iopl",
	"kexec_file_load", "kexec_load", "keyctl", "mount", "move_mount", "open_by_handle_at",
	"open_tree", "perf_event_open", "personality", "pidfd_getfd", "pivot_root",
	"process_vm_readv", "process_vm_writev", "ptrace", "quotactl", "reboot", "request_key",
	"setfsgid", "setfsuid", "setgid", "setgroups", "setns", "setregid", "setresgid",
	"setresuid", "setreuid", "setuid", "swapoff", "swapon", "umount2", "unshare",
	"userfaultfd", "vfork",
};

static int add(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned int count,
	       const struct scmp_arg_cmp *compare)
{
	const int number = seccomp_syscall_resolve_name(name);

	if (number < 0)
		return 0;
	return seccomp_rule_add_array(filter, action, number, count, compare);
}

static int add_conditions(scmp_filter_ctx filter)
{
	struct scmp_arg_cmp compare;
	int ret = 0;

	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]) && !ret; i++) {
		const struct condition *row = &conditions[i];

		compare = SCMP_CMP64(row->arg, SCMP_CMP_MASKED_EQ, row->mask, row->value);
		ret = add(filter, SCMP_ACT_ALLOW, row->name, 1, &compare);
	}
	/* abort() and raise() */
	compare = SCMP_CMP64(0, SCMP_CMP_EQ, (scmp_datum_t)getpid());
	return ret ? ret : add(filter, SCMP_ACT_ALLOW, "tgkill", 1, &compare);
}

static int add_all(scmp_filter_ctx filter)
{
	int ret = add_conditions(filter);

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]) && !ret; i++)
		ret = add(filter, SCMP_ACT_ALLOW, allowed[i], 0, NULL);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]) && !ret; i++)
		ret = add(filter, SCMP_ACT_KILL_PROCESS, deadly[i], 0, NULL);
	return ret;
}

int sandbox_enter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int ret = filter ? 0 : -ENOMEM;

	if (!ret)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (!ret)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!ret)
		ret = add_all(filter);
	if (!ret) {
		/* a kernel or library too old for them does without */
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
		ret = seccomp_load(filter);
	}
	if (ret)
		log_error("cannot filter system calls: %s; does this kernel have seccomp? "
			  "\"--sandbox no\" does without", strerror(-ret));
	if (filter)
		seccomp_release(filter);
	return ret;
}
