#include "server/api/api.h"

#include <errno.h>
#include <stdlib.h>

int query_int(const struct request *request,
              struct reply *reply,
              const char *name,
              int64_t min,
              int64_t max,
              int64_t *value)
{
    const char *text = request_query(request, name);
    char *end;
    long long number;

    if (!text)
        return 0;
    errno = 0;
    number = strtoll(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && number >= min && number <= max) {
        *value = number;
        return 0;
    }
    field_errors_add(&reply->fields, name, "must be an integer between %lld and %lld",
                     (long long)min, (long long)max);
    return -1;
}
