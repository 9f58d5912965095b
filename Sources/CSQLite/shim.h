#include <sqlite3.h>

/* SQLITE_TRANSIENT is a cast of -1 to a function pointer, which Swift cannot import. SQLite copies the bytes.
   An empty string may have no address, and a null address would bind NULL. */
static inline int bulkhead_bind_text(sqlite3_stmt *statement, int index, const char *bytes, int count) {
  return sqlite3_bind_text(statement, index, bytes ? bytes : "", count, SQLITE_TRANSIENT);
}

static inline int bulkhead_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, int count) {
  return count == 0 ? sqlite3_bind_zeroblob(statement, index, 0)
                    : sqlite3_bind_blob(statement, index, bytes, count, SQLITE_TRANSIENT);
}

/* Variadic in C. `value` is in and out. */
static inline int bulkhead_persist_wal(sqlite3 *database, int value) {
  return sqlite3_file_control(database, "main", SQLITE_FCNTL_PERSIST_WAL, &value);
}

/* Variadic in C. Without its own accounting SQLite takes no global lock at each allocation. Has an effect only before
   the first use of the library; what it answers later changes nothing. */
static inline int bulkhead_configure_sqlite(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
