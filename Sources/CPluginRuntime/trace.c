/* Where code is: the caller of a cancel point, and the stack of a crash in a process that tries a plug-in. */
#define _GNU_SOURCE
#include "CPluginRuntime.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

enum { FRAMES = 64 };

uintptr_t bhrt_module_of(const void *address) {
  Dl_info info;
  return dladdr(address, &info) != 0 ? (uintptr_t)info.dli_fbase : 0;
}

static void describe(const void *address, const Dl_info *info, bhrt_place *place_out) {
  snprintf(place_out->module, sizeof place_out->module, "%s", info->dli_fname != NULL ? info->dli_fname : "");
  snprintf(place_out->symbol, sizeof place_out->symbol, "%s", info->dli_sname != NULL ? info->dli_sname : "");
  place_out->offset = (uint64_t)((uintptr_t)address - (uintptr_t)info->dli_fbase);
}

int32_t bhrt_find_places(void *const *frames, int32_t count, uintptr_t module, bhrt_place *places_out,
                         int32_t capacity) {
  int32_t found = 0;
  for (int i = 0; i < count && found < capacity; i++) {
    /* A return address stands behind its call. */
    const char *call = (const char *)frames[i] - 1;
    Dl_info info;
    if (dladdr(call, &info) == 0 || (uintptr_t)info.dli_fbase != module) continue;
    describe(call, &info, &places_out[found++]);
  }
  return found;
}

int32_t bhrt_find_callers(uintptr_t module, bhrt_place *places_out, int32_t capacity) {
  void *frames[FRAMES];
  return bhrt_find_places(frames, backtrace(frames, FRAMES), module, places_out, capacity);
}

static int trace_descriptor = -1;

static void say(const char *text, int length) {
  if (length > 0) (void)!write(trace_descriptor, text, (size_t)length);
}

static __thread uintptr_t stack_low;

void bhrt_set_stack(const void *low) { stack_low = (uintptr_t)low; }

static uintptr_t stack_pointer(const ucontext_t *context) {
#if defined(__x86_64__)
  return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
  return (uintptr_t)context->uc_mcontext.sp;
#else
  return (void)context, 0;
#endif
}

/* Whether the fault is an overflow of the stack, and of which: " run-stack" of a job thread, " stack" of another. A
 * large frame is stepped over before it is touched, so the pointer may be far below the end. Elsewhere a fault near
 * the pointer can be nothing else: what stands above it is mapped. */
static const char *overflow(const siginfo_t *info, const ucontext_t *context) {
  uintptr_t here = stack_pointer(context), fault = (uintptr_t)info->si_addr;
  if (here == 0 || info->si_code <= 0) return "";
  if (stack_low != 0) return here < stack_low + 64 && here + (64 << 20) > stack_low ? " run-stack" : "";
  return fault + 65536 > here && fault < here + 65536 ? " stack" : "";
}

/* The process ends with this signal; what is lost here is lost. The alarm is for a fault that holds a lock of
 * the loader, which dladdr would wait for. */
static void tell_crash(int number, siginfo_t *info, void *context) {
  static volatile sig_atomic_t told;
  signal(SIGALRM, SIG_DFL);
  alarm(5);
  char line[1024];
  if (!told) {
    told = 1;
    say(line, snprintf(line, sizeof line, "\n!signal %d%s\n", number,
                       number == SIGSEGV ? overflow(info, context) : ""));
    void *frames[FRAMES];
    int count = backtrace(frames, FRAMES);
    /* The first two are this handler and the kernel's way into it; the third is no return address. */
    for (int i = 2; i < count; i++) {
      const char *call = (const char *)frames[i] - (i > 2);
      Dl_info place;
      if (dladdr(call, &place) == 0 || place.dli_fname == NULL) continue;
      say(line, snprintf(line, sizeof line, "!frame %lx %.400s %.500s\n",
                         (unsigned long)((uintptr_t)call - (uintptr_t)place.dli_fbase),
                         place.dli_sname != NULL ? place.dli_sname : "-", place.dli_fname));
    }
  }
  signal(number, SIG_DFL);
  raise(number);
}

void bhrt_trace_crashes(int32_t descriptor) {
  static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
  void *frames[4];
  trace_descriptor = descriptor;
  (void)backtrace(frames, 4); /* loads what it needs: not possible any more when a lock is lost */
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = tell_crash;
  action.sa_flags = SA_ONSTACK | SA_NODEFER | SA_SIGINFO;
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) sigaction(numbers[i], &action, NULL);
}
