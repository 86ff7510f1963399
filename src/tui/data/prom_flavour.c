#include "tui/data/prom_flavour.h"

#include "common/fetch.h"
#include "tui/data/prom_parts.h"
#include "tui/text/server_text.h"

#include <string.h>

const char *prom_flavour_name(enum prom_flavour flavour)
{
    static const char *const names[N_PROM_FLAVOURS] = {"", "prometheus", "victoriametrics",
                                                       "thanos", "mimir"};

    return names[flavour];
}

/* ---- Who answers -------------------------------------------------------------------------------- */

int prom_read_build(const struct fetch_reply *reply,
                    enum prom_flavour *ret_flavour,
                    char *ret_version,
                    size_t size,
                    struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *data = NULL;
    const char *version, *application;

    if (prom_open_envelope(reply, &json, &data, err) < 0)
        return -1;
    version = json_string(json_get(data, "version"));
    application = json_string(json_get(data, "application"));
    version = version ? version : "";
    (void)server_text_copy(ret_version, size, version, strlen(version));
    if (application && strstr(application, "Mimir"))
        *ret_flavour = PROM_MIMIR;
    else if (strncmp(version, "0.", 2) == 0) /* Prometheus itself has been 1 and more since 2016 */
        *ret_flavour = PROM_THANOS;
    else
        *ret_flavour = version[0] ? PROM_PROMETHEUS : PROM_UNKNOWN;
    return 0;
}

bool prom_is_vector(const struct fetch_reply *reply)
{
    CLEANUP(json_freep) struct json *json = NULL;
    const struct json *data = NULL;
    const char *type;

    if (prom_open_envelope(reply, &json, &data, NULL) < 0)
        return false;
    type = json_string(json_get(data, "resultType"));
    return type && strcmp(type, "vector") == 0;
}

/* ---- What it needs ------------------------------------------------------------------------------ */

void prom_flavour_write(enum prom_flavour flavour, struct buffer *out)
{
    /* VictoriaMetrics shifts the ends of a range to its cache's liking, and hides the newest 30 s. */
    if (flavour == PROM_VICTORIAMETRICS || flavour == PROM_UNKNOWN)
        (void)buffer_puts(out, "&nocache=1&latency_offset=1s");
    /* Thanos: replicas are one, and a store that is away costs its data alone, which a warning says. */
    if (flavour == PROM_THANOS || flavour == PROM_UNKNOWN)
        (void)buffer_puts(out, "&dedup=true&partial_response=true");
}

/* ---- What it lacks ------------------------------------------------------------------------------ */

bool prom_is_lacking(const struct fetch_reply *reply)
{
    static const char unsupported[] = "unsupported path";

    switch (reply->status) {
    case 404:
    case 405:
    case 410:
    case 501:
        return true;
    case 400:
        return memmem(reply->body, reply->body_len, unsupported, sizeof(unsupported) - 1) != NULL;
    default:
        return false;
    }
}

const char *prom_lack_text(enum prom_flavour flavour, enum prom_part part)
{
    if (part == PROM_PART_TARGETS)
        return "scrape targets: not from this server";
    if (flavour == PROM_VICTORIAMETRICS)
        return "alert rules: not from this server (vmalert not set)";
    if (flavour == PROM_THANOS || flavour == PROM_MIMIR)
        return "alert rules: not from this server (no ruler behind it)";
    return "alert rules: not from this server";
}
