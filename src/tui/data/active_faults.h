#ifndef TW_ACTIVE_FAULTS_H
#define TW_ACTIVE_FAULTS_H

/* The operations API's GET /faults: those that are on, whoever injected them. Pure. Texts are fit for a
 * terminal. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch_reply;

#define ACTIVE_FAULTS_MAX 16 /* the server has seven; more are not kept */

struct active_fault {
    char name[32];
    char params[48];       /* "delay_ms=12000"; "" when it has none */
    int64_t left_ms;       /* when the server answered: then it is off by itself */
    int64_t simulation_id; /* whose it is; 0: an operator's */
};

struct active_faults {
    size_t n;
    struct active_fault at[ACTIVE_FAULTS_MAX];
};

/* Errors as answer_read, and TW_BROKEN for JSON of another shape. */
int active_faults_read(const struct fetch_reply *reply,
                       struct active_faults *ret_faults,
                       struct tw_error *err) MUST_CHECK;

#endif
