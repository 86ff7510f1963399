#include "server/llm/fold.h"

#include "common/cleanup.h"
#include "common/utf8.h"

#define LATIN_FIRST 0xc0
#define LATIN_LAST  0x17f

/* U+00C0..U+017F without accents; the few that are two letters are in `digraphs`. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty"
                            "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
                            "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static const struct {
    uint32_t code;
    char letters[3];
} digraphs[] = {{0xc6, "ae"},  {0xde, "th"},  {0xdf, "ss"},  {0xe6, "ae"}, {0xfe, "th"},
                {0x132, "ij"}, {0x133, "ij"}, {0x152, "oe"}, {0x153, "oe"}};

/* Ascending, not overlapping; what lies between is letters. */
static const struct {
    uint32_t first, last;
    enum fold_class class;
} ranges[] = {
    {0x0000, 0x0008, FOLD_OTHER},       {0x0009, 0x000d, FOLD_SPACE},
    {0x000e, 0x001f, FOLD_OTHER},       {0x0020, 0x0020, FOLD_SPACE},
    {0x0021, 0x002f, FOLD_OTHER},       {0x0030, 0x0039, FOLD_DIGIT},
    {0x003a, 0x0040, FOLD_OTHER},       {0x005b, 0x0060, FOLD_OTHER},
    {0x007b, 0x0084, FOLD_OTHER},       {0x0085, 0x0085, FOLD_SPACE},
    {0x0086, 0x009f, FOLD_OTHER},       {0x00a0, 0x00a0, FOLD_SPACE},
    {0x00a1, 0x00a9, FOLD_OTHER},       {0x00ab, 0x00ac, FOLD_OTHER},
    {0x00ad, 0x00ad, FOLD_MARK},        {0x00ae, 0x00b4, FOLD_OTHER},
    {0x00b6, 0x00b9, FOLD_OTHER},       {0x00bb, 0x00bf, FOLD_OTHER},
    {0x00d7, 0x00d7, FOLD_OTHER},       {0x00f7, 0x00f7, FOLD_OTHER},
    {0x0300, 0x036f, FOLD_MARK},        {0x1680, 0x1680, FOLD_SPACE},
    {0x2000, 0x200a, FOLD_SPACE},       {0x200b, 0x200f, FOLD_MARK},
    {0x2010, 0x2027, FOLD_OTHER},       {0x2028, 0x2029, FOLD_SPACE},
    {0x202a, 0x202e, FOLD_MARK},        {0x202f, 0x202f, FOLD_SPACE},
    {0x2030, 0x205e, FOLD_OTHER},       {0x205f, 0x205f, FOLD_SPACE},
    {0x2060, 0x206f, FOLD_MARK},        {0x2070, 0x2bff, FOLD_OTHER},
    {0x2e00, 0x2e7f, FOLD_OTHER},       {0x3000, 0x3000, FOLD_SPACE},
    {0x3001, 0x303f, FOLD_OTHER},       {0x3040, 0x30ff, FOLD_IDEOGRAPH},
    {0x3400, 0x9fff, FOLD_IDEOGRAPH},   {0xe000, 0xf8ff, FOLD_OTHER},
    {0xf900, 0xfaff, FOLD_IDEOGRAPH},   {0xfe00, 0xfe0f, FOLD_MARK},
    {0xfeff, 0xfeff, FOLD_MARK},        {0xff01, 0xff0f, FOLD_OTHER},
    {0xff10, 0xff19, FOLD_DIGIT},       {0xff1a, 0xff20, FOLD_OTHER},
    {0xff3b, 0xff40, FOLD_OTHER},       {0xff5b, 0xff65, FOLD_OTHER},
    {0xfff0, 0xffff, FOLD_OTHER},       {0x1f000, 0x1faff, FOLD_OTHER},
    {0x20000, 0x3ffff, FOLD_IDEOGRAPH}, {0xe0000, 0x10ffff, FOLD_OTHER},
};

enum fold_class fold_class_of(uint32_t code)
{
    size_t low = 0, high = COUNT_OF(ranges);

    if ((code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z'))
        return FOLD_LETTER;
    while (low < high) {
        size_t middle = (low + high) / 2;

        if (code > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < COUNT_OF(ranges) && code >= ranges[low].first ? ranges[low].class : FOLD_LETTER;
}

/* In Latin Extended-A capitals and small letters alternate, the capital even up to U+0137 and from U+014A,
 * odd in between and from U+0179. */
static bool is_upper_extended(uint32_t code)
{
    if (code == 0x178)
        return true;
    if ((code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17e))
        return code % 2 == 1;
    return code % 2 == 0 && code != 0x138;
}

bool fold_is_upper(uint32_t code)
{
    if (code < 0x80)
        return code >= 'A' && code <= 'Z';
    if (code >= 0xc0 && code <= 0xde)
        return code != 0xd7;
    if (code >= 0x100 && code <= LATIN_LAST)
        return is_upper_extended(code);
    return (code >= 0x391 && code <= 0x3a9) || (code >= 0x400 && code <= 0x42f) ||
           (code >= 0xff21 && code <= 0xff3a);
}

/* Apostrophes, hyphens and full-width forms as ASCII, capitals as small letters. */
static uint32_t plain(uint32_t code)
{
    if (code == 0x2018 || code == 0x2019 || code == 0x2bc || code == 0xb4)
        return '\'';
    if (code == 0x2010 || code == 0x2011)
        return '-';
    if (code >= 0xff01 && code <= 0xff5e)
        code -= 0xff01 - '!';
    if (code >= 'A' && code <= 'Z')
        return code + 'a' - 'A';
    if ((code >= 0x391 && code <= 0x3a9) || (code >= 0x410 && code <= 0x42f))
        return code + 0x20;
    return code >= 0x400 && code <= 0x40f ? code + 0x50 : code;
}

size_t fold_character(uint32_t code, char out[FOLD_BYTES_MAX])
{
    if (fold_class_of(code) == FOLD_MARK)
        return 0;
    for (size_t i = 0; i < COUNT_OF(digraphs); i++) {
        if (digraphs[i].code == code) {
            out[0] = digraphs[i].letters[0];
            out[1] = digraphs[i].letters[1];
            return 2;
        }
    }
    if (code >= LATIN_FIRST && code <= LATIN_LAST && latin[code - LATIN_FIRST] != ' ') {
        out[0] = latin[code - LATIN_FIRST];
        return 1;
    }
    return utf8_encode(plain(code), out);
}

struct fold_at fold_read(const char *text, size_t len, size_t at)
{
    struct fold_at c;

    c.code = utf8_decode(text + at, len - at, &c.len);
    c.class = fold_class_of(c.code);
    return c;
}
