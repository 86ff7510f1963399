#ifndef TW_SIM_FOLLOW_H
#define TW_SIM_FOLLOW_H

/* Follows a running simulation on the terminal until it is over, or Ctrl-C stops it on the server. */

#include "tui/data/operations.h"
#include "tui/poll/session.h"

struct interrupt;

struct sim_follow_options {
    bool is_json; /* nothing but one object at the end */
    bool waits_for_clear;
};

/* Returns the exit code. interrupt was started before the simulation, so that no Ctrl-C is lost. */
int sim_follow(struct session *session,
               const struct interrupt *interrupt,
               const struct simulation *simulation,
               const struct sim_follow_options *options);

#endif
