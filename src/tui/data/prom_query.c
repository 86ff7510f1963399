#include "tui/data/prom_query.h"

#include "common/alloc.h"
#include "tui/data/prom_parts.h"
#include "tui/text/server_text.h"

#include <stdio.h>
#include <string.h>

#define MARK      "tw"
#define INDEX_MAX 1000000

/* ---- Joint queries ------------------------------------------------------------------------------ */

void prom_query_join(struct buffer *out, size_t index, const char *expr)
{
    /* On lines of its own: the expression may end in a comment. */
    (void)buffer_printf(out, "%slabel_replace(\n%s\n,\"" MARK "\",\"%zu\",\"\",\"\")",
                        out->len > 0 ? " or " : "", expr, index);
}

bool prom_query_take_index(struct labels *labels, size_t *ret_index)
{
    size_t place = 0, index = 0;
    const char *digits;

    while (place < labels->n && strcmp(labels->at[place].name, MARK) != 0)
        place++;
    if (place == labels->n)
        return false;
    digits = labels->at[place].value;
    if (!digits[0] || digits[strspn(digits, "0123456789")] != '\0')
        return false;
    for (; *digits; digits++) {
        index = index * 10 + (size_t)(*digits - '0');
        if (index > INDEX_MAX)
            return false;
    }
    free(labels->at[place].name);
    free(labels->at[place].value);
    labels->n--;
    memmove(&labels->at[place], &labels->at[place + 1], (labels->n - place) * sizeof(*labels->at));
    *ret_index = index;
    return true;
}

/* ---- Forms -------------------------------------------------------------------------------------- */

static void write_moment(struct buffer *out, const char *name, int64_t at_ms)
{
    (void)buffer_printf(out, "&%s=%lld.%03d", name, (long long)(at_ms / 1000), (int)(at_ms % 1000));
}

void prom_query_write_instant(const char *expr,
                              int64_t at_ms,
                              int64_t timeout_ms,
                              enum prom_flavour flavour,
                              struct buffer *out)
{
    prom_write_query_form(expr, timeout_ms, out);
    write_moment(out, "time", at_ms);
    prom_flavour_write(flavour, out);
}

void prom_query_write_range(const char *expr,
                            const struct time_grid *grid,
                            int64_t timeout_ms,
                            enum prom_flavour flavour,
                            struct buffer *out)
{
    prom_write_query_form(expr, timeout_ms, out);
    write_moment(out, "start", grid->start_ms);
    write_moment(out, "end", time_grid_end_ms(grid));
    write_moment(out, "step", grid->step_ms);
    prom_flavour_write(flavour, out);
}
