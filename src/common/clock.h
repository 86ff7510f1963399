#ifndef TW_CLOCK_H
#define TW_CLOCK_H

/* The only readers of the clock. Pure code is given the time as a parameter. */

#include <stddef.h>
#include <stdint.h>

int64_t clock_now_ms(void);  /* Unix time, milliseconds; may jump */
int64_t clock_mono_ms(void); /* monotonic, milliseconds */
int64_t clock_mono_ns(void); /* monotonic, nanoseconds */

/* "2026-11-23T21:45:00.123Z" into out; at least CLOCK_ISO_SIZE bytes. */
#define CLOCK_ISO_SIZE 32
void clock_format_iso(int64_t at_ms, char *out, size_t size);

/* Sleeps until mono_ms, also over signals. For threads without anything else to wait on. */
void clock_sleep_until_mono_ms(int64_t mono_ms);

#endif
