/* my-plugin: one action that makes the record of an environment and prepares it step by step. It shows what nearly
 * every action needs: parameters, progress, points where it can be cancelled, a record, and an undo. Make it yours. */
#include <bulkhead/bulkhead.hpp>

#include <chrono>
#include <memory>
#include <string>

BH_MANIFEST_FILE("manifest.json");

/* bulkhead::stopped and bulkhead::error pass through: the engine gets their code and text, and the undo runs. */
static void environment_create(bulkhead::context &ctx) {
  const auto name = ctx.param<std::string>("name");
  const auto steps = ctx.param<std::uint64_t>("steps");
  const std::chrono::milliseconds pause(ctx.param<std::int64_t>("pause_ms"));

  /* The undo first, then what it undoes: so no instant lies between them. It is called after this function has ended,
   * so what it reads is shared with it, not borrowed. */
  const auto made = std::make_shared<std::int64_t>(0);
  bulkhead::on_fail(ctx, "delete the record of the environment " + name, [made](bulkhead::context &at_end) {
    if (*made != 0) bulkhead::entity(at_end, "environment").remove(*made);
  });

  bulkhead::entity environments(ctx, "environment");
  {
    const bulkhead::hold whole(ctx); /* no stop may come between the record and our knowing its id */
    *made = environments.create({{"name", name}});
  }

  for (std::uint64_t i = 0; i < steps; i++) {
    ctx.progress(i, steps, "preparing " + name);
    /* The work of one step goes here. In long loops of your own, call ctx.checkpoint() in the same way. */
    ctx.sleep(pause); /* ends at once when the job is cancelled */
  }

  ctx.progress(steps, steps, "ready");
  ctx.info("environment " + name + " is ready");
  ctx.result("environment", *made);
  ctx.result("steps", steps);
}

static const bh_action actions[] = {BH_ACTION("environment.create", bulkhead::action<environment_create>)};
BH_PLUGIN(actions)
