// The one C++ file: it exists to catch. Ordinary C and Swift cannot stop an exception, and one that reaches a
// Swift frame would skip its clean-up in silence.
#include "CPluginRuntime.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <typeinfo>

namespace {

// The text of the exception that is being caught: "std::out_of_range: vector::at".
void describe(char *text_out, size_t capacity, const char *what) {
  if (text_out == nullptr || capacity == 0) return;
  const std::type_info *type = abi::__cxa_current_exception_type();
  const char *name = type != nullptr ? type->name() : "an exception of another language";
  int status = 0;
  char *readable = type != nullptr ? abi::__cxa_demangle(name, nullptr, nullptr, &status) : nullptr;
  std::snprintf(text_out, capacity, "%s%s%s", readable != nullptr ? readable : name, what != nullptr ? ": " : "",
                what != nullptr ? what : "");
  std::free(readable);
}

template <typename Body>
int32_t guarded(char *text_out, size_t capacity, Body body) {
  if (text_out != nullptr && capacity > 0) text_out[0] = '\0';
  try {
    return body();
  } catch (abi::__forced_unwind &) {
    throw;  // pthread_exit and pthread_cancel: swallowing it aborts the process
  } catch (const std::exception &exception) {
    describe(text_out, capacity, exception.what());
  } catch (...) {
    describe(text_out, capacity, nullptr);
  }
  return BH_BUG;
}

}  // namespace

// The Swift runtime's own, which knows its names best.
extern "C" char *swift_demangle(const char *name, size_t length, char *buffer, size_t *size, uint32_t flags)
    __attribute__((weak));

extern "C" int32_t bhrt_demangle(const char *name, char *text_out, size_t capacity) {
  int status = 0;
  char *readable = name[0] == '$' && swift_demangle != nullptr
                       ? swift_demangle(name, std::strlen(name), nullptr, nullptr, 0)
                       : abi::__cxa_demangle(name, nullptr, nullptr, &status);
  int fits = readable != nullptr && static_cast<size_t>(std::snprintf(text_out, capacity, "%s", readable)) < capacity;
  std::free(readable);
  return fits;
}

extern "C" int32_t bhrt_call(bh_action_fn function, bh_ctx *ctx, char *text_out, size_t capacity) {
  return guarded(text_out, capacity, [&] { return function(ctx); });
}

extern "C" int32_t bhrt_call_cleanup(bh_cleanup_fn function, bh_ctx *ctx, void *argument, char *text_out,
                                     size_t capacity) {
  return guarded(text_out, capacity, [&] { return function(ctx, argument); });
}

extern "C" int32_t bhrt_call_step(bh_step_fn function, bh_ctx *ctx, bh_str token, void *argument, bh_str *result_out,
                                  char *text_out, size_t capacity) {
  return guarded(text_out, capacity, [&] { return function(ctx, token, argument, result_out); });
}

extern "C" int32_t bhrt_call_entry(const bh_plugin *(*function)(const bh_host *), const bh_host *host,
                                   const bh_plugin **plugin_out, char *text_out, size_t capacity) {
  *plugin_out = nullptr;
  return guarded(text_out, capacity, [&] {
    *plugin_out = function(host);
    return BH_OK;
  });
}

extern "C" int32_t bhrt_call_fini(void (*function)(void), char *text_out, size_t capacity) {
  return guarded(text_out, capacity, [&] {
    function();
    return BH_OK;
  });
}
