/* Bulkhead plug-in ABI, level 1: the core.
 *
 * A plug-in is a shared object that exports one function, `bh_plugin_entry`, and carries a manifest
 * (BH_MANIFEST or BH_MANIFEST_FILE below). It imports nothing from the host: everything is reached through
 * tables. This header holds what every plug-in needs; each further capability is one small header under
 * `ext/`, and `bulkhead/all.h` includes them all with their inline sugar.
 *
 * Rules that hold everywhere
 *  - What you are given is borrowed until you return. What you allocate on `ctx` is freed by the host when
 *    the run ends. A name carries its owner: `_in` borrowed, `_out` filled by the callee, `_own` handed over.
 *  - Text is UTF-8 with a length. The one that you hand in needs no NUL; the one that the host hands out has one
 *    behind its last byte, which `len` does not count, and is NULL with length 0 where there is none to hand out.
 *  - Every table and descriptor begins with `uint32_t size`, written by its producer, and only grows at the
 *    end. Test a member that came later than level 1 with BH_HAS.
 *  - Functions return 0 or a positive code when they worked, a negative code (BH_CANCELLED ...) when not. Later
 *    levels may bring codes, stop bits and flags that you do not know: a negative code is a failure, whatever it is.
 *  - Tags: @thread who may call · @blocking may it wait · @cancelpoint does it return the code of a stop
 *    (BH_CANCELLED, BH_DEADLINE, BH_FENCED, BH_MEMORY) · @owner who owns what crosses · @since the ABI level
 *    that brought it.
 */
#ifndef BULKHEAD_BULKHEAD_H
#define BULKHEAD_BULKHEAD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if !defined(__LP64__) || !defined(__ELF__)
#error "Bulkhead plug-ins are built for 64-bit ELF systems (LP64): no layout is promised for this one"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** The ABI level that this header describes. */
#define BH_ABI_LEVEL 1
/** The oldest host level that a plug-in built with this header runs on. */
#define BH_ABI_MIN_HOST 1

/** The level that a plug-in is written for: `-DBH_ABI_TARGET=n` hides every name that came after level n, so
 *  that nothing newer is used by accident, and the plug-in says `"built": n`. The newest one unless told. */
#ifndef BH_ABI_TARGET
#define BH_ABI_TARGET BH_ABI_LEVEL
#endif
/* A word that is no number counts as 0 here, and an empty one is an error of its own. */
#if BH_ABI_TARGET < 1
#error "BH_ABI_TARGET: there is no such ABI level; the first one is 1"
#elif BH_ABI_TARGET > BH_ABI_LEVEL
#error "BH_ABI_TARGET: these headers are older than that ABI level; get a newer SDK"
#endif

/** For the headers: `#if BH_SINCE(2)` stands around each name and each member that level 2 brought. */
#define BH_SINCE(level) (BH_ABI_TARGET >= (level))

/** Marks the one exported function; the template hides all else. */
#define BH_EXPORT __attribute__((visibility("default")))

/** True when `table` is there and new enough to have `field`, which is a pointer, with a value. */
#define BH_HAS(table, field) (BH_COVERS(table, field) && (table)->field != NULL)

/** True when `table` is there and new enough to have `field`, of any type. */
#define BH_COVERS(table, field) \
  ((table) != NULL && (table)->size >= offsetof(__typeof__(*(table)), field) + sizeof((table)->field))

/* ------------------------------------------------------------------ values */

/** Text: UTF-8, `len` bytes. Frozen. */
typedef struct bh_str {
  const char *ptr;
  uint64_t len;
} bh_str;

/** A bh_str of a NUL-terminated C string (NULL gives the empty text); borrows it.
 *  @thread any @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline bh_str bh_text(const char *c_string) {
  bh_str s = {c_string, c_string ? (uint64_t)strlen(c_string) : 0};
  return s;
}

/* Return codes. */
#define BH_OK ((int32_t)0)          /**< done */
#define BH_PARKED ((int32_t)1)      /**< reserved: the action waits without a thread */
#define BH_WARNING ((int32_t)2)     /**< done, with partial failures */
#define BH_CANCELLED ((int32_t)-1)  /**< a cancel was requested */
#define BH_DEADLINE ((int32_t)-2)   /**< the deadline has passed */
#define BH_MEMORY ((int32_t)-3)     /**< an allocation was refused */
#define BH_INVALID ((int32_t)-4)    /**< an argument or parameter is wrong */
#define BH_NOT_FOUND ((int32_t)-5)  /**< no such thing */
#define BH_CONFLICT ((int32_t)-6)   /**< somebody else changed it, or it exists */
#define BH_DENIED ((int32_t)-7)     /**< not allowed */
#define BH_IO ((int32_t)-8)         /**< a file, device or local service failed */
#define BH_REMOTE ((int32_t)-9)     /**< the other side failed */
#define BH_UNSUPPORTED ((int32_t)-10) /**< this host cannot do it */
#define BH_BUG ((int32_t)-11)       /**< a programming error */
#define BH_FENCED ((int32_t)-12)    /**< this run no longer owns the job: it can write nothing */
#define BH_STALE ((int32_t)-13)     /**< the handle's owner has ended */
#define BH_AGAIN ((int32_t)-14)     /**< try again later */
#define BH_UNKNOWN ((int32_t)-15)   /**< what came of it outside cannot be told: the job is lost, not failed */

/* ------------------------------------------------------------------ the cell and the checkpoint */

/* Bits of the stop word. Those of the lower half ask the run to end, also the ones that later levels bring; those of
 * the upper half only tell. */
#define BH_STOP_CANCEL 0x01u       /**< a cancel was requested */
#define BH_STOP_DEADLINE 0x02u     /**< the deadline has passed */
#define BH_STOP_MEMORY_SOFT 0x04u  /**< over the soft memory limit */
#define BH_STOP_MEMORY_HARD 0x08u  /**< at the hard memory limit */
#define BH_STOP_FENCED 0x10u       /**< the run lost its job */
#define BH_STOP_ENDS 0xffffu       /**< all that ask the run to end */
#define BH_STOP_SHUTDOWN 0x10000u  /**< the worker is ending */
#define BH_STOP_PROFILE 0x20000u   /**< the host wants to see this checkpoint */

/** One cache line shared by host and run. Plain integers: touch them only by the functions here. */
typedef struct bh_cell {
  uint32_t stop_word;      /**< BH_STOP_ bits, set by the host */
  uint32_t hold_count;     /**< depth of bh_hold */
  uint64_t progress_count; /**< items done, added by bh_checkpoint_n */
  uint64_t reserved[6];
} bh_cell;

typedef struct bh_action bh_action;
typedef struct bh_ctx bh_ctx;
typedef struct bh_host bh_host;

/** One run of one job. Made by the host, read-only to the plug-in but for `user`, valid until the entry has returned
 *  and the run's clean-ups have. */
struct bh_ctx {
  uint32_t size;
  uint32_t attempt; /**< 1 at the first run of the job */
  const bh_host *host;
  bh_cell *cell;
  uint64_t job_id;
  uint64_t fence;   /**< rises with every claim of the job: a token for the outside world */
  void *host_data;  /**< the host's own */
  void *user;       /**< the plug-in's own, NULL at the start of a run */
  const bh_action *action; /**< the entry that is run, as `bh_plugin_entry` gave it */
};

/** The core table. It never grows: capabilities come by `query`. */
struct bh_host {
  uint32_t size;
  uint32_t flags;       /**< 0 */
  uint32_t abi_min;     /**< oldest plug-in level that this host runs */
  uint32_t abi_current; /**< newest */
  /** The table of the extension `id` ("bh.log/1"), or NULL when this host has none. The same one at each call, and it
   *  lives as long as the process: it may be remembered.
   *  @thread any @blocking no @cancelpoint no @owner host @since 1 */
  const void *(*query)(const bh_host *host, bh_str id_in);
  /** `size` bytes (at least 1), aligned to `alignment` (a power of two; 0 means 16), or NULL (that is
   *  BH_MEMORY). Freed by the host when the run ends.
   *  @thread any of the run @blocking no @cancelpoint no @owner ctx @since 1 */
  void *(*alloc)(bh_ctx *ctx, uint64_t size, uint64_t alignment);
  /** Frees what `alloc` gave, early. NULL does nothing.
   *  @thread any of the run @blocking no @cancelpoint no @owner plug-in hands back @since 1 */
  void (*free)(bh_ctx *ctx, void *block_own);
  /** Says why the run fails, and returns `code`, so that one line does both. The first failure is the job's;
   *  later ones are chained to it. With BH_WARNING it says what was left out. `detail_json_in` may be empty.
   *  In `bh_plugin_entry`, where there is no run, `ctx` is NULL: it says why the plug-in will not be loaded.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  int32_t (*fail)(bh_ctx *ctx, int32_t code, bh_str message_in, bh_str detail_json_in);
  /** The slow path of bh_checkpoint: call it only through that. `count` was added to the progress counter.
   *  @thread run @blocking no @cancelpoint yes @owner none @since 1 */
  int32_t (*checkpoint)(bh_ctx *ctx, uint64_t count);
};

/** The bits that are raised now, without judging them: some only tell. See bh_stop_requested.
 *  @thread any @blocking no @cancelpoint no @owner none @since 1 */
static inline uint32_t bh_stop_bits(const bh_ctx *ctx) {
  return __atomic_load_n(&ctx->cell->stop_word, __ATOMIC_RELAXED);
}

/** 1 when the run has to end, else 0: for code that cannot return a code, such as a callback of a library. Says so
 *  within bh_hold as well. No cancel point: follow it by bh_checkpoint, which knows the code.
 *  @thread any @blocking no @cancelpoint no @owner none @since 1 */
static inline int32_t bh_stop_requested(const bh_ctx *ctx) { return (bh_stop_bits(ctx) & BH_STOP_ENDS) != 0; }

/** Put this into every loop: BH_OK, or the code with which the run has to end (BH_CANCELLED, BH_DEADLINE ...).
 *  One relaxed load when there is nothing to tell.
 *  @thread run @blocking no @cancelpoint yes @owner none @since 1 */
static inline int32_t bh_checkpoint(bh_ctx *ctx) {
  if (__builtin_expect(bh_stop_bits(ctx) == 0, 1)) return BH_OK;
  return ctx->host->checkpoint(ctx, 0);
}

/** bh_checkpoint that also says "n more items are done": the host shows that the job moves.
 *  @thread run @blocking no @cancelpoint yes @owner none @since 1 */
static inline int32_t bh_checkpoint_n(bh_ctx *ctx, uint64_t n) {
  uint64_t *count = &ctx->cell->progress_count;
  __atomic_store_n(count, __atomic_load_n(count, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
  if (__builtin_expect(bh_stop_bits(ctx) == 0, 1)) return BH_OK;
  return ctx->host->checkpoint(ctx, n);
}

/** Begins a region that must not be torn: until bh_release, checkpoints and calls to the data model go on as if
 *  nobody had asked to stop. Sleep and poll still end on a stop. Nests.
 *  @thread run @blocking no @cancelpoint no @owner none @since 1 */
static inline void bh_hold(bh_ctx *ctx) {
  __atomic_fetch_add(&ctx->cell->hold_count, 1, __ATOMIC_RELAXED);
}

/** Ends the region of the matching bh_hold.
 *  @thread run @blocking no @cancelpoint no @owner none @since 1 */
static inline void bh_release(bh_ctx *ctx) {
  __atomic_fetch_sub(&ctx->cell->hold_count, 1, __ATOMIC_RELAXED);
}

/** `return bh_fail(ctx, BH_IO, "cannot open the image");`
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline int32_t bh_fail(bh_ctx *ctx, int32_t code, const char *message) {
  bh_str none = {NULL, 0};
  return ctx->host->fail(ctx, code, bh_text(message), none);
}

/** Memory of the run: freed by the host when it ends. NULL is BH_MEMORY.
 *  @thread any of the run @blocking no @cancelpoint no @owner ctx @since 1 */
static inline void *bh_alloc(bh_ctx *ctx, uint64_t size) { return ctx->host->alloc(ctx, size, 0); }

/** Frees a block of bh_alloc early.
 *  @thread any of the run @blocking no @cancelpoint no @owner plug-in hands back @since 1 */
static inline void bh_free(bh_ctx *ctx, void *block_own) { ctx->host->free(ctx, block_own); }

/* ------------------------------------------------------------------ what a plug-in gives */

/** The signature of every entry: inputs, outputs and services come from `ctx`.
 *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
typedef int32_t (*bh_action_fn)(bh_ctx *ctx);

/** One action of the manifest and the function that does it. */
struct bh_action {
  uint32_t size;
  uint32_t flags;   /**< 0; other bits refuse the load */
  const char *name; /**< as in the manifest: "server.create" */
  bh_action_fn run;
  void *user;       /**< the plug-in's own, found again as `ctx->action->user`: one function may do many actions */
};

/** What `bh_plugin_entry` returns. All of it stays valid as long as the plug-in is loaded. */
typedef struct bh_plugin {
  uint32_t size;
  uint32_t abi_built;    /**< BH_ABI_TARGET of the headers used */
  uint32_t abi_min_host; /**< BH_ABI_MIN_HOST of the headers used */
  uint32_t action_count;
  uint64_t action_size;  /**< sizeof(bh_action) of the headers used: the stride of `actions` */
  const bh_action *actions;
  /** Called at most once, when the generation is retired and none of its runs is left; not when the process ends.
   *  May be NULL.
   *  @thread loader @blocking no @cancelpoint no @owner none @since 1 */
  void (*fini)(void);
} bh_plugin;

/** The one exported function. Called once per load; must not block, start threads or call `host` for a job.
 *  NULL refuses the load; say why with bh_refuse.
 *  @thread loader @blocking no @cancelpoint no @owner plug-in keeps @since 1 */
BH_EXPORT const bh_plugin *bh_plugin_entry(const bh_host *host);

/** `return bh_refuse(host, "needs libvirt 9 or newer");` in `bh_plugin_entry`: the load is refused with that text.
 *  @thread loader @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline const bh_plugin *bh_refuse(const bh_host *host, const char *why) {
  bh_str none = {NULL, 0};
  host->fail(NULL, BH_UNSUPPORTED, bh_text(why), none);
  return NULL;
}

/** Defines the body of `bh_plugin_entry` for a constant array of actions:
 *  `static const bh_action actions[] = {BH_ACTION("echo", echo)}; BH_PLUGIN(actions)` */
#define BH_ACTION(action_name, function) BH_ACTION_WITH(action_name, function, NULL)
/** BH_ACTION with what the function finds as `ctx->action->user`. */
#define BH_ACTION_WITH(action_name, function, user_data) \
  { (uint32_t)sizeof(bh_action), 0, (action_name), (function), (user_data) }
#define BH_PLUGIN(action_array) \
  static const bh_plugin bh_plugin_of_this_file = { \
    (uint32_t)sizeof(bh_plugin), BH_ABI_TARGET, BH_ABI_MIN_HOST, \
    (uint32_t)(sizeof(action_array) / sizeof((action_array)[0])), sizeof(bh_action), (action_array), NULL}; \
  BH_EXPORT const bh_plugin *bh_plugin_entry(const bh_host *host) { \
    (void)host; \
    return &bh_plugin_of_this_file; \
  }

/* ------------------------------------------------------------------ manifest */

/** The manifest as bare JSON, kept in the ELF note `.note.bulkhead`, so that it is read without running any
 *  code: BH_MANIFEST({ "id": "acme", "version": "1.0.0", ... }); at file scope, once per plug-in. */
#define BH_MANIFEST(...) BH_MANIFEST_STRING(#__VA_ARGS__)

/** BH_MANIFEST from a string literal. The size counts the closing NUL. */
#define BH_MANIFEST_STRING(json) \
  __attribute__((used, section(".note.bulkhead"), aligned(4))) static const struct { \
    uint32_t name_size, text_size, type; \
    char name[12]; \
    char text[(sizeof(json) + 3) & ~(size_t)3]; \
  } bh_manifest_note = {9, sizeof(json), 1, "Bulkhead", json}

/** BH_MANIFEST from a file: BH_MANIFEST_FILE("manifest.json"); at file scope, once per plug-in. The compiler
 *  looks for a relative path where it was started, then in its -I folders: give it `-I` with the folder of the
 *  source. The path is a string literal. Let the build know that the object depends on the file. */
#define BH_MANIFEST_FILE(path) \
  enum { bh_manifest_note = 1 }; /* a second manifest in the same source is an error */ \
  __asm__(".pushsection .note.bulkhead,\"a\",%note\n" \
          ".balign 4\n" \
          ".long 9, 91f-90f, 1\n" \
          ".asciz \"Bulkhead\"\n" \
          ".balign 4\n" \
          "90: .incbin \"" path "\"\n" \
          ".byte 0\n" \
          "91: .balign 4\n" \
          ".popsection\n")

#ifdef __cplusplus
}
#endif

#endif
