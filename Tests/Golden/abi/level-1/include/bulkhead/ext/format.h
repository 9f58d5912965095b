/* Format: log, progress and failures written as with printf. Sugar over the tables of `log.h` and
 * `progress.h`: no id, no table, nothing of the ABI.
 *
 * Texts of the outside world (file names, messages of other libraries) need not be UTF-8, and a text that is
 * too long is cut anywhere. These functions hand the host clean UTF-8 in either case. */
#ifndef BULKHEAD_EXT_FORMAT_H
#define BULKHEAD_EXT_FORMAT_H

#include "../bulkhead.h"
#include "log.h"
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Longest text that the functions here make, with its NUL. It lives on the stack. */
#define BH_FORMAT_BYTES 1024

/** Lets the compiler check the arguments against the format. */
#define BH_FORMAT_LIKE(format_index, first_index) __attribute__((format(printf, format_index, first_index)))

/** The length of the UTF-8 character at `text`, 0 when there is none.
 *  @thread any @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline size_t bh_utf8_length(const unsigned char *text) {
  const unsigned char a = text[0];
  unsigned char low = 0x80, high = 0xBF; /* allowed range of the second byte */
  size_t length;
  if (a < 0x80) return a != 0;
  if (a >= 0xC2 && a <= 0xDF) length = 2;
  else if (a >= 0xE0 && a <= 0xEF) length = 3;
  else if (a >= 0xF0 && a <= 0xF4) length = 4;
  else return 0;
  if (a == 0xE0) low = 0xA0;  /* else it would be an overlong form, */
  if (a == 0xED) high = 0x9F; /* a surrogate, */
  if (a == 0xF0) low = 0x90;  /* overlong again, */
  if (a == 0xF4) high = 0x8F; /* or beyond U+10FFFF */
  if (text[1] < low || text[1] > high) return 0;
  for (size_t i = 2; i < length; i++)
    if ((text[i] & 0xC0) != 0x80) return 0;
  return length;
}

/** Puts '?' in place of every byte that is not UTF-8, and returns `text`.
 *  @thread any @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline const char *bh_utf8_repair(char *text) {
  unsigned char *at = (unsigned char *)text;
  while (*at != 0) {
    size_t length = bh_utf8_length(at);
    if (length == 0) *at = '?';
    at += length == 0 ? 1 : length;
  }
  return text;
}

/** vsnprintf, then bh_utf8_repair.
 *  @thread any @blocking no @cancelpoint no @owner borrowed @since 1 */
BH_FORMAT_LIKE(3, 0)
static inline const char *bh_format(char *buffer_out, size_t capacity, const char *format,
                                    va_list arguments) {
  int length = vsnprintf(buffer_out, capacity, format, arguments);
  if (length < 0) buffer_out[0] = 0;
  return bh_utf8_repair(buffer_out);
}

/** `bh_logf(ctx, BH_INFO, "%d files", n);`
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
BH_FORMAT_LIKE(3, 4)
static inline void bh_logf(bh_ctx *ctx, uint32_t level, const char *format, ...) {
  char text[BH_FORMAT_BYTES];
  va_list arguments;
  va_start(arguments, format);
  bh_log(ctx, level, bh_format(text, sizeof text, format, arguments));
  va_end(arguments);
}

/** `bh_progressf(ctx, i, n, "copying %s", name);`
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
BH_FORMAT_LIKE(4, 5)
static inline void bh_progressf(bh_ctx *ctx, uint64_t done, uint64_t total, const char *format, ...) {
  char text[BH_FORMAT_BYTES];
  va_list arguments;
  va_start(arguments, format);
  bh_progress(ctx, done, total, bh_format(text, sizeof text, format, arguments));
  va_end(arguments);
}

/** `return bh_failf(ctx, BH_IO, "cannot open %s: %s", path, strerror(errno));`
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
BH_FORMAT_LIKE(3, 4)
static inline int32_t bh_failf(bh_ctx *ctx, int32_t code, const char *format, ...) {
  char text[BH_FORMAT_BYTES];
  va_list arguments;
  va_start(arguments, format);
  code = bh_fail(ctx, code, bh_format(text, sizeof text, format, arguments));
  va_end(arguments);
  return code;
}

#ifdef __cplusplus
}
#endif

#endif
