#include "tui/poll/player.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/file.h"

#include <stdlib.h>

struct player {
    struct tape tape;
    int64_t began_mono_ms;
};

int player_open(const char *path, struct player **ret_player, struct tw_error *err)
{
    CLEANUP(freep) struct player *player = xcalloc(1, sizeof(*player));
    struct tw_error why;
    char *text = NULL;
    size_t len;

    if (file_read(path, TAPE_BYTES_MAX, &text, &len, err) < 0)
        return -1;
    if (tape_read(text, len, &player->tape, &why) < 0)
        return tw_fail(err, TW_INVALID, "cannot replay '%.120s': %.120s", path, why.message);
    player->began_mono_ms = clock_mono_ms();
    *ret_player = TAKE(player);
    return 0;
}

void player_free(struct player *player)
{
    if (!player)
        return;
    tape_finish(&player->tape);
    free(player);
}

void player_skip_to_end(struct player *player)
{
    player->began_mono_ms = clock_mono_ms() - tape_length_ms(&player->tape);
}

const struct tape_head *player_head(const struct player *player)
{
    return &player->tape.head;
}

static int64_t elapsed_ms(const struct player *player)
{
    return clock_mono_ms() - player->began_mono_ms;
}

bool player_is_over(const struct player *player)
{
    return elapsed_ms(player) >= tape_length_ms(&player->tape);
}

int64_t player_now_ms(const struct player *player)
{
    int64_t length_ms = tape_length_ms(&player->tape), ms = elapsed_ms(player);

    return player->tape.head.began_ms + (ms < length_ms ? ms : length_ms);
}

void player_answer(const struct player *player,
                   const struct tape_question *question,
                   struct fetch_reply *ret_reply)
{
    const struct tape_answer *answer = tape_find(&player->tape, question, elapsed_ms(player));

    if (answer) {
        *ret_reply = answer->reply;
        /* The clock over there is as far from ours as it was. */
        if (ret_reply->server_date_ms > 0)
            ret_reply->server_date_ms +=
                player_now_ms(player) - (player->tape.head.began_ms + answer->at_ms);
        return;
    }
    *ret_reply = (struct fetch_reply){.body = "", .retry_after_ms = -1, .first_byte_us = -1};
    (void)tw_fail(&ret_reply->error, TW_NOT_FOUND, "not in the recording");
}
