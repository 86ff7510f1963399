/* The configuration file, through libinih. */
#include "common/settings_loader.h"

#include "common/alloc.h"
#include "common/utf8.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE_MAX 4096 /* with its NUL */

/* What libinih reads from, and what it led to. */
struct ini {
    const struct settings_loader *l;
    const char *path;
    const char *at, *end; /* what is left */
    int line;             /* last given; from 1 */
    int *seen_at;         /* by setting: its line, or 0 */
    bool has_failed;      /* l->err says why */
};

static int fail_line(struct ini *ini, const char *what)
{
    char source[SETTING_SOURCE_SIZE];

    ini->has_failed = true;
    return tw_fail(ini->l->err, TW_INVALID, "%s: %s", settings_source(ini->path, ini->line, source),
                   what);
}

/* NULL: it is text. */
static const char *line_fault(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (line[i] == '\0')
            return "a NUL byte: this is no text file";
        if (((unsigned char)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f)
            return "a control character";
    }
    return utf8_is_valid(line, len) ? NULL : "not valid UTF-8";
}

/* The next line for libinih, of at most room - 1 bytes. Blanks at its start are taken off, because
 * libinih may be built to take an indented line for more of the value above. */
static char *ini_read_line(char *out, int room, void *stream)
{
    struct ini *ini = stream;
    const char *newline, *start = ini->at;
    const char *fault;
    size_t len;

    if (ini->has_failed || ini->at == ini->end)
        return NULL;
    ini->line++;
    newline = memchr(start, '\n', (size_t)(ini->end - start));
    len = (size_t)((newline ? newline : ini->end) - start);
    ini->at = newline ? newline + 1 : ini->end;
    if (len > 0 && start[len - 1] == '\r')
        len--;
    fault = line_fault(start, len);
    while (len > 0 && strchr(" \t", *start)) {
        start++;
        len--;
    }
    if (!fault && len >= (size_t)room)
        fault = "the line is too long";
    if (fault) {
        (void)fail_line(ini, fault);
        return NULL;
    }
    memcpy(out, start, len);
    out[len] = '\0';
    return out;
}

static const char no_entry[] = "neither [section] nor key = value nor a comment";

/* libinih takes all before the first = or : for the key, so a line without its = may have a part of its
 * value there, which may be a secret: only what looks like a key is ever shown. */
static bool is_key(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

    return len > 0 && text[len] == '\0';
}

/* Sets what the loader's table calls name. */
static int take_named(const struct ini *ini,
                      const struct settings_loader *l,
                      const char *name,
                      const char *value,
                      int *seen_at)
{
    char source[SETTING_SOURCE_SIZE];
    size_t index = settings_find(l, name, NAMING_PLAIN);

    (void)settings_source(ini->path, ini->line, source);
    if (index == SETTING_NOT_FOUND)
        return settings_fail_unknown(l, source, name, NAMING_PLAIN);
    if (seen_at[index])
        return tw_fail(l->err, TW_INVALID, "%s: %s is set already on line %d", source, name,
                       seen_at[index]);
    seen_at[index] = ini->line;
    return settings_set(l, index, value ? value : "", source);
}

/* ---- Sections of a family ---------------------------------------------------------------------- */

/* The NAME of [prefix.NAME], or NULL: the section is no member's. */
static const char *member_name(const struct setting_family *family, const char *section)
{
    size_t len = family ? strlen(family->prefix) : 0;

    return family && strncmp(section, family->prefix, len) == 0 && section[len] == '.'
               ? section + len + 1
               : NULL;
}

static struct setting_member *find_member(struct setting_family *family, const char *name)
{
    for (size_t i = 0; i < family->n; i++)
        if (strcmp(family->members[i].name, name) == 0)
            return &family->members[i];
    return NULL;
}

/* A new one with its defaults. NULL: it was said why. */
static struct setting_member *add_member(struct ini *ini, const char *name)
{
    struct setting_family *family = ini->l->family;
    struct setting_member *member = &family->members[family->n];
    struct settings_loader l = {family->table, family->n_settings, NULL, ini->l->err, NULL};

    if (!*name || strlen(name) > SETTING_MEMBER_NAME_MAX || strchr(name, '.')) {
        (void)fail_line(ini, "the section's name needs 1 to 31 letters, digits, - or _");
        return NULL;
    }
    if (family->n == SETTING_MEMBERS_MAX) {
        (void)fail_line(ini, "there are more than 32 sections of this kind");
        return NULL;
    }
    *member = (struct setting_member){
        .line = ini->line,
        .seen_at = xcalloc(family->n_settings, sizeof(*member->seen_at)),
        .values = xcalloc(1, family->values_size),
    };
    (void)snprintf(member->name, sizeof(member->name), "%s", name);
    family->n++;
    l.config = member->values;
    for (size_t i = 0; i < family->n_settings; i++)
        if (settings_set(&l, i, family->table[i].fallback, "default") < 0)
            return NULL;
    return member;
}

static int take_of_member(struct ini *ini, const char *name, const char *key, const char *value)
{
    struct setting_family *family = ini->l->family;
    struct setting_member *member = find_member(family, name);
    struct settings_loader l = {family->table, family->n_settings, NULL, ini->l->err, NULL};

    if (!member)
        member = add_member(ini, name);
    if (!member)
        return -1;
    l.config = member->values;
    return take_named(ini, &l, key, value, member->seen_at);
}

/* ---- Lines ------------------------------------------------------------------------------------- */

static int ini_take(struct ini *ini, const char *section, const char *key, const char *value)
{
    const char *member = member_name(ini->l->family, section);
    char name[SETTING_NAME_SIZE];

    if (!is_key(key) || (*section && !is_key(section)))
        return fail_line(ini, no_entry);
    if (member)
        return take_of_member(ini, member, key, value);
    (void)snprintf(name, sizeof(name), "%s%s%s", section, *section ? "." : "", key);
    return take_named(ini, ini->l, name, value, ini->seen_at);
}

static int ini_handle(void *user, const char *section, const char *key, const char *value)
{
    struct ini *ini = user;

    if (!ini->has_failed && ini_take(ini, section, key, value) < 0)
        ini->has_failed = true;
    return !ini->has_failed;
}

static int parse_ini(struct ini *ini)
{
    int bad_line;

#ifdef TW_INIH_HAS_MAX_LINE
    /* Debian's library has its limit, 200 by default, as a variable. Elsewhere it is what it was built
     * with, and longer lines are refused by it. */
    ini_max_line = LINE_SIZE_MAX;
#endif
    bad_line = ini_parse_stream(ini_read_line, ini, ini_handle, ini);
    if (bad_line < 0)
        return tw_fail(ini->l->err, TW_BROKEN, "no memory to read the configuration file");
    /* libinih goes on behind a line it cannot read; the first fault is the one to name. */
    if (bad_line > 0 && (!ini->has_failed || bad_line < ini->line)) {
        ini->line = bad_line;
        return fail_line(ini, no_entry);
    }
    return ini->has_failed ? -1 : 0;
}

int settings_load_ini(const struct settings_loader *l, const char *path)
{
    CLEANUP(buffer_finish) struct buffer text;
    CLEANUP(freep) int *seen_at = xcalloc(l->n_settings, sizeof(*seen_at));
    struct ini ini = {.l = l, .path = path, .seen_at = seen_at};

    if (settings_read_file(path, &text, l->err) < 0)
        return -1;
    ini.at = buffer_text(&text);
    ini.end = ini.at + text.len;
    /* The byte order mark that some editors put first. */
    if (text.len >= 3 && memcmp(ini.at, "\xef\xbb\xbf", 3) == 0)
        ini.at += 3;
    return parse_ini(&ini);
}
