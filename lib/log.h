/* One JSON object a line on standard error: time, level, program, pid, event, request_id,
 * then the pairs given. User text is escaped and cut at 256 bytes; secrets never come
 * here. One write(2) a line, so lines of several processes do not mix. Where standard
 * error is the journal a line begins with its priority, which the journal takes off. */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include "lib/base.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_open(const char *program, enum log_level least);
/* Names the request that later lines belong to; copied; NULL: none. */
void log_request(const char *request_id);

/* Pairs of `const char *` name, value, ended by NULL; a NULL value is left out.
 * `event` and names are snake_case constants. */
void log_event(enum log_level level, const char *event, ...) SENTINEL;
#define log_error(...) log_event(LOG_LEVEL_ERROR, __VA_ARGS__, (char *)NULL)
#define log_warn(...)  log_event(LOG_LEVEL_WARN, __VA_ARGS__, (char *)NULL)
#define log_info(...)  log_event(LOG_LEVEL_INFO, __VA_ARGS__, (char *)NULL)
#define log_debug(...) log_event(LOG_LEVEL_DEBUG, __VA_ARGS__, (char *)NULL)

/* A decimal for a log pair; lives until eight more are asked for. */
const char *log_number(int64_t n);

#endif
