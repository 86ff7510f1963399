#include "tui/poll/config_edit.h"

#include <stdbool.h>
#include <string.h>

#define BLANKS      " \t"
#define SECTION_MAX 128

/* ---- Lines, as settings_ini.c and libinih read them ------------------------------------------------ */

struct line {
    const char *text;
    size_t len;      /* without its end */
    size_t end_len;  /* of "\n", "\r\n"; 0: of the last one */
    const char *key; /* NULL: it is no entry */
    size_t key_len;
    const char *value; /* where it stands, or would */
    size_t value_len;
};

static size_t skip_blanks(const char *text, size_t from, size_t len)
{
    while (from < len && strchr(BLANKS, text[from]))
        from++;
    return from;
}

static size_t trim(const char *text, size_t from, size_t to)
{
    while (to > from && strchr(BLANKS, text[to - 1]))
        to--;
    return to;
}

/* Up to a ';' with a blank before it. */
static size_t comment_at(const char *text, size_t from, size_t len)
{
    for (size_t i = from; i < len; i++)
        if (text[i] == ';' && i > 0 && strchr(BLANKS, text[i - 1]))
            return i;
    return len;
}

static void read_entry(struct line *line)
{
    size_t start = skip_blanks(line->text, 0, line->len), sign = start, from, to;

    if (start == line->len || strchr("#;[", line->text[start]))
        return;
    to = comment_at(line->text, start, line->len);
    while (sign < to && line->text[sign] != '=' && line->text[sign] != ':')
        sign++;
    if (sign == to)
        return;
    line->key = line->text + start;
    line->key_len = trim(line->text, start, sign) - start;
    to = comment_at(line->text, sign + 1, line->len);
    from = skip_blanks(line->text, sign + 1, to);
    line->value = line->text + from;
    line->value_len = trim(line->text, from, to) - from;
}

static struct line line_at(const char *text, size_t len)
{
    const char *newline = memchr(text, '\n', len);
    struct line line = {.text = text, .len = newline ? (size_t)(newline - text) : len};

    line.end_len = newline ? 1 : 0;
    if (line.len > 0 && text[line.len - 1] == '\r') {
        line.len--;
        line.end_len++;
    }
    read_entry(&line);
    return line;
}

/* The section that the line begins, into section; else that stays. */
static void follow_section(const struct line *line, char section[SECTION_MAX])
{
    size_t start = skip_blanks(line->text, 0, line->len);
    const char *end;
    size_t len;

    if (start == line->len || line->text[start] != '[')
        return;
    start++;
    end = memchr(line->text + start, ']', line->len - start);
    len = end ? (size_t)(end - line->text) - start : 0;
    if (len >= SECTION_MAX)
        len = 0;
    memcpy(section, line->text + start, len);
    section[len] = '\0';
}

/* ---- What is to be changed ------------------------------------------------------------------------- */

static size_t section_len(const char *name)
{
    return strcspn(name, ".");
}

static bool is_in(const char *name, const char *section)
{
    return strlen(section) == section_len(name) && strncmp(section, name, section_len(name)) == 0;
}

/* Is it this entry? In a section, or above all of them with its whole name. */
static bool is_entry(const struct config_change *change,
                     const char *section,
                     const struct line *line)
{
    const char *key = section[0] ? change->name + section_len(change->name) + 1 : change->name;

    return line->key && (!section[0] || is_in(change->name, section)) &&
           strlen(key) == line->key_len && strncmp(key, line->key, line->key_len) == 0;
}

struct edit {
    const char *text;
    size_t len;
    const struct config_change *changes;
    size_t n_changes;
    struct buffer *out;
};

/* One walk over the text: fn is told each line with its section and where it begins. */
typedef void each_line(
    const struct edit *edit, const char *section, const struct line *line, size_t at, void *user);

static void walk(const struct edit *edit, each_line *fn, void *user)
{
    char section[SECTION_MAX] = "";
    size_t at = edit->len >= 3 && memcmp(edit->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    while (at < edit->len) {
        struct line line = line_at(edit->text + at, edit->len - at);

        follow_section(&line, section);
        fn(edit, section, &line, at, user);
        at += line.len + line.end_len;
    }
}

/* ---- What there is --------------------------------------------------------------------------------- */

struct found {
    const struct config_change *change;
    bool is_there;
    size_t
        behind; /* the byte behind the last entry, or the title, of its first section; 0: there is none */
    bool is_over; /* that section ended */
};

static void look(
    const struct edit *edit, const char *section, const struct line *line, size_t at, void *user)
{
    struct found *found = user;
    bool is_ours = section[0] && is_in(found->change->name, section);
    size_t start = skip_blanks(line->text, 0, line->len);

    (void)edit;
    found->is_there |= is_entry(found->change, section, line);
    found->is_over |= !is_ours && found->behind > 0;
    if (is_ours && !found->is_over &&
        (line->key || (start < line->len && line->text[start] == '[')))
        found->behind = at + line->len + line->end_len;
}

static struct found find(const struct edit *edit, const struct config_change *change)
{
    struct found found = {.change = change};

    walk(edit, look, &found);
    return found;
}

/* ---- Writing --------------------------------------------------------------------------------------- */

static const char *line_end(const struct edit *edit)
{
    const char *newline = memchr(edit->text, '\n', edit->len);

    return newline && newline > edit->text && newline[-1] == '\r' ? "\r\n" : "\n";
}

static void put_entry(const struct edit *edit, const struct config_change *change)
{
    (void)buffer_printf(edit->out, "%s = %s%s", change->name + section_len(change->name) + 1,
                        change->value, line_end(edit));
}

/* Those that the file lacks, whose place is here. */
static void put_missing(const struct edit *edit, size_t at)
{
    for (size_t i = 0; i < edit->n_changes; i++) {
        struct found found = find(edit, &edit->changes[i]);

        if (!found.is_there && found.behind == at)
            put_entry(edit, &edit->changes[i]);
    }
}

static void put_line(
    const struct edit *edit, const char *section, const struct line *line, size_t at, void *user)
{
    const struct config_change *change = NULL;
    size_t before;

    (void)user;
    for (size_t i = 0; i < edit->n_changes; i++)
        if (is_entry(&edit->changes[i], section, line))
            change = &edit->changes[i];
    if (!change) {
        (void)buffer_append(edit->out, line->text, line->len + line->end_len);
    } else {
        before = (size_t)(line->value - line->text);
        (void)buffer_append(edit->out, line->text, before);
        if (!strchr(BLANKS, line->text[before - 1]) && line->value_len == 0)
            (void)buffer_putc(edit->out, ' '); /* behind a sign that ends its line */
        (void)buffer_puts(edit->out, change->value);
        /* The blank that makes a ';' a comment, where an empty value had it before its sign. */
        if (line->value_len == 0 && before < line->len && line->value[0] == ';')
            (void)buffer_putc(edit->out, ' ');
        (void)buffer_append(edit->out, line->value + line->value_len,
                            line->len - before - line->value_len + line->end_len);
    }
    /* A line at the end of the text may lack its own end. */
    if (line->end_len == 0 && line->len > 0)
        (void)buffer_puts(edit->out, line_end(edit));
    put_missing(edit, at + line->len + line->end_len);
}

/* Sections that the file lacks; changes of one stand together. */
static void put_sections(const struct edit *edit)
{
    const char *last = NULL;

    for (size_t i = 0; i < edit->n_changes; i++) {
        const struct config_change *change = &edit->changes[i];
        struct found found = find(edit, change);

        if (found.is_there || found.behind > 0)
            continue;
        if (!last || section_len(last) != section_len(change->name) ||
            strncmp(last, change->name, section_len(last)) != 0)
            (void)buffer_printf(edit->out, "%s[%.*s]%s", edit->out->len > 0 ? line_end(edit) : "",
                                (int)section_len(change->name), change->name, line_end(edit));
        put_entry(edit, change);
        last = change->name;
    }
}

void config_edit(const char *text,
                 size_t len,
                 const struct config_change *changes,
                 size_t n_changes,
                 struct buffer *out)
{
    struct edit edit = {text, len, changes, n_changes, out};

    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        (void)buffer_append(out, text, 3);
    walk(&edit, put_line, NULL);
    put_sections(&edit);
}
