#ifndef TW_MOMENT_H
#define TW_MOMENT_H

/* Moments and spans as text, and back. Pure; UTC throughout. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOMENT_SPAN_SIZE 16
#define MOMENT_UTC_SIZE  32

/* "2026-11-23T21:45:00.123456789+01:00" as RFC 3339 has it, in Unix ms. False for anything else. */
bool moment_parse(const char *text, int64_t *ret_ms);

/* "850ms", "42s", "4m12s", "1h03m", "2d04h"; a negative span counts as 0. */
void moment_format_span(int64_t span_ms, char out[MOMENT_SPAN_SIZE]);

/* "2026-11-23T21:45:00.123Z"; from 1970 on, what is before counts as 1970. */
void moment_format_utc(int64_t at_ms, char out[MOMENT_UTC_SIZE]);

/* "22:14:10" */
void moment_format_clock(int64_t at_ms, char out[MOMENT_SPAN_SIZE]);

/* "10s", "1m30s", "500ms" as Prometheus writes spans, in ms. False for anything else. */
bool moment_parse_span(const char *text, int64_t *ret_ms);

#endif
