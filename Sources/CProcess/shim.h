/* System calls that Swift's Glibc module does not show. */
#ifndef CPROCESS_SHIM_H
#define CPROCESS_SHIM_H

#include <errno.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/** A descriptor that becomes readable when process `pid` ends; -1 with errno set. */
static inline int cprocess_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

/** Sends a signal through a pidfd: it can never reach another process with the same number. */
static inline int cprocess_pidfd_send_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, (void *)0, 0);
}

/* GNU's own: Swift's Glibc module is built without _GNU_SOURCE, so the headers do not declare them. */
#define CPROCESS_SPAWN_SETSID 0x80
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
int pipe2(int ends[2], int flags);

/** From now on no program that this process starts gains rights by its file. 0, or -1 with errno set. */
static inline int cprocess_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

/** Lowers both limits of a resource (RLIMIT_...) to `value` at most. 0, or -1 with errno set. */
static inline int cprocess_lower_limit(int resource, unsigned long value) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0) return -1;
  if (value < limit.rlim_max) limit.rlim_max = value;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(resource, &limit);
}

/** After a change of user the kernel takes this process for one with secrets: this ends that. 0, or -1. */
static inline int cprocess_allow_inspection(void) { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }

/** Sets close-on-exec on every descriptor from `first` on. 0, or -1 with errno set. */
static inline int cprocess_close_on_exec_from(unsigned first) {
  return (int)syscall(SYS_close_range, first, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */);
}

/** access(2) as that user and group, without other groups, asked by a child of its own: 0 or the errno. The child
 *  makes system calls only, so it may be forked from a process with threads. */
static inline int cprocess_access_as(unsigned uid, unsigned gid, const char *path, int mode) {
  pid_t child = fork();
  if (child < 0) return errno;
  if (child == 0) {
    if (syscall(SYS_setgroups, 0, (void *)0) != 0 || syscall(SYS_setgid, gid) != 0 || syscall(SYS_setuid, uid) != 0)
      _exit(errno);
    _exit(syscall(SYS_access, path, mode) == 0 ? 0 : errno);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return errno;
  return (status & 0x7f) == 0 ? (status >> 8) & 0xff : EIO;
}

/* Processes and threads of one user. */
#define CPROCESS_RLIMIT_NPROC 6

/** Names the calling thread: at most 15 bytes are kept. */
static inline void cprocess_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

/** Whether the file has an access list beyond its mode. */
static inline int cprocess_has_acl(const char *path) {
  return lgetxattr(path, "system.posix_acl_access", (void *)0, 0) > 0;
}

#endif
