/* What the plug-in host needs and Swift cannot do: calls that no C++ exception leaves, words that are shared
 * with plug-ins, and the kernel's futex. Everything else of the host is Swift. */
#ifndef CPLUGINRUNTIME_H
#define CPLUGINRUNTIME_H

#include <bulkhead/bulkhead.h>
#include <bulkhead/ext/cleanup.h>
#include <bulkhead/ext/steps.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ calls into a plug-in (call.cpp) */

/* Every call from the host into a plug-in goes through one of these. A C++ exception ends here: the call then
 * gives BH_BUG, and its type and text stand in `text_out` (NUL-terminated; empty when nothing was thrown).
 * Only the forced unwinding of pthread_exit and pthread_cancel goes on, as the C library demands. */

/** Calls the entry of an action. */
int32_t bhrt_call(bh_action_fn function, bh_ctx *ctx, char *text_out, size_t capacity);

/** Calls one clean-up. */
int32_t bhrt_call_cleanup(bh_cleanup_fn function, bh_ctx *ctx, void *argument, char *text_out, size_t capacity);

/** Calls one function of a step. */
int32_t bhrt_call_step(bh_step_fn function, bh_ctx *ctx, bh_str token, void *argument, bh_str *result_out,
                       char *text_out, size_t capacity);

/** Calls `bh_plugin_entry`; what it returned goes to `plugin_out` (NULL after an exception). */
int32_t bhrt_call_entry(const bh_plugin *(*function)(const bh_host *), const bh_host *host,
                        const bh_plugin **plugin_out, char *text_out, size_t capacity);

/** Calls `bh_plugin.fini`. */
int32_t bhrt_call_fini(void (*function)(void), char *text_out, size_t capacity);

/* ------------------------------------------------------------------ one run's memory shared with the plug-in */

/** What stands for one run: three cache lines, 64-byte aligned, in memory that is never given back, so that
 *  a `ctx` used after its run ended is recognised and not a crash. */
typedef struct bhrt_frame {
  bh_cell cell; /**< line 1: the stop word and its neighbours */
  bh_ctx ctx;   /**< line 2: what the plug-in is given */
  void *run;            /**< line 3, the host's own: the run's object; NULL before and after it */
  uintptr_t owner;      /**< bhrt_self of the thread that runs the entry; 0 before and after */
  uint64_t owner_calls; /**< host calls made by that thread */
  uint64_t other_calls; /**< host calls made by other threads of the run */
  uint64_t cancel_points;
  uint64_t reserved[3];
} bhrt_frame;

#ifdef __cplusplus
static_assert(sizeof(bh_cell) == 64 && offsetof(bhrt_frame, run) == 128 && sizeof(bhrt_frame) == 192, "lines");
#else
_Static_assert(sizeof(bh_cell) == 64 && offsetof(bhrt_frame, run) == 128 && sizeof(bhrt_frame) == 192, "lines");
#endif

/** The frame's cell. */
static inline bh_cell *bhrt_cell(bhrt_frame *frame) { return &frame->cell; }

/** The frame's ctx. */
static inline bh_ctx *bhrt_ctx(bhrt_frame *frame) { return &frame->ctx; }

/** The frame that a ctx is part of. The caller has checked that `ctx` is one of a frame. */
static inline bhrt_frame *bhrt_frame_of(bh_ctx *ctx) {
  return (bhrt_frame *)((char *)ctx - offsetof(bhrt_frame, ctx));
}

/** The word that names the frame's thread. */
static inline uintptr_t *bhrt_owner(bhrt_frame *frame) { return &frame->owner; }

/** The word that holds the address of the frame's run. */
static inline uintptr_t *bhrt_run(bhrt_frame *frame) { return (uintptr_t *)&frame->run; }

/** The counter of host calls made by other threads. */
static inline uint64_t *bhrt_other_calls(bhrt_frame *frame) { return &frame->other_calls; }

/** Counts a host call: without a locked instruction on the run's own thread, the only writer of its counter. */
static inline void bhrt_count_call(bhrt_frame *frame, int is_owner) {
  if (is_owner) {
    uint64_t *calls = &frame->owner_calls;
    __atomic_store_n(calls, __atomic_load_n(calls, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
  } else {
    __atomic_fetch_add(&frame->other_calls, 1, __ATOMIC_RELAXED);
  }
}

/** Counts a cancel point and gives its number, from 1. */
static inline uint64_t bhrt_count_cancel_point(bhrt_frame *frame) {
  return __atomic_add_fetch(&frame->cancel_points, 1, __ATOMIC_RELAXED);
}

/* ------------------------------------------------------------------ atomic words */

/** Reads a word that others write; sees what they wrote before it. */
static inline uint32_t bhrt_load_u32(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }

/** Writes a word that others read. */
static inline void bhrt_store_u32(uint32_t *word, uint32_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/** Sets bits; the word as it was before. */
static inline uint32_t bhrt_or_u32(uint32_t *word, uint32_t bits) {
  return __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST);
}

/** Adds; the word as it was before. */
static inline uint32_t bhrt_add_u32(uint32_t *word, uint32_t value) {
  return __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST);
}

/** Reads a counter that others write. */
static inline uint64_t bhrt_load_u64(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }

/** Reads a pointer-sized word that others write. */
static inline uintptr_t bhrt_load_word(const uintptr_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }

/** Writes a pointer-sized word that others read. */
static inline void bhrt_store_word(uintptr_t *word, uintptr_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* ------------------------------------------------------------------ the kernel (system.c) */

/** No limit, for bhrt_futex_wait_until. */
#define BHRT_FOREVER ((int64_t)0x7fffffffffffffff)

/** Waits while `*word` is `expected`, until `deadline_ns` of CLOCK_MONOTONIC: 0 when woken, when the word was
 *  another one, or for no reason (look again), -ETIMEDOUT when the time is over. */
int32_t bhrt_futex_wait_until(const uint32_t *word, uint32_t expected, int64_t deadline_ns);

/** Wakes at most `count` threads that wait for the word. */
void bhrt_futex_wake(const uint32_t *word, int32_t count);

/** A new eventfd, close-on-exec and non-blocking, not readable; a negative errno when there is none. */
int32_t bhrt_event_make(void);

/** Makes an eventfd readable (1) or not (0). */
void bhrt_event_set(int32_t descriptor, int32_t readable);

/** CLOCK_MONOTONIC in nanoseconds. */
int64_t bhrt_now_ns(void);

/** CPU time that the calling thread has used, in nanoseconds (CLOCK_THREAD_CPUTIME_ID). */
int64_t bhrt_thread_cpu_ns(void);

/** The calling thread's identity, never 0: cheaper than gettid, which is a system call. */
static inline uintptr_t bhrt_self(void) { return (uintptr_t)pthread_self(); }

/** The calling thread's number in the kernel. */
int32_t bhrt_gettid(void);

/** What a thread of this process is doing: 'R' on a core or waiting for one, 'S' or 'D' waiting for something else,
 *  as /proc/PID/stat has it; 0 when there is no such thread. Costs some microseconds. */
char bhrt_thread_state(int32_t tid);

/** Names the calling thread for ps, top and debuggers; at most 15 characters. */
void bhrt_name_thread(const char *name);

#define BHRT_GUARD_MADVISE 1  /**< by MADV_GUARD_INSTALL (Linux 6.13): costs no mapping */
#define BHRT_GUARD_MPROTECT 2 /**< by mprotect: splits the mapping */

/** The record of the calling job thread, NULL on every other thread. */
void *bhrt_thread_record(void);

/** Makes the calling thread a job thread. */
void bhrt_set_thread_record(void *record);

/** Processes and threads that the user may have (ulimit -u); a negative number when that is not bound. */
int64_t bhrt_user_process_limit(void);

/** Makes a page range fault on any touch. Which way was taken (BHRT_GUARD_), or a negative errno. */
int32_t bhrt_install_guard(void *low, size_t bytes);

/** Gives the calling thread's stack pages from `low` to a little below here back to the kernel. */
void bhrt_trim_stack(void *low);

/* ------------------------------------------------------------------ places in code (trace.c) */

/** Where an instruction is: the file of its module, the offset in it, the nearest exported name (or ""). */
typedef struct bhrt_place {
  uint64_t offset;
  char module[512];
  char symbol[256];
} bhrt_place;

/** The module's file name. */
static inline const char *bhrt_place_module(const bhrt_place *place) { return place->module; }

/** The symbol's name, empty when there is none. */
static inline const char *bhrt_place_symbol(const bhrt_place *place) { return place->symbol; }

/** Where the module that holds an address begins; 0 when no module does. */
uintptr_t bhrt_module_of(const void *address);

/** The frames of the calling thread that are in the module that begins at `module`, the nearest first: how many. */
int32_t bhrt_find_callers(uintptr_t module, bhrt_place *places_out, int32_t capacity);

/** The same of frames that were taken before. */
int32_t bhrt_find_places(void *const *frames, int32_t count, uintptr_t module, bhrt_place *places_out,
                         int32_t capacity);

/** The readable form of a mangled C++ or Swift name; 0 when it is none, or does not fit. */
int32_t bhrt_demangle(const char *name, char *text_out, size_t capacity);

/** Where the calling thread's stack ends below, for bhrt_trace_crashes. */
void bhrt_set_stack(const void *low);

/** From now on a signal that ends the process by a fault of its code is told to `descriptor` before it does: a line
 *  "!signal N" (with " stack" behind it when a stack overflowed, " run-stack" when it was a job thread's), then "!frame OFFSET SYMBOL FILE" for each frame. Once per process. */
void bhrt_trace_crashes(int32_t descriptor);

/* ------------------------------------------------------------------ what a job allocates (memory.c) */

/** One job's account of memory. */
typedef struct bhrt_account bhrt_account;

/** What stands on an account. Bytes are those that were asked for. */
typedef struct bhrt_memory {
  uint64_t allocations;
  uint64_t allocated_bytes;
  uint64_t peak_bytes;
  uint64_t live_bytes;
  uint64_t live_blocks;
} bhrt_memory;

/** Switches counting on for the rest of the process, once, after a test of whether it can be right: 0 when it cannot
 *  (a sanitizer's build, valgrind, another allocator, BULKHEAD_MEMORY=off). */
int32_t bhrt_memory_start(void);

/** A new account; NULL when there is none to be had. The `refused`-th allocation on it, from 1, fails; 0: none. */
bhrt_account *bhrt_memory_open(uint64_t refused);

/** Forgets the account. Blocks of it that are freed later are nobody's. */
void bhrt_memory_close(bhrt_account *account);

/** From here on what the calling thread, or a thread that it starts, allocates is charged to the account; NULL: to
 *  nobody. The account is its own: no two threads attach to one at a time. */
void bhrt_memory_attach(bhrt_account *account);

/** Charges a block to an account that the host has made for it. */
void bhrt_memory_charge(bhrt_account *account, void *block);

/** Whether an allocation of so many bytes, which the host makes for the plug-in, is the one that is to fail. */
int32_t bhrt_memory_refuses(bhrt_account *account, uint64_t bytes);

/** The allocation of the account that was refused: its bytes, and the frames in the module that asked for it, the nearest
 *  first: how many. -1 when none was refused. */
int32_t bhrt_memory_refused(const bhrt_account *account, uintptr_t module, uint64_t *bytes_out, bhrt_place *places_out,
                            int32_t capacity);

/** What stands on the account now. Exact when no other thread works for it. */
void bhrt_memory_read(const bhrt_account *account, bhrt_memory *memory_out);

/** The account that the calling thread is charged to; NULL: none. */
extern __thread bhrt_account *bhrt_charged __attribute__((tls_model("initial-exec")));

/** From here on the calling thread works for nobody: the host's own code. Give what it returns to resume. */
static inline bhrt_account *bhrt_memory_suspend(void) {
  bhrt_account *account = bhrt_charged;
  bhrt_charged = (bhrt_account *)0;
  return account;
}

/** Goes on as before suspend. */
static inline void bhrt_memory_resume(bhrt_account *account) { bhrt_charged = account; }

#ifdef __cplusplus
}
#endif

#endif
