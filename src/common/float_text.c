#include "common/float_text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 9 /* of a float, to read back as the same */

/* Text of a whole number of `n` digits times ten to the `power`, for -6 <= place of its first digit <= 9:
 * without an exponent. Returns the length. */
static size_t write_digits(uint32_t digits, int n, int power, char *out)
{
    char text[DIGITS_MAX + 1];
    int n_before = n + power; /* digits before the point; may be under 1 */
    size_t len = 0;

    (void)snprintf(text, sizeof(text), "%0*u", n, digits);
    if (n_before <= 0) {
        out[0] = '0';
        out[1] = '.';
        memset(out + 2, '0', (size_t)-n_before);
        len = 2 + (size_t)-n_before;
        memcpy(out + len, text, (size_t)n);
        return len + (size_t)n;
    }
    for (int i = 0; i < n_before; i++)
        out[len++] = (char)(i < n ? text[i] : '0');
    out[len++] = '.';
    for (int i = n_before; i < n; i++)
        out[len++] = text[i];
    if (n_before >= n)
        out[len++] = '0';
    return len;
}

/* For what embeddings and distances are made of. Doubles carry 15 digits, so that a float's 9 come out
 * right of a product with a power of ten; whether the text reads back is checked all the same. 0: not of
 * that kind. */
static size_t write_usual(float value, char *out)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6, 1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
    double magnitude = fabs((double)value);
    int first; /* decimal places before its first digit */

    if (!(magnitude >= 1e-5 && magnitude < 1e6))
        return 0;
    for (first = -5; magnitude >= (first >= 0 ? powers[first] : 1 / powers[-first]); first++)
        ;
    for (int n = 1; n <= DIGITS_MAX; n++) {
        int power = first - n; /* of the last digit */
        double digits = power < 0 ? nearbyint(magnitude * powers[-power])
                                  : nearbyint(magnitude / powers[power]);
        double back = power < 0 ? digits / powers[-power] : digits * powers[power];

        if ((float)back != fabsf(value))
            continue;
        if (digits >= powers[n]) { /* rounded up to one digit more */
            digits = powers[n - 1];
            power++;
        }
        *out = '-';
        return (value < 0) + write_digits((uint32_t)digits, n, power, out + (value < 0));
    }
    return 0;
}

static size_t write_any(float value, char *out, size_t size)
{
    int len = 0;

    for (int digits = 1; digits <= DIGITS_MAX; digits++) {
        len = snprintf(out, size, "%.*g", digits, (double)value);
        if (strtof(out, NULL) == value)
            break;
    }
    if (!strpbrk(out, ".e"))
        len += snprintf(out + len, size - (size_t)len, ".0");
    return (size_t)len;
}

void json_write_float(struct json_writer *w, const char *key, float value)
{
    char text[40];
    size_t len;

    if (!isfinite(value)) {
        json_write_null(w, key);
        return;
    }
    len = write_usual(value, text);
    if (len == 0)
        len = write_any(value, text, sizeof(text));
    json_write_raw(w, key, text, len);
}
