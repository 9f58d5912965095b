/// A plug-in whose actions allocate in known ways.
enum AllocatingPlugin {
  static let actions = [
    "none", "balanced", "leaky", "every_sort", "of_the_host", "threads", "send", "take", "cleans",
    "tries",
  ]

  static let source = """
    #define _GNU_SOURCE
    #include <malloc.h>
    #include <pthread.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <errno.h>
    /* The compiler may not take pairs of malloc and free away. */
    static void *volatile keep;
    static void *made(void *block) { keep = block; return keep; }

    static int32_t none(bh_ctx *ctx) { return bh_checkpoint(ctx); }

    static int32_t balanced(bh_ctx *ctx) {
      (void)ctx;
      for (int i = 1; i <= 1000; i++) free(made(malloc((size_t)i)));
      return BH_OK;
    }

    static int32_t leaky(bh_ctx *ctx) {
      (void)ctx;
      made(malloc(100));
      made(calloc(10, 20));
      free(made(malloc(5000)));
      return BH_OK;
    }

    static int32_t every_sort(bh_ctx *ctx) {
      void *aligned = NULL;
      char *text = NULL;
      void *blocks[8];
      int count = 0;
      blocks[count++] = made(malloc(0));
      blocks[count++] = made(calloc(3, 7));
      blocks[count++] = made(realloc(NULL, 10));
      blocks[0] = realloc(blocks[0], 100000);
      blocks[1] = reallocarray(blocks[1], 5, 5);
      if (posix_memalign(&aligned, 4096, 100) != 0 || (uintptr_t)aligned % 4096 != 0) return BH_BUG;
      blocks[count++] = aligned;
      blocks[count++] = made(aligned_alloc(64, 128));
      blocks[count++] = made(memalign(256, 1));
      blocks[count++] = made(strdup("a text"));
      if (asprintf(&text, "%d and %d", 1, 2) < 0) return BH_BUG;
      blocks[count++] = text;
      for (int i = 0; i < count; i++) {
        if (blocks[i] == NULL) return BH_BUG;
        size_t room = malloc_usable_size(blocks[i]);
        memset(blocks[i], 0xA5, room);
      }
      for (int i = 0; i < count; i++) free(blocks[i]);
      free(made(realloc(made(malloc(10)), 1 << 21)));
      if (posix_memalign(&aligned, 3, 8) != EINVAL) return BH_BUG;
      if (made(malloc(SIZE_MAX - 8)) != NULL || errno != ENOMEM) return BH_BUG;
      if (made(calloc(SIZE_MAX / 2, 4)) != NULL) return BH_BUG;
      return bh_result_i64(ctx, "count", count);
    }

    static int32_t of_the_host(bh_ctx *ctx) {
      void *early = bh_alloc(ctx, 1000);
      bh_alloc(ctx, 3000);
      bh_free(ctx, early);
      for (int i = 0; i < 100; i++) bh_log(ctx, BH_INFO, "the host copies this text, and that is not ours");
      bh_result_i64(ctx, "n", 1);
      return BH_OK;
    }

    static void *thread(void *size) {
      free(made(malloc(10)));
      return malloc((size_t)size);
    }
    static int32_t threads(bh_ctx *ctx) {
      (void)ctx;
      pthread_t ids[4];
      void *block;
      for (int i = 0; i < 4; i++)
        if (pthread_create(&ids[i], NULL, thread, (void *)(size_t)(1000 + i)) != 0) return BH_BUG;
      for (int i = 0; i < 4; i++) {
        pthread_join(ids[i], &block);
        if (i > 0) free(block);
      }
      return BH_OK;
    }

    static void *parcel;
    static int32_t send(bh_ctx *ctx) { (void)ctx; parcel = malloc(777); return BH_OK; }
    static int32_t take(bh_ctx *ctx) { (void)ctx; free(parcel); free(made(malloc(5))); return BH_OK; }

    static int32_t undone(bh_ctx *ctx, void *block) { (void)ctx; free(block); made(malloc(9)); return BH_OK; }
    static int32_t cleans(bh_ctx *ctx) {
      bh_cleanup(ctx, BH_ALWAYS, "the block", undone, malloc(50));
      return BH_OK;
    }

    static int32_t tries(bh_ctx *ctx) {
      int64_t got = 0;
      for (int i = 0; i < 5; i++) {
        errno = 0;
        void *block = made(malloc(10));
        if (block != NULL) got |= 1 << i;
        else if (errno != ENOMEM) return BH_BUG;
        free(block);
      }
      return bh_result_i64(ctx, "got", got);
    }
    """
}
