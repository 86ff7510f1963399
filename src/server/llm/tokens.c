#include "server/llm/tokens.h"

enum kind { LETTER, DIGIT, LINE_BREAK, BLANK, FOREIGN, MARK };

/* How many bytes of a run make one token; 0: the run makes none, whatever its length. */
static const size_t bytes_per_token[] = {
    [LETTER] = 8, [DIGIT] = 2, [LINE_BREAK] = (size_t)-1, [BLANK] = 0, [FOREIGN] = 3, [MARK] = 1};

static enum kind kind_of(unsigned char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return LETTER;
    if (c >= '0' && c <= '9')
        return DIGIT;
    if (c == '\n')
        return LINE_BREAK;
    if (c <= ' ' || c == 0x7f)
        return BLANK;
    return c >= 0x80 ? FOREIGN : MARK;
}

size_t tokens_estimate(const char *text, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len;) {
        enum kind kind = kind_of((unsigned char)text[i]);
        size_t per_token = bytes_per_token[kind];
        size_t start = i;

        while (i < len && kind_of((unsigned char)text[i]) == kind)
            i++;
        if (per_token > 0)
            n += (i - start - 1) / per_token + 1;
    }
    return n;
}
