#ifndef TW_SIM_KINDS_H
#define TW_SIM_KINDS_H

/* The kinds of simulations and their parameters, from which the command line's options, the console's forms
 * and its list of simulations all come. Bounds, defaults and alerts are the server's (drill_kinds.c), which
 * checks again; a test compares the two. Pure. */

#include "tui/data/operations.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_PARAMS_MAX 6

enum sim_kind_id {
    SIM_BASELINE,
    SIM_DRIFT,
    SIM_HALLUCINATION,
    SIM_TOPIC_SHIFT,
    SIM_LATENCY,
    SIM_RAG,
    SIM_OUTAGE,
    SIM_RECOVERY,
    N_SIM_KINDS
};

enum sim_param_type {
    SIM_NUMBER,
    SIM_WHOLE,
    SIM_CHOICE,
    SIM_FEATURES, /* names of the model's features with commas, or "all" */
};

struct sim_param {
    const char *name;     /* at the server: "duration_s" */
    const char *option;   /* "duration": on the command line, and the label in a form */
    const char *argument; /* "SECONDS": what --help calls the value; NULL for a choice */
    const char *unit;     /* in a form: "s"; "" for none */
    const char *fallback; /* NULL: none, the server chooses */
    const char *choices;  /* "a|b"; NULL for other types */
    const char *help;
    double min, max; /* of NUMBER and WHOLE */
    enum sim_param_type type;
};

struct sim_alert {
    const char *name; /* NULL: it raises none, and runs for its duration or until it is stopped */
    int64_t for_ms;   /* `for` of its rule; with fast alerts a twentieth */
};

struct sim_kind {
    const char *name;
    const char *about; /* what it does, in a few words */
    const struct sim_param *params;
    size_t n_params;
    struct sim_alert alert;
    const struct sim_alert *alert_of_choice; /* one for each of the choices; NULL: always `alert` */
};

extern const struct sim_kind sim_kinds[N_SIM_KINDS];

const struct sim_kind *sim_kind_find(const char *name); /* NULL: a kind that we do not know */

const char *sim_kind_article(const struct sim_kind *kind); /* "a", "an" */

/* The words of a choice: how many there are, which one a word is (-1: none), and the i-th into out. */
#define SIM_WORD_SIZE 32
int sim_choice_count(const char *choices);
int sim_choice_find(const char *choices, const char *word);
void sim_choice_copy(const char *choices, int i, char out[SIM_WORD_SIZE]);

/* Values for a kind's parameters, in their order; NaN and NULL: left to the server. Texts are borrowed. */
struct sim_values {
    double numbers[SIM_PARAMS_MAX];
    const char *words[SIM_PARAMS_MAX];
};

/* Of what a run with these values raises; choice is the one of its SIM_CHOICE, if it has one. */
const struct sim_alert *sim_kind_alert(const struct sim_kind *kind, int choice);

/* How long such a run takes at least, in ms: its duration, or what its queries take; 0: no end. NaN counts
 * as the default. */
int64_t sim_kind_duration_ms(const struct sim_kind *kind, const struct sim_values *values);

/* What POST /simulations is to say; numbers (SIM_PARAMS_MAX) is room, and the request borrows all of it. */
struct simulation_request sim_kind_request(const struct sim_kind *kind,
                                           const struct sim_values *values,
                                           struct simulation_number numbers[SIM_PARAMS_MAX]);

#endif
