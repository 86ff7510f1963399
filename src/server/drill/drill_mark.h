#ifndef TW_DRILL_MARK_H
#define TW_DRILL_MARK_H

/* The value of a simulation's X-Tidewatch-Simulation header: "<id>;<kind>;<secret>", where the secret
 * of a run is HMAC-SHA-256(key, "<id>;<kind>"), its first 16 bytes in lower-case hex. Whoever holds
 * the key can check it without knowing the run, so replicas need no shared state; who does not cannot
 * pass off traffic as simulated. Pure; a marker is immutable, any thread. */

#include "server/drill/drill_kinds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DRILL_MARK_SIZE 96 /* of a value, with its NUL */

struct drill_marker;

struct drill_marker *drill_marker_new(const void *key, size_t key_len);
void drill_marker_free(struct drill_marker *marker);

void drill_mark_write(const struct drill_marker *marker,
                      int64_t id,
                      enum drill_kind kind,
                      char ret_value[DRILL_MARK_SIZE]);

/* False for anything that drill_mark_write with this key has not written. */
bool drill_mark_check(const struct drill_marker *marker,
                      const char *value,
                      int64_t *ret_id,
                      enum drill_kind *ret_kind);

#endif
