/* checksum: SHA-256 of a directory tree. The model plug-in: small, real, and complete. Copy it.
 *
 * The digest is the one that these coreutils print inside the directory:
 *
 *     find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum -z | sha256sum
 *
 * so it depends on names and contents alone, and anybody can check it without this plug-in. Symbolic links
 * and special files are passed over.
 *
 * Build: cc -shared -fPIC -I $SDK/include checksum.c -o checksum.so -lcrypto
 */
#include <bulkhead/all.h>

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

/* The manifest is read from the file without running any of its code. The engine checks every submitted
 * parameter against it, so the code below can rely on "path is there, is text and begins with a slash". */
BH_MANIFEST({
  "id": "checksum",
  "version": "1.0.0",
  "title": "Checksums",
  "description": "Checksums of files on this machine.",
  "abi": {"built": 1, "min_host": 1},
  "actions": [{
    "name": "tree",
    "kind": "action",
    "title": "Checksum of a directory tree",
    "description": "SHA-256 over the names and contents of all regular files below a directory.",
    "repeat": "idempotent",
    "parameters": {
      "type": "object",
      "properties": {
        "path": {
          "type": "string",
          "title": "Directory",
          "description": "Absolute path on the worker's machine.",
          "pattern": "^/",
          "maxLength": 4095
        }
      },
      "required": ["path"]
    },
    "result": {
      "type": "object",
      "properties": {
        "digest": {"type": "string", "description": "64 hexadecimal digits."},
        "files": {"type": "integer", "description": "Files in the digest."},
        "bytes": {"type": "integer", "description": "Bytes in the digest."},
        "unread_count": {"type": "integer", "description": "Files and directories that could not be read."},
        "unread": {"type": "string", "description": "The first of them, one a line, each with its reason."}
      },
      "required": ["digest", "files", "bytes", "unread_count"]
    },
    "deadline_ms": 0,
    "cleanup_ms": 60000
  }],
  "records": [],
  "secrets": []
});

/* One checkpoint per buffer: a cancel waits for one read of this many bytes, no longer. */
#define BUFFER_BYTES (128 * 1024)
#define HEX_BYTES (2 * EVP_MAX_MD_SIZE + 1)

/* All that one run knows. It lives on the stack of `tree`: a plug-in keeps nothing in global variables,
 * because many runs share the process. */
struct run {
  bh_ctx *ctx;
  const char *root;
  unsigned char *buffer;
  EVP_MD_CTX *file_hash;
  EVP_MD_CTX *list_hash;
  uint64_t total_bytes; /* found by the first walk */
  uint64_t files;       /* hashed so far */
  uint64_t bytes;
  uint64_t unread_count;
  char unread[2048];
};

static int32_t count_and_hash(struct run *run);
static int32_t walk(struct run *run, int32_t (*visit)(struct run *, const FTSENT *));
static int by_path(const FTSENT **left, const FTSENT **right);
static int32_t count_entry(struct run *run, const FTSENT *entry);
static int32_t hash_entry(struct run *run, const FTSENT *entry);
static int32_t hash_open_file(struct run *run, int fd, const char *path);
static int32_t leave_out(struct run *run, const char *path, int error);
static int32_t give_result(struct run *run);
static const char *relative(const struct run *run, const FTSENT *entry);
static void hex(char *text_out, const unsigned char *digest, unsigned int size);

/* The action. It can run again from the start at any time ("idempotent" in the manifest): it only reads. */
static int32_t tree(bh_ctx *ctx) {
  struct run run = {.ctx = ctx, .root = bh_param_str(ctx, "path", "/")};
  struct stat facts;
  if (stat(run.root, &facts) != 0)
    return bh_failf(ctx, BH_NOT_FOUND, "cannot find %s: %s", run.root, strerror(errno));
  if (!S_ISDIR(facts.st_mode)) return bh_failf(ctx, BH_INVALID, "%s is not a directory", run.root);

  /* bh_alloc: the host frees it when the run ends, however it ends. What another library made is freed by us,
   * at the one place that every way out passes. */
  int32_t code = BH_MEMORY;
  run.buffer = (unsigned char *)bh_alloc(ctx, BUFFER_BYTES);
  run.file_hash = EVP_MD_CTX_new();
  run.list_hash = EVP_MD_CTX_new();
  if (run.buffer != NULL && run.file_hash != NULL && run.list_hash != NULL) code = count_and_hash(&run);
  if (code == BH_OK) code = give_result(&run);
  EVP_MD_CTX_free(run.file_hash);
  EVP_MD_CTX_free(run.list_hash);
  return code == BH_MEMORY ? bh_fail(ctx, code, "out of memory") : code;
}

static const bh_action actions[] = {BH_ACTION("tree", tree)};
BH_PLUGIN(actions)

/* Two walks: the first one is quick and gives the progress bar its whole. */
static int32_t count_and_hash(struct run *run) {
  bh_progress(run->ctx, 0, 0, "counting");
  int32_t code = walk(run, count_entry);
  if (code < 0) return code;

  bh_logf(run->ctx, BH_INFO, "hashing %llu bytes below %s", (unsigned long long)run->total_bytes, run->root);
  if (!EVP_DigestInit_ex(run->list_hash, EVP_sha256(), NULL)) return BH_MEMORY;
  return walk(run, hash_entry);
}

/* Visits every regular file, and every entry that cannot be read, in the order of their paths. */
static int32_t walk(struct run *run, int32_t (*visit)(struct run *, const FTSENT *)) {
  /* FTS_NOCHDIR: the working directory belongs to the whole process, not to this job. */
  char *roots[] = {(char *)run->root, NULL};
  FTS *walker = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_path);
  if (walker == NULL) return bh_failf(run->ctx, BH_IO, "cannot walk %s: %s", run->root, strerror(errno));

  FTSENT *entry;
  int32_t code = BH_OK;
  while (code == BH_OK && (errno = 0, entry = fts_read(walker)) != NULL) {
    const int unreadable =
        entry->fts_info == FTS_DNR || entry->fts_info == FTS_NS || entry->fts_info == FTS_ERR;
    code = bh_checkpoint_n(run->ctx, 1);
    if (code < 0) break;
    if (unreadable && entry->fts_level == FTS_ROOTLEVEL)
      code = bh_failf(run->ctx, BH_IO, "cannot read %s: %s", run->root, strerror(entry->fts_errno));
    else if (unreadable || entry->fts_info == FTS_F)
      code = visit(run, entry);
  }
  if (code == BH_OK && errno != 0)
    code = bh_failf(run->ctx, BH_IO, "cannot walk %s: %s", run->root, strerror(errno));
  fts_close(walker);
  return code;
}

/* Order of two entries of one directory, such that the whole walk comes out sorted by path. A directory
 * counts as if its name ended in the slash that follows it: "a-b" comes before "a/x". */
static int by_path(const FTSENT **left, const FTSENT **right) {
  for (size_t i = 0;; i++) {
    unsigned char l = (unsigned char)(*left)->fts_name[i], r = (unsigned char)(*right)->fts_name[i];
    if (l == 0 && (*left)->fts_info == FTS_D) l = '/';
    if (r == 0 && (*right)->fts_info == FTS_D) r = '/';
    if (l != r) return l < r ? -1 : 1;
    if (l == 0 || l == '/') return 0;
  }
}

static int32_t count_entry(struct run *run, const FTSENT *entry) {
  if (entry->fts_info == FTS_F) run->total_bytes += (uint64_t)entry->fts_statp->st_size;
  return BH_OK;
}

static int32_t hash_entry(struct run *run, const FTSENT *entry) {
  const char *path = relative(run, entry);
  if (entry->fts_info != FTS_F) return leave_out(run, path, entry->fts_errno);

  int fd = open(entry->fts_accpath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return leave_out(run, path, errno);
  int32_t code = hash_open_file(run, fd, path);
  close(fd);
  return code;
}

/* The read loop: where the time goes, so here stand the checkpoint and the progress. On a stop it returns the
 * code that the checkpoint gave; every caller passes a negative code on, and the run ends. */
static int32_t hash_open_file(struct run *run, int fd, const char *path) {
  char text[HEX_BYTES];
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int digest_size;
  uint64_t file_bytes = 0;

  if (!EVP_DigestInit_ex(run->file_hash, EVP_sha256(), NULL)) return BH_MEMORY;
  for (;;) {
    int32_t stop = bh_checkpoint(run->ctx);
    if (stop < 0) return stop;

    ssize_t got = read(fd, run->buffer, BUFFER_BYTES);
    if (got < 0) return leave_out(run, path, errno);
    if (got == 0) break;
    EVP_DigestUpdate(run->file_hash, run->buffer, (size_t)got);
    file_bytes += (uint64_t)got;

    /* A file may have grown since it was counted: never claim more than the whole. */
    uint64_t done = run->bytes + file_bytes;
    bh_progress(run->ctx, done < run->total_bytes ? done : run->total_bytes, run->total_bytes, "hashing");
  }
  EVP_DigestFinal_ex(run->file_hash, digest, &digest_size);

  /* One line of the list, as `sha256sum -z` prints it. */
  hex(text, digest, digest_size);
  EVP_DigestUpdate(run->list_hash, text, strlen(text));
  EVP_DigestUpdate(run->list_hash, "  ", 2);
  EVP_DigestUpdate(run->list_hash, path, strlen(path) + 1);
  run->files++;
  run->bytes += file_bytes;
  return BH_OK;
}

/* A part that fails does not fail the job: it is logged and listed, and the job ends with a warning. */
static int32_t leave_out(struct run *run, const char *path, int error) {
  size_t used = strlen(run->unread);
  run->unread_count++;
  snprintf(run->unread + used, sizeof run->unread - used, "%s: %s\n", path, strerror(error));
  bh_logf(run->ctx, BH_WARN, "left out %s: %s", path, strerror(error));
  return BH_OK;
}

static int32_t give_result(struct run *run) {
  char text[HEX_BYTES];
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int digest_size;
  EVP_DigestFinal_ex(run->list_hash, digest, &digest_size);
  hex(text, digest, digest_size);

  bh_result_str(run->ctx, "digest", text);
  bh_result_i64(run->ctx, "files", (int64_t)run->files);
  bh_result_i64(run->ctx, "bytes", (int64_t)run->bytes);
  bh_result_i64(run->ctx, "unread_count", (int64_t)run->unread_count);
  bh_progress(run->ctx, run->total_bytes, run->total_bytes, "done");
  if (run->unread_count == 0) return BH_OK;

  bh_result_str(run->ctx, "unread", bh_utf8_repair(run->unread)); /* file names need not be UTF-8 */
  return bh_failf(run->ctx, BH_WARNING, "left out %llu files or directories that could not be read",
                  (unsigned long long)run->unread_count);
}

/* The path below the root, as it stands in the digest. */
static const char *relative(const struct run *run, const FTSENT *entry) {
  const char *path = entry->fts_path + strlen(run->root);
  while (*path == '/') path++;
  return path;
}

static void hex(char *text_out, const unsigned char *digest, unsigned int size) {
  static const char digits[] = "0123456789abcdef";
  for (unsigned int i = 0; i < size; i++) {
    text_out[2 * i] = digits[digest[i] >> 4];
    text_out[2 * i + 1] = digits[digest[i] & 15];
  }
  text_out[2 * size] = 0;
}
