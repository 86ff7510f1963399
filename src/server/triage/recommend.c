#include "server/triage/recommend.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* By third of the scale. */
static const char *const policy[3] = {
    "Handle it in the queue in the order of arrival, and answer the reporter within the day.",
    "Assign it to a person now, and tell the reporter when to expect the next word.",
    "Call the engineer on duty at once, open an incident, and keep the reporter informed.",
};

/* "12. text": the text, or NULL for another sort of line. */
static const char *step_of(const char *line, size_t len)
{
    size_t at = 0;

    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    if (at == len || !isdigit((unsigned char)line[at]))
        return NULL;
    while (at < len && isdigit((unsigned char)line[at]))
        at++;
    if (at + 1 >= len || (line[at] != '.' && line[at] != ')') || line[at + 1] != ' ')
        return NULL;
    return line + at + 2;
}

static size_t line_len(const char *text)
{
    return strcspn(text, "\n");
}

static bool is_blank(const char *line, size_t len)
{
    return strspn(line, " \t\r") >= len;
}

/* Adds a line to the step, with a blank between; cut at a word when it is full. */
static void join(char *step, const char *line, size_t len)
{
    size_t used = strlen(step), room = RECOMMEND_TEXT_MAX - 1 - used;

    while (len > 0 && isspace((unsigned char)*line)) {
        line++;
        len--;
    }
    if (used > 0 && room > 0) {
        step[used++] = ' ';
        room--;
    }
    if (len > room) {
        len = room;
        while (len > 0 && line[len] != ' ')
            len--;
    }
    memcpy(step + used, line, len);
    step[used + len] = '\0';
}

/* A step goes on over the lines below it up to a blank one or the next step. */
static size_t take_steps(const struct passage *passage, struct recommendation *out, size_t max)
{
    struct recommendation *current = NULL;
    size_t n = 0;

    for (const char *line = passage->text; *line;) {
        size_t len = line_len(line);
        const char *step = step_of(line, len);

        if (step) {
            if (n == max)
                break;
            current = &out[n++];
            *current = (struct recommendation){.chunk_id = passage->chunk_id};
            join(current->text, step, len - (size_t)(step - line));
        } else if (is_blank(line, len)) {
            current = NULL;
        } else if (current) {
            join(current->text, line, len);
        }
        line += len + (line[len] == '\n');
    }
    return n;
}

size_t recommend(int rank,
                 int n_ranks,
                 const struct passage *passages,
                 size_t n_passages,
                 struct recommendation out[RECOMMEND_MAX])
{
    size_t n = 1;

    out[0] = (struct recommendation){.chunk_id = NULL};
    (void)snprintf(out[0].text, sizeof(out[0].text), "%s",
                   policy[n_ranks > 1 ? rank * 2 / (n_ranks - 1) : 0]);
    for (size_t i = 0; i < n_passages && n < RECOMMEND_MAX; i++)
        n += take_steps(&passages[i], out + n, RECOMMEND_MAX - n);
    return n;
}
