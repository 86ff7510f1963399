#include "common/edit_distance.h"

#include <stdint.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t edit_distance(const char *a, const char *b)
{
    /* Rows of the table for the last three prefixes of a. */
    size_t rows[3][EDIT_DISTANCE_LEN_MAX + 1];
    size_t *two_ago = rows[0], *last = rows[1], *row = rows[2], *spare;
    size_t a_len = strlen(a), b_len = strlen(b);

    if (a_len > EDIT_DISTANCE_LEN_MAX || b_len > EDIT_DISTANCE_LEN_MAX)
        return SIZE_MAX;
    for (size_t k = 0; k <= b_len; k++)
        two_ago[k] = last[k] = k;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t k = 1; k <= b_len; k++) {
            row[k] = least(last[k] + 1, row[k - 1] + 1);
            row[k] = least(row[k], last[k - 1] + (a[i - 1] != b[k - 1]));
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                row[k] = least(row[k], two_ago[k - 2] + 1);
        }
        spare = two_ago;
        two_ago = last;
        last = row;
        row = spare;
    }
    return last[b_len];
}
