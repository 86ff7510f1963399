#ifndef TW_COMMANDS_H
#define TW_COMMANDS_H

/* The commands of tidewatchd beside serving. Each prints its result on stdout. */

#include "server/config.h"

#include <stdbool.h>

#define COMMAND_WORDS_MAX 2

/* Options that belong to commands and are no settings; NULL when not given. */
struct command_options {
    const char *out;                      /* train: the model file; render-config: the folder */
    const char *seed;                     /* tickets */
    const char *rows;                     /* tickets */
    bool force;                           /* backup: an older file of that name goes */
    const char *words[COMMAND_WORDS_MAX]; /* token: new NAME; backup, restore: FILE */
    int n_words;
};

int command_train(const struct config *config,
                  const struct command_options *options,
                  struct tw_error *err) MUST_CHECK;
int command_tickets(const struct config *config,
                    const struct command_options *options,
                    struct tw_error *err) MUST_CHECK;
int command_token(const struct config *config,
                  const struct command_options *options,
                  struct tw_error *err) MUST_CHECK;
int command_render(const struct config *config,
                   const struct command_options *options,
                   struct tw_error *err) MUST_CHECK;
int command_backup(const struct config *config,
                   const struct command_options *options,
                   struct tw_error *err) MUST_CHECK;
int command_restore(const struct config *config,
                    const struct command_options *options,
                    struct tw_error *err) MUST_CHECK;
int command_check_config(const struct config *config,
                         const struct command_options *options,
                         struct tw_error *err) MUST_CHECK;

#endif
