/* Whole screens against tests/golden/draw. TW_UPDATE_GOLDEN=1 writes the files instead; look at the
 * difference before it is committed. */

#include "unit/test.h"

#include "common/buffer.h"
#include "console/golden.h"
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

static void check_screen(const struct size *size, enum encoding encoding, enum scene_state state)
{
    CLEANUP(buffer_finish) struct buffer drawn;
    char path[PATH_SIZE];

    buffer_init(&drawn, TEXT_MAX);
    golden_path(path, size, encoding, state);
    draw(&drawn, size, encoding, state);
    golden_check(path, &drawn);
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
