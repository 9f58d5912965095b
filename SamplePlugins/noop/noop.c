/* bench: actions that do next to nothing, so that what is measured is the engine.
 *
 * Build: cc -O2 -shared -fPIC -I $SDK/include noop.c -o noop.so
 */
#include <bulkhead/all.h>

#include <time.h>

BH_MANIFEST({
  "id": "bench",
  "version": "1.0.0",
  "title": "Benchmark actions",
  "description": "Actions that do next to nothing, to measure the engine with.",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {
      "name": "noop",
      "kind": "action",
      "title": "Nothing",
      "description": "Returns at once.",
      "repeat": "idempotent",
      "parameters": {"type": "object", "properties": {}},
      "result": {"type": "object", "properties": {}},
      "deadline_ms": 0,
      "cleanup_ms": 60000
    },
    {
      "name": "sleep",
      "kind": "action",
      "title": "One sleep",
      "description": "Waits in one cancellable sleep of the host.",
      "repeat": "idempotent",
      "parameters": {
        "type": "object",
        "properties": {
          "ms": {"type": "integer", "title": "Milliseconds", "minimum": 0, "maximum": 86400000}
        },
        "required": ["ms"]
      },
      "result": {"type": "object", "properties": {}},
      "deadline_ms": 0,
      "cleanup_ms": 60000
    },
    {
      "name": "spin",
      "kind": "action",
      "title": "Checkpoint loop",
      "description": "Passes checkpoints without a pause until the job is stopped.",
      "repeat": "idempotent",
      "parameters": {"type": "object", "properties": {}},
      "result": {"type": "object", "properties": {}},
      "deadline_ms": 0,
      "cleanup_ms": 60000
    },
    {
      "name": "calls",
      "kind": "action",
      "title": "Cost of a call",
      "description": "Times host calls and checkpoints against a direct call; nanoseconds per call.",
      "repeat": "idempotent",
      "parameters": {
        "type": "object",
        "properties": {
          "n": {"type": "integer", "title": "Calls of each sort", "minimum": 1, "maximum": 1000000000,
                "default": 1000000}
        }
      },
      "result": {
        "type": "object",
        "properties": {
          "direct_ns": {"type": "number", "description": "A call of a function in the plug-in."},
          "checkpoint_ns": {"type": "number", "description": "bh_checkpoint with nothing to tell."},
          "checkpoint_n_ns": {"type": "number", "description": "bh_checkpoint_n with nothing to tell."},
          "border_ns": {"type": "number", "description": "Into the host and back: free of NULL."},
          "host_call_ns": {"type": "number", "description": "A call that finds its run: a sleep of 0 ms."},
          "alloc_free_ns": {"type": "number", "description": "alloc of 64 bytes, and its free."},
          "query_ns": {"type": "number", "description": "query of an extension by its id."},
          "param_i64_ns": {"type": "number", "description": "Reading one integer parameter."},
          "progress_ns": {"type": "number", "description": "One progress report with a text."}
        }
      },
      "deadline_ms": 0,
      "cleanup_ms": 60000
    }
  ],
  "records": [],
  "secrets": []
});

static int32_t noop(bh_ctx *ctx) {
  (void)ctx;
  return BH_OK;
}

static int32_t sleep_once(bh_ctx *ctx) { return bh_sleep(ctx, (uint64_t)bh_param_i64(ctx, "ms", 0)); }

static int32_t spin(bh_ctx *ctx) {
  int32_t code;
  do code = bh_checkpoint_n(ctx, 1);
  while (code == BH_OK);
  return code;
}

/* What a call costs when no border is crossed. The empty asm keeps the compiler from removing the call. */
__attribute__((noinline)) static int32_t direct_call(bh_ctx *ctx) {
  __asm__ volatile("" : : "r"(ctx) : "memory");
  return BH_OK;
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* One member of the result: nanoseconds with three decimals, made of integers because printf's decimal point
 * follows the locale of the process. */
static size_t add_member(char *json, size_t capacity, const char *name, uint64_t total_ns, uint64_t n) {
  uint64_t thousandths = (uint64_t)((double)total_ns * 1000.0 / (double)n);
  int length = snprintf(json, capacity, "\"%s\":%llu.%03llu,", name, (unsigned long long)(thousandths / 1000),
                        (unsigned long long)(thousandths % 1000));
  return (size_t)length;
}

/* Runs `statement` n times and adds the member `name`. A stop is looked for between the sorts, not within: a
 * checkpoint in the loop would be measured too. */
#define MEASURE(name, statement)                                                      \
  do {                                                                                \
    uint64_t start = now_ns();                                                        \
    for (uint64_t i = 0; i < n; i++) statement;                                       \
    used += add_member(json + used, sizeof json - used, name, now_ns() - start, n);   \
    if ((code = bh_checkpoint(ctx)) < 0) return code;                                 \
  } while (0)

static int32_t calls(bh_ctx *ctx) {
  const uint64_t n = (uint64_t)bh_param_i64(ctx, "n", 1000000);
  char json[1024] = "{";
  size_t used = 1;
  int32_t code;

  MEASURE("direct_ns", direct_call(ctx));
  MEASURE("checkpoint_ns", (void)bh_checkpoint(ctx));
  MEASURE("checkpoint_n_ns", (void)bh_checkpoint_n(ctx, 1));
  MEASURE("border_ns", bh_free(ctx, NULL));
  MEASURE("host_call_ns", (void)bh_sleep(ctx, 0));
  MEASURE("alloc_free_ns", bh_free(ctx, bh_alloc(ctx, 64)));
  MEASURE("query_ns", (void)ctx->host->query(ctx->host, bh_text(BH_PROGRESS_ID)));
  MEASURE("param_i64_ns", (void)bh_param_i64(ctx, "n", 0));
  MEASURE("progress_ns", bh_progress(ctx, i, n, "measuring"));

  json[used - 1] = '}'; /* in place of the last comma */
  return bh_result_json(ctx, json);
}

static const bh_action actions[] = {BH_ACTION("noop", noop), BH_ACTION("sleep", sleep_once),
                                    BH_ACTION("spin", spin), BH_ACTION("calls", calls)};
BH_PLUGIN(actions)
