#include "tui/data/server_json.h"

#include "tui/text/moment.h"
#include "tui/text/server_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define EXACT_MAX 9007199254740992.0 /* 2^53: larger integers are not exact in JSON's doubles */

void server_json_copy(char *out, size_t size, const struct json *value)
{
    const char *text = json_string(value);

    (void)server_text_copy(out, size, text ? text : "", text ? strlen(text) : 0);
}

char *server_json_lines_dup(const struct json *value)
{
    const char *text = json_string(value);

    return server_text_lines_dup(text ? text : "", text ? strlen(text) : 0);
}

int64_t server_json_whole(const struct json *value, int64_t otherwise)
{
    double number = json_number(value, -1);

    return number >= 0 && number <= EXACT_MAX ? (int64_t)number : otherwise;
}

double server_json_ratio(const struct json *value)
{
    double number = json_number(value, (double)NAN);

    return number >= 0 && number <= 1 ? number : (double)NAN;
}

double server_json_amount(const struct json *value)
{
    double number = json_number(value, (double)NAN);

    return number >= 0 ? number : (double)NAN;
}

int64_t server_json_moment(const struct json *value)
{
    const char *text = json_string(value);
    int64_t at_ms = 0;

    if (!text)
        return server_json_whole(value, 0);
    return moment_parse(text, &at_ms) && at_ms > 0 ? at_ms : 0;
}

void server_json_copy_id(char *out, size_t size, const struct json *value)
{
    int64_t number = server_json_whole(value, -1);

    if (number >= 0)
        (void)snprintf(out, size, "%lld", (long long)number);
    else
        server_json_copy(out, size, value);
}

int server_json_word(const struct json *value, const char *const *names, size_t n_names)
{
    const char *text = json_string(value);

    for (size_t i = 0; text && i < n_names; i++)
        if (strcmp(text, names[i]) == 0)
            return (int)i;
    return -1;
}
