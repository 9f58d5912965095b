/* System calls that Swift's Glibc module does not show. */
#ifndef CPROCESS_SHIM_H
#define CPROCESS_SHIM_H

#include <errno.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
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

/** Names the calling thread: at most 15 bytes are kept. */
static inline void cprocess_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

/** Whether the file has an access list beyond its mode. */
static inline int cprocess_has_acl(const char *path) {
  return lgetxattr(path, "system.posix_acl_access", (void *)0, 0) > 0;
}

#endif
