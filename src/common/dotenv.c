#include "common/dotenv.h"

#include <string.h>

/* A line that is being read. */
struct cursor {
    const char *at, *end;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_name_character(char c, bool is_first)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           (!is_first && c >= '0' && c <= '9');
}

static void skip_blanks(struct cursor *line)
{
    while (line->at < line->end && is_blank(*line->at))
        line->at++;
}

static bool holds_nul(struct cursor line)
{
    while (line.at < line.end && *line.at)
        line.at++;
    return line.at < line.end;
}

static bool take_name(struct cursor *line, char out[DOTENV_NAME_MAX + 1])
{
    size_t len = 0;

    while (line->at + len < line->end && is_name_character(line->at[len], len == 0))
        len++;
    if (len == 0 || len > DOTENV_NAME_MAX)
        return false;
    memcpy(out, line->at, len);
    out[len] = '\0';
    line->at += len;
    return true;
}

/* Up to the closing quote. Returns what is wrong, or NULL. */
static const char *take_quoted(struct cursor *line, char *out)
{
    char quote = *line->at++;
    size_t len = 0;

    for (; line->at < line->end && *line->at != quote; line->at++) {
        if (quote == '"' && *line->at == '\\' && line->at + 1 < line->end &&
            strchr("\"\\", line->at[1]))
            line->at++;
        if (len == DOTENV_VALUE_MAX)
            return "is too long";
        out[len++] = *line->at;
    }
    out[len] = '\0';
    if (line->at == line->end)
        return "has no closing quote";
    line->at++;
    skip_blanks(line);
    return line->at < line->end && *line->at != '#' ? "goes on behind its closing quote" : NULL;
}

static const char *take_plain(struct cursor *line, char *out)
{
    const char *start = line->at;
    size_t len = 0;

    while (start + len < line->end &&
           !(start[len] == '#' && (len == 0 || is_blank(start[len - 1]))))
        len++;
    while (len > 0 && is_blank(start[len - 1]))
        len--;
    if (len > DOTENV_VALUE_MAX)
        return "is too long";
    memcpy(out, start, len);
    out[len] = '\0';
    return NULL;
}

static bool take_entry(struct cursor line, struct dotenv_entry *entry)
{
    static const char keyword[] = "export";
    bool has_nul = holds_nul(line);

    entry->value[0] = '\0';
    skip_blanks(&line);
    if (!take_name(&line, entry->name))
        return false;
    if (strcmp(entry->name, keyword) == 0 && line.at < line.end && is_blank(*line.at)) {
        skip_blanks(&line);
        if (!take_name(&line, entry->name))
            return false;
    }
    skip_blanks(&line);
    if (line.at == line.end || *line.at++ != '=')
        return false;
    skip_blanks(&line);
    if (has_nul)
        entry->fault = "holds a NUL byte";
    else if (line.at < line.end && (*line.at == '"' || *line.at == '\''))
        entry->fault = take_quoted(&line, entry->value);
    else
        entry->fault = take_plain(&line, entry->value);
    return true;
}

void dotenv_start(struct dotenv *reader, const char *text, size_t len)
{
    static const char mark[] = "\xef\xbb\xbf"; /* byte order mark, as some editors put first */

    *reader = (struct dotenv){.at = text, .end = text + len};
    if (len >= 3 && memcmp(text, mark, 3) == 0)
        reader->at += 3;
}

bool dotenv_next(struct dotenv *reader, struct dotenv_entry *ret_entry)
{
    while (reader->at < reader->end) {
        const char *newline = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
        struct cursor line = {reader->at, newline ? newline : reader->end};

        reader->at = newline ? newline + 1 : reader->end;
        ret_entry->line = ++reader->line;
        if (line.end > line.at && line.end[-1] == '\r')
            line.end--;
        if (take_entry(line, ret_entry))
            return true;
    }
    return false;
}
