#include "server/llm/chunk.h"

#include "server/llm/markdown.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/utf8.h"

#include <stdint.h>
#include <string.h>

#define LEVELS          7  /* of headings, 1..6; 0 is not used */
#define WORD_BYTES_MAX  32 /* a longer run without blanks counts as several words */
#define TITLE_WORDS_MAX 12 /* of a text file's first line that is taken for its title */
#define HEADING_JOINT   " > "

/* A block, or a part of one that is too long. */
struct piece {
    const struct markdown_block *block;
    size_t start, end, n_words;
    bool is_first; /* of its block */
};

/* What is never split: headings, their lead-in, and what belongs to it. */
struct unit {
    size_t start, end, n_words;
    bool starts_section;
    bool has_headings_only;
    bool ends_in_paragraph;
    bool ends_in_colon;
    bool has_steps; /* a numbered list */
    int level;      /* of the last heading */
    struct buffer headings;
};

struct builder {
    const char *text;
    struct chunks *out;
    size_t capacity;
    char *stack[LEVELS]; /* headings above where the reader stands; NULL: none at that level */
    int title_level;     /* the level that is the title's; 0: there is none */
    struct unit unit;
    bool has_unit;
    size_t start, end, n_words; /* the chunk that is growing */
    char *heading;              /* NULL: no chunk is growing */
    struct buffer headings;
};

/* ---- Words ------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_blanks(const char *text, size_t at, size_t end)
{
    while (at < end && is_blank(text[at]))
        at++;
    return at;
}

static bool counts_as_word(const char *text, size_t start, size_t end)
{
    for (size_t i = start; i < end; i++) {
        char c = text[i];

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            (unsigned char)c >= 0x80)
            return true;
    }
    return false;
}

/* Where the word ends that begins at `at`, never inside a character. */
static size_t word_end(const char *text, size_t at, size_t end)
{
    size_t start = at;

    while (at < end && !is_blank(text[at]) && at - start < WORD_BYTES_MAX)
        at++;
    while (at < end && ((unsigned char)text[at] & 0xc0) == 0x80)
        at++;
    return at;
}

/* ---- Cutting what is too long ------------------------------------------------------------------ */

static bool is_line_start(const char *text, size_t at)
{
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t'))
        at--;
    return at == 0 || text[at - 1] == '\n';
}

static bool is_sentence_start(const char *text, size_t at)
{
    char last = '\0';

    while (at > 0 && is_blank(text[at - 1]))
        at--;
    if (at > 0)
        last = text[at - 1];
    return last == '.' || last == '!' || last == '?';
}

/* Whether a block may be cut before the word at `at`. */
static bool is_good_cut(const char *text, size_t at, size_t end, enum markdown_kind kind)
{
    int number;

    if (at == 0 || !is_blank(text[at - 1]))
        return false;
    switch (kind) {
    case MARKDOWN_HEADING:
    case MARKDOWN_PARAGRAPH:
        return is_sentence_start(text, at);
    case MARKDOWN_BULLETS:
        return text[at - 1] == '\n' && markdown_item_mark(text + at, end - at, &number) > 0;
    case MARKDOWN_NUMBERED:
    case MARKDOWN_CODE:
    case MARKDOWN_TABLE:
        return is_line_start(text, at);
    }
    return false;
}

static size_t words_max(enum markdown_kind kind)
{
    return kind == MARKDOWN_PARAGRAPH || kind == MARKDOWN_BULLETS ? CHUNK_WORDS_MAX : SIZE_MAX;
}

/* The piece at `start` is as much of the block as limits allow, up to the last good place. */
static struct piece cut_piece(const char *text, const struct markdown_block *block, size_t start)
{
    struct piece piece = {.block = block, .start = start, .is_first = start == block->start};
    size_t good_end = start, good_words = 0;

    piece.end = start;
    for (size_t at = start; at < block->end;) {
        size_t to = word_end(text, at, block->end);
        size_t words = counts_as_word(text, at, to);

        if (at > start &&
            (piece.n_words + words > words_max(block->kind) || to - start > CHUNK_BYTES_MAX)) {
            if (good_end > start) {
                piece.end = good_end;
                piece.n_words = good_words;
            }
            break;
        }
        if (at > start && is_good_cut(text, at, block->end, block->kind)) {
            good_end = piece.end;
            good_words = piece.n_words;
        }
        piece.n_words += words;
        piece.end = to;
        at = skip_blanks(text, to, block->end);
    }
    return piece;
}

/* ---- Headings ---------------------------------------------------------------------------------- */

/* At most `max` bytes of the words, whole characters, without marks or line ends. */
static char *plain_dup(const char *text, size_t len, size_t max)
{
    struct buffer plain;
    char *words;

    buffer_init(&plain, 2 * len + 2);
    markdown_append_plain(&plain, text, len);
    words = xstrdup(buffer_text(&plain));
    buffer_finish(&plain);
    len = strlen(words);
    if (len > max)
        for (len = max; len > 0 && ((unsigned char)words[len] & 0xc0) == 0x80;)
            len--;
    words[len] = '\0';
    for (char *c = words; *c; c++)
        if (is_blank(*c))
            *c = ' ';
    return words;
}

static void forget_deeper(struct builder *builder, int level)
{
    for (int i = level; i < LEVELS; i++) {
        free(builder->stack[i]);
        builder->stack[i] = NULL;
    }
    if (builder->title_level >= level)
        builder->title_level = 0;
}

static void add_line(struct buffer *lines, const char *words)
{
    if (words[0] == '\0' || lines->len + strlen(words) + 1 > CHUNK_HEADINGS_MAX)
        return;
    if (lines->len > 0)
        (void)buffer_putc(lines, '\n');
    (void)buffer_puts(lines, words);
}

/* The first heading of all is the title, if it is of the first level. */
static void enter_heading(struct builder *builder, const struct markdown_block *block)
{
    bool is_first = builder->out->title == NULL;
    char *words = plain_dup(builder->text + block->words_start,
                            block->words_end - block->words_start, CHUNK_TITLE_MAX);

    forget_deeper(builder, block->level);
    builder->stack[block->level] = words;
    if (is_first)
        builder->out->title = xstrdup(block->level == 1 ? words : "");
    if (is_first && block->level == 1)
        builder->title_level = 1;
    else
        add_line(&builder->unit.headings, words);
    builder->unit.level = block->level;
}

static char *path_dup(const struct builder *builder, struct buffer *headings)
{
    struct buffer path;
    char *words;

    buffer_init(&path, (size_t)LEVELS * (CHUNK_TITLE_MAX + sizeof(HEADING_JOINT)));
    for (int i = 1; i < LEVELS; i++) {
        if (!builder->stack[i] || i == builder->title_level)
            continue;
        if (path.len > 0)
            (void)buffer_puts(&path, HEADING_JOINT);
        (void)buffer_puts(&path, builder->stack[i]);
        add_line(headings, builder->stack[i]);
    }
    words = xstrdup(buffer_text(&path));
    buffer_finish(&path);
    return words;
}

/* ---- Chunks ------------------------------------------------------------------------------------ */

static struct chunk *last_chunk(const struct builder *builder)
{
    return builder->out->n > 0 ? &builder->out->at[builder->out->n - 1] : NULL;
}

static void close_chunk(struct builder *builder)
{
    struct chunks *out = builder->out;

    if (!builder->heading)
        return;
    if (out->n == builder->capacity || !out->at) {
        builder->capacity = builder->capacity ? 2 * builder->capacity : 8;
        out->at = xrealloc_array(out->at, builder->capacity, sizeof(*out->at));
    }
    out->at[out->n++] = (struct chunk){
        .start = builder->start,
        .end = builder->end,
        .n_words = builder->n_words,
        .heading = TAKE(builder->heading),
        .headings = xstrdup(buffer_text(&builder->headings)),
    };
    buffer_clear(&builder->headings);
}

static void open_chunk(struct builder *builder, const struct unit *unit)
{
    builder->heading = path_dup(builder, &builder->headings);
    builder->start = unit->start;
    builder->end = unit->end;
    builder->n_words = unit->n_words;
}

/* The unit joins the growing chunk, unless that is full or a new section finds it large enough. */
static void close_unit(struct builder *builder)
{
    struct unit *unit = &builder->unit;

    if (!builder->has_unit)
        return;
    if (builder->heading && (builder->n_words + unit->n_words > CHUNK_WORDS_MAX ||
                             unit->end - builder->start > CHUNK_BYTES_MAX ||
                             (unit->starts_section && builder->n_words >= CHUNK_WORDS_MIN)))
        close_chunk(builder);
    if (!builder->heading) {
        open_chunk(builder, unit);
    } else {
        builder->end = unit->end;
        builder->n_words += unit->n_words;
        add_line(&builder->headings, buffer_text(&unit->headings));
    }
    buffer_clear(&unit->headings);
    builder->has_unit = false;
}

/* A small remainder at the document's end goes to the chunk before it where there is room. */
static void merge_last(struct builder *builder)
{
    struct chunk *last = last_chunk(builder);

    if (builder->heading && last && builder->n_words < CHUNK_WORDS_MIN &&
        last->n_words + builder->n_words <= CHUNK_WORDS_MAX &&
        builder->end - last->start <= CHUNK_BYTES_MAX) {
        struct buffer headings;

        buffer_init(&headings, CHUNK_HEADINGS_MAX);
        add_line(&headings, last->headings);
        add_line(&headings, buffer_text(&builder->headings));
        free(last->headings);
        last->headings = xstrdup(buffer_text(&headings));
        buffer_finish(&headings);
        last->end = builder->end;
        last->n_words += builder->n_words;
        free(TAKE(builder->heading));
    }
    close_chunk(builder);
}

/* ---- Units ------------------------------------------------------------------------------------- */

static bool is_beside(const struct unit *unit)
{
    return unit->has_headings_only || unit->ends_in_colon || unit->has_steps;
}

/* Whether the piece must not be parted from the unit before it. */
static bool sticks(const struct unit *unit, const struct piece *piece)
{
    const struct markdown_block *block = piece->block;

    if (!piece->is_first)
        return false;
    switch (block->kind) {
    case MARKDOWN_HEADING:
        return unit->has_headings_only && block->level > unit->level;
    case MARKDOWN_PARAGRAPH:
        return unit->has_headings_only;
    case MARKDOWN_NUMBERED:
        return unit->has_headings_only || unit->ends_in_paragraph ||
               (unit->has_steps && block->number > 1);
    case MARKDOWN_BULLETS:
        return unit->has_headings_only || unit->ends_in_colon;
    case MARKDOWN_CODE:
    case MARKDOWN_TABLE:
        return is_beside(unit);
    }
    return false;
}

static void add_piece(struct builder *builder, const struct piece *piece)
{
    struct unit *unit = &builder->unit;
    enum markdown_kind kind = piece->block->kind;
    bool is_heading = kind == MARKDOWN_HEADING;

    if (builder->has_unit && (!sticks(unit, piece) || piece->end - unit->start > CHUNK_BYTES_MAX))
        close_unit(builder);
    if (!builder->has_unit) {
        struct buffer headings = unit->headings;

        *unit = (struct unit){.start = piece->start,
                              .starts_section = is_heading,
                              .has_headings_only = is_heading,
                              .headings = headings};
        builder->has_unit = true;
    }
    if (is_heading && piece->is_first)
        enter_heading(builder, piece->block);
    unit->end = piece->end;
    unit->n_words += piece->n_words;
    unit->has_headings_only &= is_heading;
    unit->has_steps |= kind == MARKDOWN_NUMBERED;
    unit->ends_in_paragraph = kind == MARKDOWN_PARAGRAPH;
    unit->ends_in_colon = unit->ends_in_paragraph && builder->text[piece->end - 1] == ':';
}

static void add_block(struct builder *builder, const struct markdown_block *block)
{
    for (size_t at = block->start; at < block->end;) {
        struct piece piece = cut_piece(builder->text, block, at);

        add_piece(builder, &piece);
        at = skip_blanks(builder->text, piece.end, block->end);
    }
}

/* A text file has no mark for its title: its first line is it, if it looks like one. */
static void find_plain_title(struct builder *builder, const struct markdown_block *block)
{
    const char *line = builder->text + block->start;
    size_t len = block->end - block->start;
    struct piece whole = cut_piece(builder->text, block, block->start);

    if (block->kind == MARKDOWN_PARAGRAPH && whole.n_words <= TITLE_WORDS_MAX &&
        whole.end == block->end && !memchr(line, '\n', len) && line[len - 1] != '.')
        builder->out->title = plain_dup(line, len, CHUNK_TITLE_MAX);
}

static void builder_finish(struct builder *builder)
{
    forget_deeper(builder, 0);
    buffer_finish(&builder->unit.headings);
    buffer_finish(&builder->headings);
    free(builder->heading);
}

static int check_text(const char *text, size_t len, struct tw_error *err)
{
    const char *nul = len > 0 ? memchr(text, '\0', len) : NULL;

    if (len > CHUNK_DOCUMENT_MAX)
        return tw_fail(err, TW_INVALID, "it is larger than %zu bytes", CHUNK_DOCUMENT_MAX);
    if (nul)
        return tw_fail(err, TW_INVALID, "it holds a NUL byte at %zu", (size_t)(nul - text));
    for (size_t at = 0; at < len;) {
        size_t step;

        if (utf8_decode(text + at, len - at, &step) == 0xfffd && step == 1)
            return tw_fail(err, TW_INVALID, "byte %zu is not UTF-8", at);
        at += step;
    }
    return 0;
}

int chunk_document(
    const char *text, size_t len, bool is_plain, struct chunks *ret_chunks, struct tw_error *err)
{
    struct chunks chunks = {0};
    CLEANUP(builder_finish) struct builder builder = {.text = text, .out = &chunks};
    struct markdown_reader reader;
    struct markdown_block block;
    bool is_first = true;

    if (check_text(text, len, err) < 0)
        return -1;
    buffer_init(&builder.unit.headings, CHUNK_HEADINGS_MAX);
    buffer_init(&builder.headings, CHUNK_HEADINGS_MAX);
    markdown_init(&reader, text, len, is_plain);
    while (markdown_next(&reader, &block)) {
        if (is_first && is_plain)
            find_plain_title(&builder, &block);
        is_first = false;
        add_block(&builder, &block);
    }
    close_unit(&builder);
    merge_last(&builder);
    if (!chunks.title)
        chunks.title = xstrdup("");
    *ret_chunks = chunks;
    return 0;
}

void chunks_finish(struct chunks *chunks)
{
    for (size_t i = 0; i < chunks->n; i++) {
        free(chunks->at[i].heading);
        free(chunks->at[i].headings);
    }
    free(chunks->at);
    free(chunks->title);
    *chunks = (struct chunks){0};
}
