#include "server/triage/ticket_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* A byte of a word; bytes of UTF-8 sequences count as letters. */
static bool is_word_byte(unsigned char c)
{
    return c >= 0x80 || isalnum(c);
}

size_t ticket_text_words(const char *text, size_t max)
{
    bool has_letter = false;
    size_t n = 0;

    for (; n < max; text++) {
        unsigned char c = (unsigned char)*text;

        if (c != '\0' && !isspace(c)) {
            has_letter = has_letter || is_word_byte(c);
            continue;
        }
        n += has_letter;
        has_letter = false;
        if (c == '\0')
            break;
    }
    return n;
}

/* Longer ones before their beginnings: the first that fits counts. */
static const char *const urgent_phrases[] = {
    "as soon as possible",
    "asap",
    "at once",
    "blocked",
    "blocking",
    "breach",
    "cannot work",
    "can't work",
    "critical",
    "deadline",
    "down",
    "emergency",
    "escalate",
    "everything stands still",
    "immediately",
    "outage",
    "production",
    "right now",
    "severe",
    "stolen",
    "urgently",
    "urgent",
};

static size_t phrase_len_at(const char *text)
{
    for (size_t i = 0; i < sizeof(urgent_phrases) / sizeof(urgent_phrases[0]); i++) {
        size_t len = strlen(urgent_phrases[i]);

        if (strncasecmp(text, urgent_phrases[i], len) == 0 &&
            !is_word_byte((unsigned char)text[len]))
            return len;
    }
    return 0;
}

size_t ticket_text_urgency(const char *text, size_t max)
{
    bool is_in_word = false;
    size_t n = 0;

    while (*text && n < max) {
        size_t len = is_in_word ? 0 : phrase_len_at(text);

        n += len > 0;
        text += len > 0 ? len : 1;
        is_in_word = is_word_byte((unsigned char)text[-1]);
    }
    return n;
}
