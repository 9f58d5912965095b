/* Level 1: a function for each struct that is promised. Written by scripts/freeze-abi.sh. */
#include <bulkhead/all.h>
const bh_plugin *bh_plugin_entry(const bh_host *host) { return (void)host, (const bh_plugin *)0; }
void surface_of_bh_action(struct bh_action *value) { (void)value; }
void surface_of_bh_cell(struct bh_cell *value) { (void)value; }
void surface_of_bh_cleanup_table(struct bh_cleanup_table *value) { (void)value; }
void surface_of_bh_ctx(struct bh_ctx *value) { (void)value; }
void surface_of_bh_host(struct bh_host *value) { (void)value; }
void surface_of_bh_log_table(struct bh_log_table *value) { (void)value; }
void surface_of_bh_lost_step(struct bh_lost_step *value) { (void)value; }
void surface_of_bh_params_table(struct bh_params_table *value) { (void)value; }
void surface_of_bh_plugin(struct bh_plugin *value) { (void)value; }
void surface_of_bh_poll(struct bh_poll *value) { (void)value; }
void surface_of_bh_progress_table(struct bh_progress_table *value) { (void)value; }
void surface_of_bh_reconcile_table(struct bh_reconcile_table *value) { (void)value; }
void surface_of_bh_result_table(struct bh_result_table *value) { (void)value; }
void surface_of_bh_steps_table(struct bh_steps_table *value) { (void)value; }
void surface_of_bh_str(struct bh_str *value) { (void)value; }
void surface_of_bh_wait_table(struct bh_wait_table *value) { (void)value; }
