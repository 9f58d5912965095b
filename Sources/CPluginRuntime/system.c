#define _GNU_SOURCE
#include "CPluginRuntime.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The system headers of Debian 12 are older than the kernel feature. */
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

static int64_t read_clock(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t bhrt_now_ns(void) { return read_clock(CLOCK_MONOTONIC); }

int64_t bhrt_thread_cpu_ns(void) { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

int32_t bhrt_gettid(void) { return (int32_t)syscall(SYS_gettid); }

void bhrt_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

char bhrt_thread_state(int32_t tid) {
  char text[128];
  snprintf(text, sizeof text, "/proc/self/task/%d/stat", tid);
  int file = open(text, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0) return 0;
  text[count] = 0;
  /* "TID (NAME) STATE ...": a name may hold a parenthesis, the numbers behind it cannot. */
  const char *end = strrchr(text, ')');
  return end != NULL && end[1] == ' ' ? end[2] : 0;
}

static __thread void *thread_record;

void *bhrt_thread_record(void) { return thread_record; }

void bhrt_set_thread_record(void *record) { thread_record = record; }

int32_t bhrt_futex_wait_until(const uint32_t *word, uint32_t expected, int64_t deadline_ns) {
  struct timespec t = {deadline_ns / 1000000000, deadline_ns % 1000000000};
  /* WAIT_BITSET, because its limit is a point in time: nothing to compute again after a spurious wake-up. */
  long answer = syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
                        deadline_ns == BHRT_FOREVER ? NULL : &t, NULL, FUTEX_BITSET_MATCH_ANY);
  return answer == -1 && errno == ETIMEDOUT ? -ETIMEDOUT : 0;
}

void bhrt_futex_wake(const uint32_t *word, int32_t count) {
  syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count, NULL, NULL, 0);
}

int32_t bhrt_event_make(void) {
  int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

void bhrt_event_set(int32_t descriptor, int32_t readable) {
  eventfd_t count;
  /* Neither can fail in a way that matters: a full counter is readable, an empty one is not. */
  if (readable) (void)eventfd_write(descriptor, 1);
  else (void)eventfd_read(descriptor, &count);
}

int64_t bhrt_user_process_limit(void) {
  struct rlimit limit;
  /* Root is not bound by it. */
  if (geteuid() == 0 || getrlimit(RLIMIT_NPROC, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return -1;
  return (int64_t)limit.rlim_cur;
}

int32_t bhrt_install_guard(void *low, size_t bytes) {
  if (madvise(low, bytes, MADV_GUARD_INSTALL) == 0) return BHRT_GUARD_MADVISE;
  if (mprotect(low, bytes, PROT_NONE) == 0) return BHRT_GUARD_MPROTECT;
  return -errno;
}

void bhrt_trim_stack(void *low) {
  /* Two pages stay: this frame, and the frames of the calls below. */
  uintptr_t here = ((uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)4095) - 8192;
  if (here > (uintptr_t)low) madvise(low, here - (uintptr_t)low, MADV_DONTNEED);
}
