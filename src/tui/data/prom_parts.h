#ifndef TW_PROM_PARTS_H
#define TW_PROM_PARTS_H

/* What the readers of Prometheus's answers share. Pure. */

#include "common/json.h"
#include "tui/data/prom.h"

/* {"status":"success","data":{...}}: the document, the caller's, and its data, borrowed from it. Errors
 * as answer_read, and TW_BROKEN for JSON of another shape. */
int prom_open_envelope(const struct fetch_reply *reply,
                       struct json **ret_json,
                       const struct json **ret_data,
                       struct tw_error *err) MUST_CHECK;

/* The sentences beside the data. VictoriaMetrics's isPartial becomes a warning. infos may be NULL. */
void prom_read_warnings(const struct json *answer,
                        struct prom_notes *warnings,
                        struct prom_notes *infos);

#endif
