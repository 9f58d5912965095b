/* Counts what a job allocates: malloc and its kin, defined in the executable over glibc's own, so that everything
 * a plug-in and its libraries allocate comes by here. Off until bhrt_memory_start; until then each function is
 * one load and a jump into glibc.
 *
 * Once on, each block has a word behind what was asked for, at its usable end. It names the job that the block
 * belongs to, so that a free by anybody is known for whose block it is. The pointer is glibc's own: nothing is
 * displaced, and a block that is freed behind our back is freed all the same. A word whose check does not match is
 * none of ours: the block is older than the start, or was written past its end. */
#define _GNU_SOURCE
#include "account.h"

#if HOOKS

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

enum { TAIL = sizeof(uint64_t), UNKNOWN_SLACK = 4095 };
enum { OFF = 0, ON = 1, PROBING = 2 };

static int mode = OFF;
static uint64_t secret;
static __thread int probes __attribute__((tls_model("initial-exec")));

static int is_on(void) { return __atomic_load_n(&mode, __ATOMIC_RELAXED) != OFF; }

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
  struct bhrt_account *account = &bhrt_accounts[word >> 48];
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
  if (UNLIKELY(is_refused(account, size))) return NULL;
  if (UNLIKELY(size > (size_t)PTRDIFF_MAX - 64)) return refuse();
  void *block = alignment != 0 ? __libc_memalign(alignment, size + TAIL)
                : is_zeroed    ? __libc_calloc(1, size + TAIL)
                               : __libc_malloc(size + TAIL);
  return LIKELY(block != NULL) ? mark(block, size, account) : NULL;
}

static void *change_block(void *block, size_t size) {
  if (UNLIKELY(is_probing())) return __libc_realloc(block, size);
  struct bhrt_account *account = payer();
  if (UNLIKELY(is_refused(account, size))) return NULL;
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
  void *region = good ? mmap(NULL, ACCOUNTS * sizeof *bhrt_accounts, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
                      : MAP_FAILED;
  if (region == MAP_FAILED || getrandom(&secret, sizeof secret, 0) != sizeof secret) {
    __atomic_store_n(&mode, OFF, __ATOMIC_RELAXED);
    return 0;
  }
  bhrt_accounts = region;
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

void bhrt_memory_charge(bhrt_account *account, void *block) {
  struct owned old = look(block);
  if (!old.is_tailed || old.account != NULL) return;
  int was_owner = bhrt_role.is_owner;
  bhrt_role.is_owner = 0;
  mark(block, old.bytes, account);
  bhrt_role.is_owner = was_owner;
}

#else

int32_t bhrt_memory_start(void) { return 0; }
void bhrt_memory_charge(bhrt_account *account, void *block) { (void)account, (void)block; }

#endif
