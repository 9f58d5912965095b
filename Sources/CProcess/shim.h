/* System calls that Swift's Glibc module does not show. */
#ifndef CPROCESS_SHIM_H
#define CPROCESS_SHIM_H

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/** A descriptor that becomes readable when process `pid` ends; -1 with errno set. */
static inline int cprocess_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

/** Sends a signal through a pidfd: it can never reach another process with the same number. */
static inline int cprocess_pidfd_send_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, (void *)0, 0);
}

/** Names the calling thread: at most 15 bytes are kept. */
static inline void cprocess_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

#endif
