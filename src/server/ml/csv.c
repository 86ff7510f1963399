#include "server/ml/csv.h"

#include <string.h>

void csv_init(struct csv_reader *reader, const char *text, size_t len)
{
    *reader = (struct csv_reader){.text = text, .len = len, .next_line = 1};
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        reader->at = 3;
}

/* Bytes of the line end at the reader: 0 when there is none. */
static size_t line_end(const struct csv_reader *reader)
{
    const char *next = reader->text + reader->at;
    size_t left = reader->len - reader->at;

    if (left >= 2 && next[0] == '\r' && next[1] == '\n')
        return 2;
    return left >= 1 && next[0] == '\n';
}

static bool at_field_end(const struct csv_reader *reader)
{
    return reader->at == reader->len || reader->text[reader->at] == ',' || line_end(reader) > 0;
}

static int read_plain(struct csv_reader *reader, struct csv_field *ret_field, struct tw_error *err)
{
    size_t start = reader->at;

    while (!at_field_end(reader)) {
        if (reader->text[reader->at] == '\0')
            return tw_fail(err, TW_INVALID, "line %zu holds a NUL byte", reader->line);
        reader->at++;
    }
    *ret_field = (struct csv_field){reader->text + start, reader->at - start};
    return 0;
}

static int read_quoted(struct csv_reader *reader, struct csv_field *ret_field, struct tw_error *err)
{
    size_t start = ++reader->at;

    for (;; reader->at++) {
        char c = '\0';

        if (reader->at < reader->len)
            c = reader->text[reader->at];
        if (c == '\0')
            return tw_fail(err, TW_INVALID, "line %zu has a quote that is not closed",
                           reader->line);
        if (c == '\n')
            reader->next_line++;
        if (c != '"')
            continue;
        if (reader->at + 1 < reader->len && reader->text[reader->at + 1] == '"')
            reader->at++;
        else
            break;
    }
    *ret_field = (struct csv_field){reader->text + start, reader->at - start};
    reader->at++;
    if (!at_field_end(reader))
        return tw_fail(err, TW_INVALID, "line %zu has text after a closing quote", reader->line);
    return 0;
}

static int read_field(struct csv_reader *reader, struct csv_field *ret_field, struct tw_error *err)
{
    if (reader->at < reader->len && reader->text[reader->at] == '"')
        return read_quoted(reader, ret_field, err);
    return read_plain(reader, ret_field, err);
}

static void skip_blank_lines(struct csv_reader *reader)
{
    for (size_t end; (end = line_end(reader)) > 0; reader->next_line++)
        reader->at += end;
}

int csv_next(struct csv_reader *reader,
             struct csv_field *fields,
             size_t *ret_n_fields,
             struct tw_error *err)
{
    size_t n = 0, start;

    skip_blank_lines(reader);
    reader->line = reader->next_line;
    start = reader->at;
    if (start == reader->len)
        return 0;
    for (;; reader->at++) {
        if (n == CSV_FIELDS_MAX)
            return tw_fail(err, TW_INVALID, "line %zu has over %d fields", reader->line,
                           CSV_FIELDS_MAX);
        if (read_field(reader, &fields[n++], err) < 0)
            return -1;
        if (reader->at - start > CSV_RECORD_MAX)
            return tw_fail(err, TW_INVALID, "line %zu is longer than %zu bytes", reader->line,
                           CSV_RECORD_MAX);
        if (reader->at == reader->len || reader->text[reader->at] != ',')
            break;
    }
    reader->at += line_end(reader);
    reader->next_line++;
    *ret_n_fields = n;
    return 1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct csv_field without_blanks(struct csv_field field)
{
    while (field.len > 0 && is_blank(field.text[0])) {
        field.text++;
        field.len--;
    }
    while (field.len > 0 && is_blank(field.text[field.len - 1]))
        field.len--;
    return field;
}

bool csv_copy(const struct csv_field *field, char *out, size_t size)
{
    struct csv_field bare = without_blanks(*field);
    size_t n = 0;

    for (size_t i = 0; i < bare.len; i++) {
        if (n + 1 >= size)
            return false;
        out[n++] = bare.text[i];
        if (bare.text[i] == '"' && i + 1 < bare.len && bare.text[i + 1] == '"')
            i++;
    }
    out[n] = '\0';
    return true;
}

void csv_show(const struct csv_field *field, char *out, size_t size)
{
    struct csv_field bare = without_blanks(*field);
    size_t n = 0;

    for (; n < bare.len && n + 1 < size; n++)
        out[n] = (char)(bare.text[n] >= 0x20 && bare.text[n] < 0x7f ? bare.text[n] : '?');
    out[n] = '\0';
}
