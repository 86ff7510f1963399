/* Whole screens against tests/golden/draw. TW_UPDATE_GOLDEN=1 writes the files instead; look at the
 * difference before it is committed. */

#include "unit/test.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/file.h"
#include "scene.h"

#define PATH_SIZE 4096
#define TEXT_MAX  (1 << 20)

struct size {
    int width, height;
};

static void golden_path(char path[PATH_SIZE],
                        const struct size *size,
                        enum encoding encoding,
                        enum scene_state state)
{
    (void)snprintf(path, PATH_SIZE, "%s/tests/golden/draw/%dx%d-%s-%s.txt",
                   getenv("TW_SOURCE_ROOT"), size->width, size->height,
                   encoding == ENCODING_UTF8 ? "utf8" : "ascii", scene_state_name(state));
}

static void draw(struct buffer *out,
                 const struct size *size,
                 enum encoding encoding,
                 enum scene_state state)
{
    struct scene scene = {.state = state, .focus = 2};
    struct grid grid;

    grid_init(&grid, size->width, size->height, encoding);
    scene_draw(&grid, &scene);
    grid_write_text(&grid, out);
    if (size->width == 80 && encoding == ENCODING_UTF8) {
        (void)buffer_puts(out, "---- styles\n");
        grid_write_styles(&grid, out);
    }
    grid_finish(&grid);
}

/* Says the first line that differs; the whole screens would bury it. */
static void compare(const char *path, const char *golden, const char *drawn)
{
    size_t line = 1, start = 0, i = 0;

    if (strcmp(golden, drawn) == 0)
        return;
    for (; golden[i] && golden[i] == drawn[i]; i++) {
        if (golden[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    fail_msg("%s, line %zu:\nexpected: %.*s\n   drawn: %.*s", path, line,
             (int)strcspn(golden + start, "\n"), golden + start, (int)strcspn(drawn + start, "\n"),
             drawn + start);
}

static void check_screen(const struct size *size, enum encoding encoding, enum scene_state state)
{
    CLEANUP(buffer_finish) struct buffer drawn;
    CLEANUP(freep) char *golden = NULL;
    struct tw_error err = {0};
    char path[PATH_SIZE];
    size_t len;

    buffer_init(&drawn, TEXT_MAX);
    golden_path(path, size, encoding, state);
    draw(&drawn, size, encoding, state);
    CHECK(!drawn.failed);
    if (getenv("TW_UPDATE_GOLDEN")) {
        if (file_write_atomically(path, drawn.data, drawn.len, 0644, &err) < 0)
            fail_msg("%s", err.message);
        return;
    }
    if (file_read(path, TEXT_MAX, &golden, &len, &err) < 0)
        fail_msg("%s (tests/golden/update.sh writes it)", err.message);
    compare(path, golden, buffer_text(&drawn));
}

static void screens_are_as_they_were(void **state)
{
    static const struct size sizes[] = {{140, 40}, {80, 24}, {60, 15}, {40, 10}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (int s = 0; s < SCENE_COUNT; s++) {
            check_screen(&sizes[i], ENCODING_UTF8, (enum scene_state)s);
            check_screen(&sizes[i], ENCODING_ASCII, (enum scene_state)s);
        }
    }
}

/* No golden can hold what every size must keep: nothing is drawn outside, in ASCII nothing is anything
 * else, and no wide character is left in halves. */
static void check_cells(const struct grid *grid)
{
    for (int y = 0; y < grid->height; y++) {
        for (int x = 0; x < grid->width; x++) {
            const struct cell *cell = grid_at(grid, x, y);
            const struct cell *next = grid_at(grid, x + 1, y);

            CHECK(cell->width <= 2);
            CHECK(cell->width != 2 || (next && next->width == 0));
            CHECK(cell->width != 0 || (x > 0 && grid_at(grid, x - 1, y)->width == 2));
            if (grid->encoding == ENCODING_ASCII)
                CHECK(cell->code >= 0x20 && cell->code < 0x7f);
        }
    }
}

static void every_size_can_be_drawn(void **state)
{
    struct grid grid;

    (void)state;
    for (int width = 1; width <= 180; width += width < 50 ? 1 : 13) {
        for (int height = 1; height <= 60; height += height < 26 ? 1 : 7) {
            for (int s = 0; s < SCENE_COUNT; s++) {
                struct scene scene = {.state = (enum scene_state)s, .first_row = height % 5};

                grid_init(&grid, width, height, (width + s) % 2 ? ENCODING_UTF8 : ENCODING_ASCII);
                scene_draw(&grid, &scene);
                check_cells(&grid);
                grid_finish(&grid);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(screens_are_as_they_were),
        TEST(every_size_can_be_drawn),
    };

    return cmocka_run_group_tests_name("golden-draw", tests, NULL, NULL);
}
