#ifndef TW_PLAYER_H
#define TW_PLAYER_H

/* A recording in place of the network: its answers at their times, and its clock. Read only once it is
 * open: any thread may ask. */

#include "tui/data/tape.h"

struct player;

int player_open(const char *path, struct player **ret_player, struct tw_error *err) MUST_CHECK;
void player_free(struct player *player); /* NULL is fine */

/* Before any other asks: the recording's end is now. */
void player_skip_to_end(struct player *player);

const struct tape_head *player_head(const struct player *player);

/* The recording's time, Unix ms: as fast as ours, and standing still at its end. */
int64_t player_now_ms(const struct player *player);
bool player_is_over(const struct player *player);

/* What was answered by now; the body is the player's. A question that was not asked gets status 0 and an
 * error that says so. */
void player_answer(const struct player *player,
                   const struct tape_question *question,
                   struct fetch_reply *ret_reply);

#endif
