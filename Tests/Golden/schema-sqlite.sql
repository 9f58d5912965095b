CREATE TABLE audit (
  id integer primary key,
  at integer not null,
  who text not null,
  verb text not null,
  subject text not null,
  detail text not null) strict;

CREATE TABLE counter (
  name text primary key,
  value integer not null) strict, without rowid;

CREATE TABLE job_active (
  node integer not null,
  job integer not null,
  primary key (node, job)) strict, without rowid;

CREATE TABLE job_cancel (
  node integer not null,
  job integer not null,
  primary key (node, job)) strict, without rowid;

CREATE TABLE job_count (
  status integer primary key,
  jobs integer not null) strict;

CREATE TABLE job_done (
  job integer primary key,
  outcome integer not null,
  fence integer not null,
  attempt integer not null,
  cancel_requested integer not null,
  node integer,
  started_at integer,
  finished_at integer not null,
  code integer not null,
  message text not null,
  result text,
  left_behind blob,
  cpu_ns integer not null,
  wall_ns integer not null,
  host_calls integer not null,
  reason text not null, allocations integer, allocated_bytes integer, peak_bytes integer, live_bytes integer, live_blocks integer) strict;

CREATE TABLE job_event (
  job integer not null,
  number integer not null,
  at integer not null,
  from_status integer not null,
  to_status integer not null,
  reason text not null,
  fence integer not null,
  detail text not null,
  primary key (job, number)) strict, without rowid;

CREATE TABLE job_kind (
  id integer primary key,
  plugin text not null,
  action text not null,
  unique (plugin, action)) strict;

CREATE TABLE job_live (
  job integer primary key,
  kind integer not null,
  repeat_rule integer not null,
  state integer not null,
  fence integer not null,
  attempt integer not null,
  cancel_requested integer not null,
  node integer,
  started_at integer,
  write_seq integer not null,
  events integer not null,
  reason text not null, run_ended integer not null default 0, changed_at integer not null default 0, log_fence integer not null default 0, log_lines integer not null default 0) strict;

CREATE TABLE job_log (
  id integer primary key,
  job integer not null,
  at integer not null,
  level integer not null,
  text text not null) strict;

CREATE TABLE job_lost (
  job integer primary key,
  kind integer not null,
  since integer not null,
  message text not null,
  left_behind blob,
  tries integer not null,
  due_at integer,
  node integer,
  ask integer not null,
  asked_at integer,
  answer text not null) strict;

CREATE TABLE job_progress (
  job integer primary key,
  done integer not null,
  total integer not null,
  message text not null,
  at integer not null) strict;

CREATE TABLE job_ready (
  kind integer not null,
  job integer not null,
  primary key (kind, job)) strict, without rowid;

CREATE TABLE job_spec (
  job integer primary key,
  kind integer not null,
  params text not null,
  repeat_rule integer not null,
  deadline_ms integer not null,
  cleanup_ms integer not null,
  grace_ms integer not null,
  submitted_at integer not null) strict;

CREATE TABLE job_step (
  job integer not null,
  name text not null,
  number integer not null,
  fence integer not null,
  state integer not null,
  result text not null,
  begun_at integer not null,
  done_at integer,
  primary key (job, name)) strict, without rowid;

CREATE TABLE node (
  id integer primary key,
  pid integer not null,
  start_ticks integer not null,
  boot_id text not null,
  node_order integer not null,
  since integer not null,
  ended_at integer,
  ended_detail text, worker_group text not null default '') strict;

CREATE TABLE plugin_file (
  file text primary key,
  state integer not null,
  plugin_id text not null,
  version text not null,
  sha256 text not null,
  manifest text not null,
  image text not null,
  message text not null,
  generation integer not null,
  changed_at integer not null, worker_group text not null default '') strict;

CREATE TABLE plugin_generation (
  plugin_id text primary key,
  generation integer not null,
  sha256 text not null) strict;

CREATE TABLE plugin_report (
  node integer not null,
  sha256 text not null,
  is_loaded integer not null,
  message text not null,
  primary key (node, sha256)) strict;

CREATE TABLE plugin_revoked (
  sha256 text primary key,
  at integer not null,
  who text not null,
  reason text not null) strict, without rowid;

CREATE TABLE plugin_version (
  sha256 text primary key,
  plugin_id text not null,
  version text not null,
  tried_at integer not null,
  clean_runs integer not null,
  strikes integer not null,
  signer text not null, probation_runs integer not null default 0) strict, without rowid;

CREATE TABLE record_environment (
  id integer primary key,
  version integer not null,
  "name" text not null unique,
  "handler" integer references record_resource_handler (id), changed_by integer) strict;

CREATE TABLE record_resource_handler (
  id integer primary key,
  version integer not null,
  "name" text not null unique,
  "kind" text not null,
  "endpoint" text, changed_by integer) strict;

CREATE TABLE record_server (
  id integer primary key,
  version integer not null,
  "hostname" text not null unique,
  "ip" text,
  "cpus" integer,
  "memory_mib" integer,
  "power" text,
  "status" text,
  "external_id" text,
  "handler" integer references record_resource_handler (id),
  "environment" integer references record_environment (id),
  "owner" text,
  "created_at" integer, changed_by integer) strict;

CREATE TABLE schema_version (
  version integer primary key,
  applied_at integer not null) strict;

CREATE TABLE submit_batch (
  batch blob primary key,
  first_job integer not null,
  jobs integer not null,
  at integer not null) strict, without rowid;

CREATE INDEX job_done_finished on job_done (finished_at, job);

CREATE INDEX job_log_job on job_log (job, id);

CREATE INDEX job_lost_due on job_lost (kind, due_at, job);

CREATE INDEX job_lost_node on job_lost (node) where node is not null;

CREATE UNIQUE INDEX job_step_number on job_step (job, number);

CREATE INDEX node_living on node (id) where ended_at is null;

CREATE INDEX record_environment_changed_by on record_environment (changed_by) where changed_by is not null;

CREATE INDEX record_environment_handler on record_environment ("handler");

CREATE INDEX record_resource_handler_changed_by on record_resource_handler (changed_by) where changed_by is not null;

CREATE INDEX record_resource_handler_kind on record_resource_handler ("kind");

CREATE INDEX record_server_changed_by on record_server (changed_by) where changed_by is not null;

CREATE INDEX record_server_environment on record_server ("environment");

CREATE INDEX record_server_external_id on record_server ("external_id");

CREATE INDEX record_server_handler on record_server ("handler");

CREATE INDEX record_server_ip on record_server ("ip");

CREATE INDEX record_server_owner on record_server ("owner");

CREATE INDEX record_server_status on record_server ("status");

CREATE INDEX submit_batch_at on submit_batch (at);
