/* Where code is: the caller of a cancel point, and the stack of a crash in a process that tries a plug-in. */
#define _GNU_SOURCE
#include "CPluginRuntime.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
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

int32_t bhrt_find_caller(uintptr_t module, bhrt_place *place_out) {
  void *frames[FRAMES];
  int count = backtrace(frames, FRAMES);
  for (int i = 0; i < count; i++) {
    /* A return address stands behind its call. */
    const char *call = (const char *)frames[i] - 1;
    Dl_info info;
    if (dladdr(call, &info) == 0 || (uintptr_t)info.dli_fbase != module) continue;
    describe(call, &info, place_out);
    return 1;
  }
  return 0;
}

static int trace_descriptor = -1;

static void say(const char *text, int length) {
  if (length > 0) (void)!write(trace_descriptor, text, (size_t)length);
}

/* The process ends with this signal; what is lost here is lost. The alarm is for a fault that holds a lock of
 * the loader, which dladdr would wait for. */
static void tell_crash(int number) {
  static volatile sig_atomic_t told;
  signal(SIGALRM, SIG_DFL);
  alarm(5);
  char line[1024];
  if (!told) {
    told = 1;
    say(line, snprintf(line, sizeof line, "\n!signal %d\n", number));
    void *frames[FRAMES];
    int count = backtrace(frames, FRAMES);
    /* The first two are this handler and the kernel's way into it; the third is no return address. */
    for (int i = 2; i < count; i++) {
      const char *call = (const char *)frames[i] - (i > 2);
      Dl_info info;
      if (dladdr(call, &info) == 0 || info.dli_fname == NULL) continue;
      say(line, snprintf(line, sizeof line, "!frame %lx %.200s %.500s\n",
                         (unsigned long)((uintptr_t)call - (uintptr_t)info.dli_fbase),
                         info.dli_sname != NULL ? info.dli_sname : "-", info.dli_fname));
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
  action.sa_handler = tell_crash;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) sigaction(numbers[i], &action, NULL);
}
