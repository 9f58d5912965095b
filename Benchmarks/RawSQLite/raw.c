/* The floor that the engine is held against: nothing but prepared statements and commits. */
#define _GNU_SOURCE /* clock_gettime under -std=c11 */

#include "include/CRawSQLite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *const schema =
    "pragma journal_mode=wal; pragma synchronous=full; pragma journal_size_limit=-1;"
    "pragma wal_autocheckpoint=3000;"
    "create table job_spec(id integer primary key, kind integer, params text, policy integer, at integer);"
    "create table job_live(id integer primary key, state integer, fence integer, attempt integer, node integer);"
    "create table job_ready(kind integer, job integer, primary key(kind, job)) without rowid;"
    "create table job_active(node integer, job integer, primary key(node, job)) without rowid;"
    "create table job_done(id integer primary key, outcome integer, code integer, result text, at integer);"
    "create table job_event(id integer primary key, job integer, at integer, was integer, is_now integer,"
    "                       reason integer, fence integer);"
    "create index job_event_job on job_event(job);";

enum { SPEC, LIVE, READY, CLAIM, UNREADY, LEASE, ACTIVE, START, UNLIVE, UNACTIVE, DONE, EVENT, STATEMENTS };

static const char *const texts[STATEMENTS] = {
    "insert into job_spec values(?,1,'{}',2,?)",
    "insert into job_live values(?,1,0,0,null)",
    "insert into job_ready values(1,?)",
    "select job from job_ready where kind=1 order by job limit ?",
    "delete from job_ready where kind=1 and job=?",
    "update job_live set state=2, fence=fence+1, node=1 where id=? and state=1",
    "insert into job_active values(1,?)",
    "update job_live set state=3, attempt=attempt+1 where id=? and state=2 and fence=1",
    "delete from job_live where id=? and fence=1",
    "delete from job_active where node=1 and job=?",
    "insert into job_done values(?,1,0,'',?)",
    "insert into job_event(job,at,was,is_now,reason,fence) values(?,?,?,?,1,1)",
};

typedef struct raw {
  sqlite3 *db;
  sqlite3_stmt *statements[STATEMENTS];
  int failed;
} raw;

static void check(raw *r, int code) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  if (!r->failed) fprintf(stderr, "raw SQLite: %s\n", sqlite3_errmsg(r->db));
  r->failed = 1;
}

static void run(raw *r, int which, int values, const sqlite3_int64 *value) {
  sqlite3_stmt *s = r->statements[which];
  for (int i = 0; i < values; i++) check(r, sqlite3_bind_int64(s, i + 1, value[i]));
  check(r, sqlite3_step(s));
  check(r, sqlite3_reset(s));
}

static void one(raw *r, int which, sqlite3_int64 job) { run(r, which, 1, &job); }

static void event(raw *r, sqlite3_int64 job, sqlite3_int64 was, sqlite3_int64 is) {
  run(r, EVENT, 4, (const sqlite3_int64[]){job, 1700000000000, was, is});
}

static void submit(raw *r, sqlite3_int64 job) {
  run(r, SPEC, 2, (const sqlite3_int64[]){job, 1700000000000});
  one(r, LIVE, job);
  one(r, READY, job);
  event(r, job, 0, 1);
}

static void claim(raw *r, sqlite3_int64 job) {
  one(r, UNREADY, job);
  one(r, LEASE, job);
  one(r, ACTIVE, job);
  event(r, job, 1, 2);
}

static void start(raw *r, sqlite3_int64 job) {
  one(r, START, job);
  event(r, job, 2, 3);
}

static void finish(raw *r, sqlite3_int64 job) {
  one(r, UNLIVE, job);
  one(r, UNACTIVE, job);
  run(r, DONE, 2, (const sqlite3_int64[]){job, 1700000000000});
  event(r, job, 3, 9);
}

static int take(raw *r, int limit, sqlite3_int64 *jobs) {
  int count = 0;
  sqlite3_stmt *s = r->statements[CLAIM];
  check(r, sqlite3_bind_int(s, 1, limit));
  while (sqlite3_step(s) == SQLITE_ROW) jobs[count++] = sqlite3_column_int64(s, 0);
  check(r, sqlite3_reset(s));
  return count;
}

static void each(raw *r, const sqlite3_int64 *jobs, int count, void (*act)(raw *, sqlite3_int64)) {
  check(r, sqlite3_exec(r->db, "begin immediate", NULL, NULL, NULL));
  for (int i = 0; i < count; i++) act(r, jobs[i]);
  check(r, sqlite3_exec(r->db, "commit", NULL, NULL, NULL));
}

static void lives(raw *r, int jobs, int batch, sqlite3_int64 *ids) {
  for (int first = 1; first <= jobs && !r->failed; first += batch) {
    int count = jobs - first + 1 < batch ? jobs - first + 1 : batch;
    for (int i = 0; i < count; i++) ids[i] = first + i;
    each(r, ids, count, submit);
    count = take(r, batch, ids);
    each(r, ids, count, claim);
    each(r, ids, count, start);
    each(r, ids, count, finish);
  }
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double crawsqlite_job_lives(const char *path, int jobs, int batch) {
  raw r = {0};
  sqlite3_int64 *ids = malloc(sizeof *ids * (size_t)batch);
  if (ids == NULL) return -1;
  check(&r, sqlite3_open(path, &r.db));
  check(&r, sqlite3_exec(r.db, schema, NULL, NULL, NULL));
  for (int i = 0; i < STATEMENTS && !r.failed; i++)
    check(&r, sqlite3_prepare_v2(r.db, texts[i], -1, &r.statements[i], NULL));
  double begun = seconds();
  if (!r.failed) lives(&r, jobs, batch, ids);
  double taken = seconds() - begun;
  for (int i = 0; i < STATEMENTS; i++) sqlite3_finalize(r.statements[i]);
  sqlite3_close(r.db);
  free(ids);
  return r.failed ? -1 : taken;
}
