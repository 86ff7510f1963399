#include "tui/data/active_faults.h"

#include "tui/data/answer.h"
#include "tui/data/server_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The parameters that a fault may have; each has one at most. */
static void write_params(const struct json *json, char out[48])
{
    static const char *const names[] = {"rate", "delay_ms", "target"};

    out[0] = '\0';
    for (size_t i = 0; i < COUNT_OF(names) && !out[0]; i++) {
        const struct json *value = json_get(json, names[i]);
        double number = json_number(value, (double)NAN);
        char word[32];

        server_json_copy(word, sizeof(word), value);
        if (!isnan(number))
            (void)snprintf(out, 48, "%s=%.6g", names[i], number);
        else if (word[0])
            (void)snprintf(out, 48, "%s=%s", names[i], word);
    }
}

int active_faults_read(const struct fetch_reply *reply,
                       struct active_faults *ret_faults,
                       struct tw_error *err)
{
    CLEANUP(json_freep) struct json *json = NULL;
    struct active_faults faults = {0};
    const struct json *list;

    if (answer_read(reply, &json, err) < 0)
        return -1;
    list = json_get(json, "faults");
    if (json_type(list) != JSON_ARRAY)
        return tw_fail(err, TW_BROKEN, "the answer is JSON, but has no list of faults");
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        struct active_fault *fault = &faults.at[faults.n];

        if (!json_bool(json_get(item, "active"), false) || faults.n == ACTIVE_FAULTS_MAX)
            continue;
        server_json_copy(fault->name, sizeof(fault->name), json_get(item, "name"));
        if (!fault->name[0])
            return tw_fail(err, TW_BROKEN, "a fault has no name");
        fault->left_ms = server_json_whole(json_get(item, "left_ms"), 0);
        fault->simulation_id = server_json_whole(json_get(item, "simulation_id"), 0);
        write_params(item, fault->params);
        faults.n++;
    }
    *ret_faults = faults;
    return 0;
}
