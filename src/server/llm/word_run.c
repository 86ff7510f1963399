#include "server/llm/word_run.h"

#include "common/cleanup.h"
#include "server/llm/fold.h"
#include "server/llm/text.h"

#include <string.h>

/* A run is what stands without a space between: pieces of letters and digits, with one joining character
 * between two. The kinds of words are tried on the pieces at its head, in the order of `kinds`; the first that
 * takes some makes a word of them. */

#define PIECES_MAX (TEXT_WORD_BYTES_MAX / 2)

struct piece {
    size_t start, end;
    size_t n_letters, n_digits, n_upper;
    bool is_first_upper, is_last_lower;
    char joiner; /* the ASCII character between this piece and the next; 0: none, the run ends */
};

struct run {
    const char *text;
    struct piece piece[PIECES_MAX];
    size_t n;
};

/* What one kind of word makes of the head of a run. */
struct found {
    size_t n_pieces; /* 0: not this kind */
    size_t end;      /* of the word, if before the end of the last piece; else 0 */
    unsigned flags;
    char drop;
};

/* ---- Runs ---------------------------------------------------------------------------------------- */

/* The ASCII sign that may join pieces, or 0. */
static char joiner_of(const struct fold_at *c)
{
    char out[FOLD_BYTES_MAX];

    if (c->class != FOLD_OTHER || fold_character(c->code, out) != 1 || !strchr(".,:-/@_'", out[0]))
        return '\0';
    return out[0];
}

static bool is_in_word(const struct fold_at *c)
{
    return c->class == FOLD_LETTER || c->class == FOLD_DIGIT;
}

static void piece_add(struct piece *piece, const struct fold_at *c)
{
    bool is_upper = c->class == FOLD_LETTER && fold_is_upper(c->code);

    if (c->class == FOLD_MARK)
        return;
    if (piece->n_letters + piece->n_digits == 0)
        piece->is_first_upper = is_upper;
    piece->n_letters += c->class == FOLD_LETTER;
    piece->n_digits += c->class == FOLD_DIGIT;
    piece->n_upper += is_upper;
    piece->is_last_lower = c->class == FOLD_LETTER && !is_upper;
}

/* An apostrophe between two letters is inside a piece. */
static bool is_apostrophe(const char *text, size_t len, size_t at, const struct piece *piece)
{
    struct fold_at c = fold_read(text, len, at), next;

    if (joiner_of(&c) != '\'' || piece->n_letters == 0 || at + c.len >= len)
        return false;
    next = fold_read(text, len, at + c.len);
    return next.class == FOLD_LETTER;
}

static void read_piece(const char *text, size_t len, size_t start, struct piece *ret_piece)
{
    size_t at = start;

    *ret_piece = (struct piece){.start = start};
    while (at < len) {
        struct fold_at c = fold_read(text, len, at);

        if (!is_in_word(&c) && c.class != FOLD_MARK && !is_apostrophe(text, len, at, ret_piece))
            break;
        piece_add(ret_piece, &c);
        at += c.len;
    }
    ret_piece->end = at;
}

/* text[start] begins a letter or digit. */
static void read_run(const char *text, size_t len, size_t start, struct run *run)
{
    size_t at = start;

    if (len - start > TEXT_WORD_BYTES_MAX)
        len = start + TEXT_WORD_BYTES_MAX;
    run->text = text;
    run->n = 0;
    for (;;) {
        struct piece *piece = &run->piece[run->n++];
        struct fold_at c, next;

        read_piece(text, len, at, piece);
        if (run->n == PIECES_MAX || piece->end >= len)
            return;
        c = fold_read(text, len, piece->end);
        if (joiner_of(&c) == 0 || piece->end + c.len >= len)
            return;
        at = piece->end + c.len;
        next = fold_read(text, len, at);
        if (!is_in_word(&next))
            return;
        piece->joiner = joiner_of(&c);
    }
}

static bool is_digits(const struct piece *piece)
{
    return piece->n_letters == 0;
}

static bool is_letters(const struct piece *piece)
{
    return piece->n_digits == 0;
}

static bool is_all_upper(const struct piece *piece)
{
    return piece->n_letters > 0 && piece->n_upper == piece->n_letters;
}

/* Pieces from `first` on that are linked by these joiners, at least 1. */
static size_t chain_len(const struct run *run, size_t first, const char *joiners)
{
    size_t n = 1;

    while (first + n < run->n && strchr(joiners, run->piece[first + n - 1].joiner))
        n++;
    return n;
}

/* ---- Kinds of words ------------------------------------------------------------------------------ */

/* ASCII letters without their case; strncasecmp would ask the locale. */
static bool is_same(const char *text, const char *lower, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 'a' - 'A');
        if (c != lower[i])
            return false;
    }
    return true;
}

/* Leading digits of a piece, when only letters follow them. */
static size_t leading_digits(const struct run *run, const struct piece *piece)
{
    size_t n = 0;

    while (piece->start + n < piece->end && run->text[piece->start + n] >= '0' &&
           run->text[piece->start + n] <= '9')
        n++;
    return n == piece->n_digits ? n : 0;
}

/* What may stick to a number. Folded. */
static const char *const units[] = {
    "am",  "b",    "bit", "d",    "gb", "gbps", "ghz", "gib", "h",    "hr",  "hrs",
    "hz",  "k",    "kb",  "kbps", "kg", "km",   "m",   "mb",  "mbps", "mhz", "mib",
    "min", "mins", "mm",  "ms",   "pm", "px",   "s",   "sec", "secs", "tb",  "tib",
};

static bool is_unit(const char *letters, size_t len)
{
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (strlen(units[i]) == len && is_same(letters, units[i], len))
            return true;
    return false;
}

static bool is_ordinal(const char *letters, size_t len)
{
    static const char endings[][3] = {"st", "nd", "rd", "th"};

    for (size_t i = 0; i < COUNT_OF(endings); i++)
        if (len == 2 && is_same(letters, endings[i], 2))
            return true;
    return false;
}

/* The number that ends in this piece of digits, perhaps with letters: where it ends, 0 if it is none. */
static size_t number_end(const struct run *run, const struct piece *last)
{
    size_t n_digits = leading_digits(run, last);
    size_t end = last->start + n_digits;

    if (n_digits == 0)
        return 0;
    if (end == last->end || is_ordinal(run->text + end, last->end - end))
        return last->end;
    return is_unit(run->text + end, last->end - end) ? end : 0;
}

/* "user@example.com", "max_age". */
static struct found find_address(const struct run *run)
{
    struct found found = {.n_pieces = chain_len(run, 0, "@_.-"), .flags = WORD_IDENTIFIER};

    for (size_t i = 0; i + 1 < found.n_pieces; i++)
        if (run->piece[i].joiner == '@' || run->piece[i].joiner == '_')
            return found;
    return (struct found){0};
}

/* "e.g", "a.m", "U.S": single letters. */
static bool is_abbreviation(const struct run *run, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (run->piece[i].n_letters != 1 || run->piece[i].n_digits > 0)
            return false;
    return true;
}

/* "sentence.Next" is two words that lack a space, not a file. */
static bool is_missing_space(const struct piece *before, const struct piece *after)
{
    return before->is_last_lower && after->is_first_upper;
}

/* "example.com/reset", "10.0.0.1", "v2.1", "setup.exe"; not "2.5". */
static struct found find_dotted(const struct run *run)
{
    size_t n = chain_len(run, 0, ".");
    bool has_letters = false;

    for (size_t i = 0; i + 1 < n; i++)
        if (is_missing_space(&run->piece[i], &run->piece[i + 1]))
            n = i + 1;
    if (n < 2)
        return (struct found){0};
    if (is_abbreviation(run, n))
        return (struct found){.n_pieces = n, .drop = '.'};
    for (size_t i = 0; i < n; i++)
        has_letters = has_letters || !is_digits(&run->piece[i]);
    if (n == 2 && is_digits(&run->piece[0]) && number_end(run, &run->piece[1]) > 0)
        return (struct found){0}; /* "2.5", "2.5GB" */
    if (has_letters)
        n += chain_len(run, n - 1, "/-") - 1;
    return (struct found){.n_pieces = n, .flags = WORD_IDENTIFIER};
}

/* Three pieces and more of hexadecimal between colons: "00:1b:44:11:3a:b7". */
static struct found find_hardware_address(const struct run *run)
{
    size_t n = chain_len(run, 0, ":");

    return n >= 4 ? (struct found){.n_pieces = n, .flags = WORD_IDENTIFIER} : (struct found){0};
}

/* "2024-05-01", "01/02/2024", "1-800-555": three and more of digits. */
static struct found find_date(const struct run *run)
{
    size_t n = chain_len(run, 0, run->piece[0].joiner == '/' ? "/" : "-");

    for (size_t i = 0; i < n; i++)
        if (!is_digits(&run->piece[i]))
            return (struct found){0};
    return n >= 3 ? (struct found){.n_pieces = n, .flags = WORD_IDENTIFIER} : (struct found){0};
}

/* "1,000,000" or "2.5" or "10:30": how many pieces belong to the number. */
static size_t number_pieces(const struct run *run)
{
    const struct piece *piece = run->piece;
    size_t n = 1;

    if (!is_digits(&piece[0]) || run->n < 2)
        return 1;
    if (piece[0].joiner == ':')
        return piece[0].n_digits <= 2 && piece[1].n_digits == 2 ? 2 : 1;
    while (n < run->n && piece[n - 1].joiner == ',' && piece[0].n_digits <= 3 &&
           piece[n].n_digits == 3)
        n++;
    return n < run->n && piece[n - 1].joiner == '.' && piece[n].n_digits > 0 ? n + 1 : n;
}

static struct found find_number(const struct run *run)
{
    size_t n = number_pieces(run);
    size_t end = number_end(run, &run->piece[n - 1]);

    if (end == 0)
        return (struct found){0};
    return (struct found){.n_pieces = n, .end = end, .flags = WORD_NUMBER, .drop = ','};
}

/* Letters and digits in one: "eth0", "KB0012", "2FA". */
static bool is_mixed(const struct piece *piece)
{
    return piece->n_letters > 0 && piece->n_digits > 0;
}

/* "HL-Guest": a name behind letters that stand for something. */
static bool is_prefixed_name(const struct piece *before, const struct piece *piece)
{
    return is_all_upper(before) && before->n_letters > 1 && piece->is_first_upper &&
           !is_all_upper(piece);
}

/* "VPN-809", "vpn-809", "AES-256-GCM", "P1", "HL-Guest"; "tier-2", "14-day" and "MFA-enabled" are two words. */
static struct found find_identifier(const struct run *run)
{
    size_t n = chain_len(run, 0, "-"), n_taken = is_mixed(&run->piece[0]);

    for (size_t i = 1; i < n && run->piece[0].n_letters > 0; i++) {
        const struct piece *before = &run->piece[i - 1], *piece = &run->piece[i];
        bool is_code = piece->n_digits >= 3 || (piece->n_digits > 0 && is_all_upper(before));

        /* Capitals behind a code go with it. */
        if (!is_code && !is_prefixed_name(before, piece) && !(n_taken == i && is_all_upper(piece)))
            break;
        n_taken = i + 1;
    }
    return (struct found){.n_pieces = n_taken, .flags = WORD_IDENTIFIER};
}

/* "e-mail" is "email". */
static struct found find_lettered(const struct run *run)
{
    if (run->n >= 2 && run->piece[0].joiner == '-' && run->piece[0].n_letters == 1 &&
        is_letters(&run->piece[0]) && is_letters(&run->piece[1]) && run->piece[1].n_letters > 2)
        return (struct found){.n_pieces = 2, .drop = '-'};
    return (struct found){0};
}

static struct found find_plain(const struct run *run)
{
    (void)run;
    return (struct found){.n_pieces = 1};
}

typedef struct found find_fn(const struct run *run);

static find_fn *const kinds[] = {find_address,          find_dotted, find_date,
                                 find_hardware_address, find_number, find_identifier,
                                 find_lettered,         find_plain};

/* ---- Addresses and paths ------------------------------------------------------------------------- */

static bool starts_with(const char *text, size_t len, const char *prefix)
{
    size_t n = strlen(prefix);

    return len >= n && is_same(text, prefix, n);
}

static bool is_drive(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Bytes of a URL or a path that begins here, up to TEXT_WORD_BYTES_MAX; 0: none does. */
static size_t address_len(const char *text, size_t len)
{
    static const char *const prefixes[] = {"https://", "http://", "ftp://", "\\\\", "~/"};
    static const char allowed[] = "-._~:/?#@!$&*+;=%\\";
    size_t n = 0;

    for (size_t i = 0; i < COUNT_OF(prefixes); i++)
        if (starts_with(text, len, prefixes[i]))
            n = strlen(prefixes[i]);
    if (n == 0 && len > 3 && is_drive(text[0]) && text[1] == ':' && text[2] == '\\')
        n = 3;
    if (n == 0 && len > 1 && text[0] == '/')
        n = 1;
    if (n == 0 || n >= len)
        return 0;
    while (n < len && n < TEXT_WORD_BYTES_MAX) {
        struct fold_at c = fold_read(text, len, n);

        if (!is_in_word(&c) && (c.code >= 0x80 || c.code == 0 || !strchr(allowed, (int)c.code)))
            break;
        n += c.len;
    }
    while (n > 0 && strchr(".:;!?*", text[n - 1]))
        n--;
    return n;
}

/* A slash begins a path only where a word could begin, and not in "</b>" or "on / off". */
static size_t path_len(const char *text, size_t len, size_t at)
{
    struct fold_at next;
    size_t n;

    if (text[at] == '/') {
        if (at + 1 >= len || (at > 0 && !strchr(" \t\n\"'`(", text[at - 1])))
            return 0;
        next = fold_read(text, len, at + 1);
        if (!is_in_word(&next))
            return 0;
    }
    n = address_len(text + at, len - at);
    return n > 2 ? n : 0;
}

/* ---- The next word ------------------------------------------------------------------------------- */

static void count_letters(const struct run *run, size_t n_pieces, struct word_run *word)
{
    word->is_first_upper = run->piece[0].is_first_upper;
    for (size_t i = 0; i < n_pieces; i++) {
        word->n_upper += run->piece[i].n_upper;
        word->n_letters += run->piece[i].n_letters;
    }
}

bool word_run_find(const char *text, size_t len, size_t at, struct word_run *ret_word)
{
    struct fold_at c = fold_read(text, len, at);
    struct found found = {0};
    struct run run;
    size_t n_bytes;

    if (c.class == FOLD_IDEOGRAPH) {
        *ret_word = (struct word_run){.end = at + c.len, .n_letters = 1};
        return true;
    }
    n_bytes = path_len(text, len, at);
    if (n_bytes > 0) {
        *ret_word = (struct word_run){.end = at + n_bytes, .flags = WORD_IDENTIFIER};
        return true;
    }
    if (!is_in_word(&c))
        return false;
    read_run(text, len, at, &run);
    for (size_t i = 0; i < COUNT_OF(kinds) && found.n_pieces == 0; i++)
        found = kinds[i](&run);
    *ret_word = (struct word_run){
        .end = found.end ? found.end : run.piece[found.n_pieces - 1].end,
        .flags = found.flags,
        .drop = found.drop,
    };
    count_letters(&run, found.n_pieces, ret_word);
    return true;
}

bool word_run_is_unit(const char *form)
{
    return is_unit(form, strlen(form));
}
