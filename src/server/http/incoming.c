#include "server/http/incoming.h"

#include "server/http/http_parts.h"

#include <string.h>
#include <strings.h>

/* Where a header's first value goes, and where it is counted. */
struct place {
    const char *name;
    size_t len;
    size_t value, count; /* offsets into struct incoming; count 0: nobody asks */
};

#define NAMED(text)   text, sizeof(text) - 1
#define ASKED(member) offsetof(struct incoming, asked.member)
#define GIVEN(member) offsetof(struct incoming, member)

static const struct place places[] = {
    {NAMED("Host"), ASKED(host), ASKED(n_hosts)},
    {NAMED("Authorization"), ASKED(authorization), ASKED(n_authorizations)},
    {NAMED("Content-Type"), ASKED(content_type), 0},
    {NAMED("Content-Length"), ASKED(content_length), ASKED(n_lengths)},
    {NAMED("Transfer-Encoding"), ASKED(transfer_encoding), ASKED(n_encodings)},
    {NAMED("X-Request-Id"), GIVEN(request_id), 0},
    {NAMED("traceparent"), GIVEN(traceparent), 0},
};

/* The library adds a continuation line to the header's name instead of its value, so that a folded length is none to
 * it: "Content-Length: 5" with a further line " 0" becomes "Content-Length0". */
static bool hides_framing(const char *name)
{
    static const char *const framing[] = {"Content-Length", "Transfer-Encoding"};

    for (size_t i = 0; i < COUNT_OF(framing); i++)
        if (strncasecmp(name, framing[i], strlen(framing[i])) == 0 && name[strlen(framing[i])])
            return true;
    return false;
}

static enum MHD_Result take(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct admission_request *asked = &((struct incoming *)cls)->asked;
    char *incoming = cls;
    size_t len = strlen(name);

    (void)kind;
    if (!headers_is_token(name) || (value && !headers_is_clean(value)) || hides_framing(name))
        asked->has_broken_header = true;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        const struct place *place = &places[i];
        const char **slot = (const char **)(void *)(incoming + place->value);

        if (len != place->len || strncasecmp(name, place->name, len) != 0)
            continue;
        if (!*slot)
            *slot = value ? value : "";
        if (place->count)
            ++*(unsigned *)(void *)(incoming + place->count);
        break;
    }
    return MHD_YES;
}

void incoming_read(struct MHD_Connection *connection, const char *version, struct incoming *ret)
{
    *ret = (struct incoming){.asked.is_http_1_1 = strcmp(version, "HTTP/1.0") != 0};
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, take, ret);
}
