#ifndef TW_DRILL_PREDICTIONS_H
#define TW_DRILL_PREDICTIONS_H

/* Traffic on /predict: tickets of server/ml/tickets.h, as usual or moved. */

#include "server/drill/drill_kinds.h"

struct json_writer;
struct ticket;

/* A usual ticket; its true class follows on /feedback with the probability that the run was given,
 * 0.2 to 2 s after the answer. */
drill_fire_fn drill_fire_usual;

/* A usual ticket, without feedback. */
drill_fire_fn drill_fire_ordinary;

/* A ticket whose features are moved by the run's amount. No feedback: a drill leaves the measured
 * accuracy alone. */
drill_fire_fn drill_fire_drifted;

/* The four features as members of the object that is open. */
void drill_write_features(const struct ticket *ticket, struct json_writer *w);

#endif
