/* Accounts as the two halves of the allocator hooks share them: memory.c charges, account.c opens and closes. */
#ifndef BHRT_ACCOUNT_H
#define BHRT_ACCOUNT_H

#include "CPluginRuntime.h"

#include <errno.h>

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) || \
    __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer) || !defined(__GLIBC__) || !defined(__LP64__)
#define HOOKS 0
#else
#define HOOKS 1
#endif

#if HOOKS

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

enum { ACCOUNTS = 1 << 16 };

/* One line for the run's thread, one for all others. */
struct bhrt_account {
  /* Written by the run's own thread alone. */
  uint64_t allocations, allocated_bytes, peak_bytes;
  int64_t live_bytes, live_blocks;
  uint64_t reserved[3];
  /* Written by all others: threads that the plug-in started, and whoever frees a block of the job. */
  uint64_t other_allocations, other_allocated_bytes, other_peak_bytes;
  int64_t other_live_bytes, other_live_blocks;
  /* The number of allocations until one is refused; 0: none is. */
  uint64_t until_refusal;
  uint32_t generation; /* 0: not in use */
  uint32_t slot;
  uint32_t last_generation; /* a late free of an ended job finds another one */
  uint32_t reserved_too;
};

extern struct bhrt_account *bhrt_accounts;

/* What the calling thread is to the account that it is charged to. */
extern __thread struct bhrt_role {
  uint32_t generation;
  int is_owner;
} bhrt_role __attribute__((tls_model("initial-exec")));

#define GET(word) __atomic_load_n(&(word), __ATOMIC_RELAXED)
#define OWN_ADD(word, value) __atomic_store_n(&(word), GET(word) + (value), __ATOMIC_RELAXED)
#define ADD(word, value) __atomic_add_fetch(&(word), (value), __ATOMIC_RELAXED)

static inline void charge_as_other(struct bhrt_account *account, uint64_t bytes) {
  ADD(account->other_allocations, 1);
  ADD(account->other_allocated_bytes, bytes);
  ADD(account->other_live_blocks, 1);
  int64_t live = ADD(account->other_live_bytes, (int64_t)bytes) + GET(account->live_bytes);
  uint64_t peak = GET(account->other_peak_bytes);
  while (live > (int64_t)peak && !__atomic_compare_exchange_n(&account->other_peak_bytes, &peak, (uint64_t)live, 1,
                                                              __ATOMIC_RELAXED, __ATOMIC_RELAXED)) continue;
}

static inline void charge(struct bhrt_account *account, uint64_t bytes) {
  if (!bhrt_role.is_owner) return charge_as_other(account, bytes);
  OWN_ADD(account->allocations, 1);
  OWN_ADD(account->allocated_bytes, bytes);
  OWN_ADD(account->live_blocks, 1);
  OWN_ADD(account->live_bytes, (int64_t)bytes);
  int64_t live = GET(account->live_bytes) + GET(account->other_live_bytes);
  if (live > (int64_t)GET(account->peak_bytes)) __atomic_store_n(&account->peak_bytes, (uint64_t)live, __ATOMIC_RELAXED);
}

static inline void discharge(struct bhrt_account *account, uint64_t bytes) {
  if (account == bhrt_charged && bhrt_role.is_owner) {
    OWN_ADD(account->live_bytes, -(int64_t)bytes);
    OWN_ADD(account->live_blocks, -1);
  } else {
    ADD(account->other_live_bytes, -(int64_t)bytes);
    ADD(account->other_live_blocks, -1);
  }
}

/* The account that an allocation of the calling thread goes to; NULL: nobody's. */
static inline struct bhrt_account *payer(void) {
  struct bhrt_account *account = bhrt_charged;
  if (account == NULL) return NULL;
  /* A thread that the plug-in started may outlive its job. */
  if (UNLIKELY(GET(account->generation) != bhrt_role.generation)) return bhrt_charged = NULL;
  return account;
}

/* Keeps what was refused and who asked. */
void bhrt_note_refusal(struct bhrt_account *account, uint64_t bytes);

static inline int is_refused(struct bhrt_account *account, uint64_t bytes) {
  if (LIKELY(account == NULL || GET(account->until_refusal) == 0)) return 0;
  if (ADD(account->until_refusal, -1) != 0) return 0;
  bhrt_note_refusal(account, bytes);
  errno = ENOMEM;
  return 1;
}

/* glibc's own, which all is built on. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

#define EXPORTED __attribute__((visibility("default")))

#endif
#endif
