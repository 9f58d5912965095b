/* Counts what a job allocates: malloc and its kin, defined in the executable over glibc's own, so that everything
 * a plug-in and its libraries allocate comes by here. Off until bhrt_memory_start; until then each function is
 * one load and a jump into glibc.
 *
 * Once on, each block has a word behind what was asked for, at its usable end. It names the job that the block
 * belongs to, so that a free by anybody is known for whose block it is. The pointer is glibc's own: nothing is
 * displaced, and a block that is freed behind our back is freed all the same. A word whose check does not match is
 * none of ours: the block is older than the start, or was written past its end. */
#define _GNU_SOURCE
#include "CPluginRuntime.h"

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) || \
    __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer) || !defined(__GLIBC__) || !defined(__LP64__)
#define HOOKS 0
#else
#define HOOKS 1
#endif

__thread bhrt_account *bhrt_charged __attribute__((tls_model("initial-exec")));

#if HOOKS

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* ------------------------------------------------------------------ accounts */

enum { ACCOUNTS = 1 << 16, TAIL = sizeof(uint64_t), UNKNOWN_SLACK = 4095 };

/* A slot is used again only after all others: a late free of an ended job finds another generation there. */
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
  uint64_t reserved_too;
};

enum { OFF = 0, ON = 1, PROBING = 2 };
static int mode = OFF;
static uint64_t secret;
static struct bhrt_account *accounts;
static struct {
  pthread_mutex_t lock;
  uint16_t ring[ACCOUNTS];
  uint32_t head, count, fresh, generation;
} slots = {.lock = PTHREAD_MUTEX_INITIALIZER, .fresh = 1};

/* What the calling thread is to the account that it is charged to. */
static __thread struct {
  uint32_t generation;
  int is_owner;
} role __attribute__((tls_model("initial-exec")));
static __thread int probes __attribute__((tls_model("initial-exec")));

static int is_on(void) { return __atomic_load_n(&mode, __ATOMIC_RELAXED) != OFF; }

#define GET(word) __atomic_load_n(&(word), __ATOMIC_RELAXED)
#define OWN_ADD(word, value) __atomic_store_n(&(word), GET(word) + (value), __ATOMIC_RELAXED)
#define ADD(word, value) __atomic_add_fetch(&(word), (value), __ATOMIC_RELAXED)

static void charge_as_other(struct bhrt_account *account, uint64_t bytes) {
  ADD(account->other_allocations, 1);
  ADD(account->other_allocated_bytes, bytes);
  ADD(account->other_live_blocks, 1);
  int64_t live = ADD(account->other_live_bytes, (int64_t)bytes) + GET(account->live_bytes);
  uint64_t peak = GET(account->other_peak_bytes);
  while (live > (int64_t)peak && !__atomic_compare_exchange_n(&account->other_peak_bytes, &peak, (uint64_t)live, 1,
                                                              __ATOMIC_RELAXED, __ATOMIC_RELAXED)) continue;
}

static void charge(struct bhrt_account *account, uint64_t bytes) {
  if (!role.is_owner) return charge_as_other(account, bytes);
  OWN_ADD(account->allocations, 1);
  OWN_ADD(account->allocated_bytes, bytes);
  OWN_ADD(account->live_blocks, 1);
  OWN_ADD(account->live_bytes, (int64_t)bytes);
  int64_t live = GET(account->live_bytes) + GET(account->other_live_bytes);
  if (live > (int64_t)GET(account->peak_bytes)) __atomic_store_n(&account->peak_bytes, (uint64_t)live, __ATOMIC_RELAXED);
}

static void discharge(struct bhrt_account *account, uint64_t bytes) {
  if (account == bhrt_charged && role.is_owner) {
    OWN_ADD(account->live_bytes, -(int64_t)bytes);
    OWN_ADD(account->live_blocks, -1);
  } else {
    ADD(account->other_live_bytes, -(int64_t)bytes);
    ADD(account->other_live_blocks, -1);
  }
}

/* The account that an allocation of the calling thread goes to; NULL: nobody's. */
static struct bhrt_account *payer(void) {
  struct bhrt_account *account = bhrt_charged;
  if (account == NULL) return NULL;
  /* A thread that the plug-in started may outlive its job. */
  if (UNLIKELY(GET(account->generation) != role.generation)) return bhrt_charged = NULL;
  return account;
}

static int is_refused(struct bhrt_account *account) {
  if (LIKELY(account == NULL || GET(account->until_refusal) == 0)) return 0;
  if (ADD(account->until_refusal, -1) != 0) return 0;
  errno = ENOMEM;
  return 1;
}

/* ------------------------------------------------------------------ the word behind a block */

/* slot 16 | generation 16 | slack 12 | check 20 */
static uint64_t check_of(const void *block, uint64_t named) {
  uint64_t mixed = ((uintptr_t)block ^ secret ^ named) * 0x9E3779B97F4A7C15u;
  return (mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9u >> 44;
}

/* As glibc's malloc_usable_size, from the size in front of the block. Held to it at the start. */
static size_t usable(const void *block) {
  size_t head = ((const size_t *)block)[-1];
  return (head & ~(size_t)7) - ((head & 2) != 0 ? 16 : 8);
}

static uint64_t *tail(void *block, size_t usable_bytes) {
  return (uint64_t *)((char *)block + usable_bytes - TAIL);
}

/* Writes the word and charges the account. */
static void *mark(void *block, size_t size, struct bhrt_account *account) {
  size_t room = usable(block);
  size_t slack = room - TAIL - size;
  if (slack >= UNKNOWN_SLACK) slack = UNKNOWN_SLACK;
  uint64_t named = (uint64_t)slack << 20;
  if (account != NULL) {
    named |= (uint64_t)account->slot << 48 | (uint64_t)(uint16_t)account->generation << 32;
    charge(account, slack == UNKNOWN_SLACK ? room - TAIL : size);
  }
  *tail(block, room) = named | check_of(block, named);
  return block;
}

struct owned {
  int is_tailed;
  uint64_t bytes;
  struct bhrt_account *account; /* NULL: nobody's, or of a job that has ended */
};

static struct owned look(void *block) {
  size_t room = usable(block);
  struct owned owned = {0, 0, NULL};
  if (UNLIKELY(room < TAIL)) return owned;
  uint64_t word = *tail(block, room), named = word & ~(uint64_t)0xFFFFF;
  if ((word & 0xFFFFF) != check_of(block, named)) return owned;
  owned.is_tailed = 1;
  size_t slack = (size_t)(word >> 20 & 0xFFF);
  owned.bytes = room - TAIL - (slack == UNKNOWN_SLACK ? 0 : slack);
  struct bhrt_account *account = &accounts[word >> 48];
  if (word >> 48 != 0 && (uint16_t)GET(account->generation) == (uint16_t)(word >> 32)) owned.account = account;
  return owned;
}

/* ------------------------------------------------------------------ blocks */

static void *refuse(void) {
  errno = ENOMEM;
  return NULL;
}

/* While the start looks whether calls come by here at all. */
static int is_probing(void) {
  if (LIKELY(__atomic_load_n(&mode, __ATOMIC_RELAXED) == ON)) return 0;
  probes++;
  return 1;
}

static void *new_block(size_t size, size_t alignment, int is_zeroed) {
  if (UNLIKELY(is_probing())) return is_zeroed ? __libc_calloc(1, size) : __libc_malloc(size);
  struct bhrt_account *account = payer();
  if (UNLIKELY(is_refused(account))) return NULL;
  if (UNLIKELY(size > (size_t)PTRDIFF_MAX - 64)) return refuse();
  void *block = alignment != 0 ? __libc_memalign(alignment, size + TAIL)
                : is_zeroed    ? __libc_calloc(1, size + TAIL)
                               : __libc_malloc(size + TAIL);
  return LIKELY(block != NULL) ? mark(block, size, account) : NULL;
}

static void *change_block(void *block, size_t size) {
  if (UNLIKELY(is_probing())) return __libc_realloc(block, size);
  struct bhrt_account *account = payer();
  if (UNLIKELY(is_refused(account))) return NULL;
  if (UNLIKELY(size > (size_t)PTRDIFF_MAX - 64)) return refuse();
  struct owned old = look(block);
  void *moved = __libc_realloc(block, size + TAIL);
  if (UNLIKELY(moved == NULL)) return NULL;
  if (old.account != NULL) discharge(old.account, old.bytes);
  return mark(moved, size, account);
}

static void end_block(void *block) {
  if (LIKELY(__atomic_load_n(&mode, __ATOMIC_RELAXED) == ON)) {
    struct owned old = look(block);
    if (old.account != NULL) discharge(old.account, old.bytes);
    /* The next block here may be one that we do not see being made. */
    if (old.is_tailed) *tail(block, usable(block)) = 0;
  }
  __libc_free(block);
}

/* ------------------------------------------------------------------ what replaces the C library's */

#define EXPORTED __attribute__((visibility("default")))

EXPORTED void *malloc(size_t size) { return LIKELY(!is_on()) ? __libc_malloc(size) : new_block(size, 0, 0); }

EXPORTED void *calloc(size_t count, size_t size) {
  size_t bytes;
  if (LIKELY(!is_on())) return __libc_calloc(count, size);
  return __builtin_mul_overflow(count, size, &bytes) ? refuse() : new_block(bytes, 0, 1);
}

EXPORTED void *realloc(void *block, size_t size) {
  if (LIKELY(!is_on())) return __libc_realloc(block, size);
  if (block == NULL) return new_block(size, 0, 0);
  if (size != 0) return change_block(block, size);
  end_block(block);
  return NULL;
}

EXPORTED void *reallocarray(void *block, size_t count, size_t size) {
  size_t bytes;
  return __builtin_mul_overflow(count, size, &bytes) ? refuse() : realloc(block, bytes);
}

EXPORTED void free(void *block) {
  if (LIKELY(!is_on())) __libc_free(block);
  else if (block != NULL) end_block(block);
}

EXPORTED void *memalign(size_t alignment, size_t size) {
  if (LIKELY(!is_on())) return __libc_memalign(alignment, size);
  return new_block(size, alignment < 16 ? 16 : alignment, 0);
}

EXPORTED void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

EXPORTED int posix_memalign(void **block_out, size_t alignment, size_t size) {
  if (alignment == 0 || alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  int before = errno;
  void *block = memalign(alignment, size);
  errno = before;
  if (block == NULL) return ENOMEM;
  *block_out = block;
  return 0;
}

EXPORTED void *valloc(size_t size) { return memalign(4096, size); }

EXPORTED void *pvalloc(size_t size) {
  return size > (size_t)PTRDIFF_MAX - 8192 ? refuse() : memalign(4096, (size + 4095) & ~(size_t)4095);
}

EXPORTED size_t malloc_usable_size(void *block) {
  if (block == NULL) return 0;
  size_t room = usable(block);
  return is_on() && look(block).is_tailed ? room - TAIL : room;
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
  role.generation = start.generation;
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
    *start = (struct start){body, argument, account, role.generation};
    code = create(thread, attributes, begin_thread, start);
    if (code != 0) __libc_free(start);
  } else {
    code = create(thread, attributes, body, argument);
  }
  bhrt_memory_resume(account);
  return code;
}

/* ------------------------------------------------------------------ start */

static void *module_of(const void *address) {
  Dl_info info;
  return dladdr(address, &info) != 0 ? info.dli_fbase : NULL;
}

static int is_glibc_below(void) {
  void *next = dlsym(RTLD_NEXT, "malloc");
  return next != NULL && dlsym(RTLD_DEFAULT, "malloc") == (void *)malloc &&
         module_of(next) == module_of((void *)__libc_malloc);
}

/* Whether a call from anywhere comes by here: valgrind, for one, leads it elsewhere without a trace. */
static int is_seen(void) {
  void *(*volatile make)(size_t) = (void *(*)(size_t))dlsym(RTLD_DEFAULT, "malloc");
  void (*volatile end)(void *) = (void (*)(void *))dlsym(RTLD_DEFAULT, "free");
  int before = probes;
  end(make(24));
  return probes > before;
}

static int is_size_known(void *block) {
  size_t (*ask)(void *) = (size_t(*)(void *))dlsym(RTLD_NEXT, "malloc_usable_size");
  int known = block != NULL && ask != NULL && ask(block) == usable(block);
  __libc_free(block);
  return known;
}

static int start_hooks(void) {
  const char *wish = getenv("BULKHEAD_MEMORY");
  if (wish != NULL && strcmp(wish, "off") == 0) return 0;
  if (!is_glibc_below()) return 0;
  __atomic_store_n(&mode, PROBING, __ATOMIC_RELAXED);
  int good = is_seen() && is_size_known(__libc_malloc(1)) && is_size_known(__libc_malloc(1000)) &&
             is_size_known(__libc_malloc(4 << 20)) && is_size_known(__libc_memalign(256, 100));
  void *region = good ? mmap(NULL, ACCOUNTS * sizeof *accounts, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
                      : MAP_FAILED;
  if (region == MAP_FAILED || getrandom(&secret, sizeof secret, 0) != sizeof secret) {
    __atomic_store_n(&mode, OFF, __ATOMIC_RELAXED);
    return 0;
  }
  accounts = region;
  __atomic_store_n(&mode, ON, __ATOMIC_RELEASE);
  return 1;
}

int32_t bhrt_memory_start(void) {
  static int is_available = -1;
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  int known = __atomic_load_n(&is_available, __ATOMIC_ACQUIRE);
  if (LIKELY(known >= 0)) return known;
  pthread_mutex_lock(&lock);
  if (is_available < 0) __atomic_store_n(&is_available, start_hooks(), __ATOMIC_RELEASE);
  pthread_mutex_unlock(&lock);
  return is_available;
}

/* ------------------------------------------------------------------ accounts, from the host */

bhrt_account *bhrt_memory_open(uint64_t refused) {
  if (!bhrt_memory_start()) return NULL;
  pthread_mutex_lock(&slots.lock);
  uint32_t slot = 0, generation;
  if (slots.fresh < ACCOUNTS) {
    slot = slots.fresh++;
  } else if (slots.count > 0) {
    slot = slots.ring[slots.head];
    slots.head = (slots.head + 1) % ACCOUNTS;
    slots.count--;
  }
  do generation = ++slots.generation;
  while ((uint16_t)generation == 0);
  pthread_mutex_unlock(&slots.lock);
  if (slot == 0) return NULL;
  struct bhrt_account *account = &accounts[slot];
  *account = (struct bhrt_account){.until_refusal = refused, .slot = slot};
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
  role.generation = account != NULL ? account->generation : 0;
  role.is_owner = 1;
  bhrt_charged = account;
}

void bhrt_memory_charge(bhrt_account *account, void *block) {
  struct owned old = look(block);
  if (!old.is_tailed || old.account != NULL) return;
  int was_owner = role.is_owner;
  role.is_owner = 0;
  mark(block, old.bytes, account);
  role.is_owner = was_owner;
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

#else

int32_t bhrt_memory_start(void) { return 0; }
bhrt_account *bhrt_memory_open(uint64_t refused) { return (void)refused, NULL; }
void bhrt_memory_close(bhrt_account *account) { (void)account; }
void bhrt_memory_attach(bhrt_account *account) { (void)account; }
void bhrt_memory_charge(bhrt_account *account, void *block) { (void)account, (void)block; }
void bhrt_memory_read(const bhrt_account *account, bhrt_memory *memory_out) {
  (void)account;
  *memory_out = (bhrt_memory){0};
}

#endif
