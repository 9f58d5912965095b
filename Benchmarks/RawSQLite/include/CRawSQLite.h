#ifndef CRAWSQLITE_H
#define CRAWSQLITE_H

/** The baseline: the life of `jobs` jobs (submit, claim, start, finish; the engine's rows, `batch` jobs a durable
 *  transaction, one thread) in plain sqlite3 calls on a fresh database at `path`.
 *  Seconds, or a negative number when SQLite failed (its message goes to standard error). */
double crawsqlite_job_lives(const char *path, int jobs, int batch);

#endif
