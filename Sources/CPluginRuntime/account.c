/* The accounts of jobs, and who works for them: the thread of the run and those that it starts. */
#define _GNU_SOURCE
#include "account.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <stddef.h>

__thread bhrt_account *bhrt_charged __attribute__((tls_model("initial-exec")));

#if HOOKS

struct bhrt_account *bhrt_accounts;
__thread struct bhrt_role bhrt_role __attribute__((tls_model("initial-exec")));

/* A slot waits while so many others are free before it is used again. */
enum { QUARANTINE = 4096 };

static struct {
  pthread_mutex_t lock;
  uint16_t ring[ACCOUNTS];
  uint32_t head, count, fresh;
} slots = {.lock = PTHREAD_MUTEX_INITIALIZER, .fresh = 1};

/* 0: there is none. */
static uint32_t take_slot(void) {
  uint32_t slot = 0;
  pthread_mutex_lock(&slots.lock);
  if (slots.fresh < ACCOUNTS && slots.count <= QUARANTINE) {
    slot = slots.fresh++;
  } else if (slots.count > 0) {
    slot = slots.ring[slots.head];
    slots.head = (slots.head + 1) % ACCOUNTS;
    slots.count--;
  }
  pthread_mutex_unlock(&slots.lock);
  return slot;
}

bhrt_account *bhrt_memory_open(uint64_t refused) {
  if (!bhrt_memory_start()) return NULL;
  uint32_t slot = take_slot();
  if (slot == 0) return NULL;
  struct bhrt_account *account = &bhrt_accounts[slot];
  /* The words of blocks keep 16 bits of it, and 0 is nobody's. */
  uint32_t generation = account->last_generation + 1;
  if ((uint16_t)generation == 0) generation++;
  *account = (struct bhrt_account){.until_refusal = refused, .slot = slot, .last_generation = generation};
  __atomic_store_n(&account->generation, generation, __ATOMIC_RELEASE);
  return account;
}

void bhrt_memory_close(bhrt_account *account) {
  __atomic_store_n(&account->generation, 0, __ATOMIC_RELEASE);
  pthread_mutex_lock(&slots.lock);
  slots.ring[(slots.head + slots.count) % ACCOUNTS] = (uint16_t)account->slot;
  slots.count++;
  pthread_mutex_unlock(&slots.lock);
}

void bhrt_memory_attach(bhrt_account *account) {
  bhrt_role.generation = account != NULL ? account->generation : 0;
  bhrt_role.is_owner = 1;
  bhrt_charged = account;
}

void bhrt_memory_read(const bhrt_account *account, bhrt_memory *memory_out) {
  int64_t bytes = GET(account->live_bytes) + GET(account->other_live_bytes);
  int64_t blocks = GET(account->live_blocks) + GET(account->other_live_blocks);
  uint64_t peak = GET(account->peak_bytes), other_peak = GET(account->other_peak_bytes);
  *memory_out = (bhrt_memory){
      .allocations = GET(account->allocations) + GET(account->other_allocations),
      .allocated_bytes = GET(account->allocated_bytes) + GET(account->other_allocated_bytes),
      .peak_bytes = peak > other_peak ? peak : other_peak,
      .live_bytes = bytes > 0 ? (uint64_t)bytes : 0,
      .live_blocks = blocks > 0 ? (uint64_t)blocks : 0,
  };
}

/* ------------------------------------------------------------------ the block that is refused */

enum { FRAMES = 48 };

/* The newest one of the process: only tests refuse any, one at a time. */
static struct {
  pthread_mutex_t lock;
  const bhrt_account *account;
  uint32_t generation;
  uint64_t bytes;
  int count;
  void *frames[FRAMES];
} refusal = {.lock = PTHREAD_MUTEX_INITIALIZER};

void bhrt_note_refusal(struct bhrt_account *account, uint64_t bytes) {
  bhrt_account *charged = bhrt_memory_suspend();
  pthread_mutex_lock(&refusal.lock);
  refusal.account = account;
  refusal.generation = account->generation;
  refusal.bytes = bytes;
  refusal.count = backtrace(refusal.frames, FRAMES);
  pthread_mutex_unlock(&refusal.lock);
  bhrt_memory_resume(charged);
}

int32_t bhrt_memory_refuses(bhrt_account *account, uint64_t bytes) { return is_refused(account, bytes); }

int32_t bhrt_memory_refused(const bhrt_account *account, uintptr_t module, uint64_t *bytes_out, bhrt_place *places_out,
                            int32_t capacity) {
  int32_t count = -1;
  pthread_mutex_lock(&refusal.lock);
  if (refusal.account == account && refusal.generation == account->generation) {
    *bytes_out = refusal.bytes;
    count = bhrt_find_places(refusal.frames, refusal.count, module, places_out, capacity);
  }
  pthread_mutex_unlock(&refusal.lock);
  return count;
}

/* ------------------------------------------------------------------ threads that a job starts */

typedef int (*create_fn)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

struct start {
  void *(*body)(void *);
  void *argument;
  struct bhrt_account *account;
  uint32_t generation;
};

static void *begin_thread(void *argument) {
  struct start start = *(struct start *)argument;
  __libc_free(argument);
  bhrt_charged = start.account;
  bhrt_role.generation = start.generation;
  return start.body(start.argument);
}

EXPORTED int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument) {
  static create_fn real;
  create_fn create = __atomic_load_n(&real, __ATOMIC_RELAXED);
  bhrt_account *account = bhrt_memory_suspend();
  if (create == NULL) {
    create = (create_fn)dlsym(RTLD_NEXT, "pthread_create");
    __atomic_store_n(&real, create, __ATOMIC_RELAXED);
  }
  struct start *start = account != NULL ? __libc_malloc(sizeof *start) : NULL;
  int code;
  if (start != NULL) {
    *start = (struct start){body, argument, account, bhrt_role.generation};
    code = create(thread, attributes, begin_thread, start);
    if (code != 0) __libc_free(start);
  } else {
    code = create(thread, attributes, body, argument);
  }
  bhrt_memory_resume(account);
  return code;
}

#else

bhrt_account *bhrt_memory_open(uint64_t refused) { return (void)refused, NULL; }
void bhrt_memory_close(bhrt_account *account) { (void)account; }
void bhrt_memory_attach(bhrt_account *account) { (void)account; }
int32_t bhrt_memory_refuses(bhrt_account *account, uint64_t bytes) { return (void)account, (void)bytes, 0; }
int32_t bhrt_memory_refused(const bhrt_account *account, uintptr_t module, uint64_t *bytes_out, bhrt_place *places_out,
                            int32_t capacity) {
  return (void)account, (void)module, (void)bytes_out, (void)places_out, (void)capacity, -1;
}
void bhrt_memory_read(const bhrt_account *account, bhrt_memory *memory_out) {
  (void)account;
  *memory_out = (bhrt_memory){0};
}

#endif
