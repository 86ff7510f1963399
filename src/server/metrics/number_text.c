#include "server/metrics/number_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t number_text_whole(uint64_t value, char out[NUMBER_TEXT_SIZE])
{
    char digits[20];
    char *end = digits + sizeof(digits), *start = end;

    do
        *--start = (char)('0' + value % 10);
    while (value /= 10);
    memcpy(out, start, (size_t)(end - start));
    out[end - start] = '\0';
    return (size_t)(end - start);
}

size_t number_text(double value, char out[NUMBER_TEXT_SIZE])
{
    int len = 0;

    if (isnan(value))
        return (size_t)snprintf(out, NUMBER_TEXT_SIZE, "NaN");
    if (isinf(value))
        return (size_t)snprintf(out, NUMBER_TEXT_SIZE, value > 0 ? "+Inf" : "-Inf");
    /* Most values are small whole numbers: no printf for them. */
    if (value >= 0 && value < 1e15 && value == floor(value))
        return number_text_whole((uint64_t)value, out);
    for (int digits = 15; digits <= 17; digits++) {
        len = snprintf(out, NUMBER_TEXT_SIZE, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    return (size_t)len;
}

size_t number_text_bound(double bound, char out[NUMBER_TEXT_SIZE])
{
    size_t len = number_text(bound, out);

    if (isfinite(bound) && !strpbrk(out, ".e")) {
        memcpy(out + len, ".0", 3);
        len += 2;
    }
    return len;
}
