#ifndef TW_ML_TICKETS_H
#define TW_ML_TICKETS_H

/* The synthetic ticket stream: what assets/tickets.csv, the baseline and the drift simulation draw
 * from. Length N(120, 40) rounded to 20..300, urgency Poisson(2) to 0..10, impact N(5, 2) to 0..10 with
 * two decimals, tier N(3, 1) rounded to 1..5. Pure.
 *
 * The label: a ticket weighs
 *     0.015 length + 0.7 urgency + 0.5 impact + 0.7 tier + N(0, 0.45)
 * which is 7.8 +- 1.7 for the stream; under 6.7 it is Low, from 9.2 on High, between them Medium. The
 * noise is what people disagree about: even the rule without it is right on 87 % only, so no model
 * can be much better.
 *
 * assets/tickets.csv is `tidewatchd tickets --seed 20261123 --rows 6250` (a test holds it to that). */

#include "common/buffer.h"
#include "common/random.h"
#include "server/ml/features.h"

#include <stdint.h>

struct ticket {
    double x[N_FEATURES];
    int label; /* 0 Low, 1 Medium, 2 High */
};

#define TICKET_CLASSES 3
extern const char *const ticket_classes[TICKET_CLASSES]; /* "Low", "Medium", "High" */

/* The distributions that the features are drawn from. */
struct ticket_shape {
    double length_mean, length_sd;
    double urgency_mean; /* under 50 */
    double impact_mean, impact_sd;
    double tier_mean, tier_sd;
};

/* feature_mask: bit f set = feature f moves. amount 0 is the reference, 1 the full drift (length 200
 * sd 50, urgency 5, impact 8 sd 1.5, tier 4.5 sd 0.8), between them linear in every parameter. */
struct ticket_shape ticket_shape_at(double amount, unsigned feature_mask);

void ticket_draw_shaped(struct random_state *rng,
                        const struct ticket_shape *shape,
                        struct ticket *ret_ticket);

/* ticket_draw_shaped of ticket_shape_at. */
void ticket_draw(struct random_state *rng,
                 double amount,
                 unsigned feature_mask,
                 struct ticket *ret_ticket);

/* The label the rule gives to x, noise included. */
int ticket_label(struct random_state *rng, const double *x);

/* n_rows reference tickets as a CSV data set for dataset_parse; about 25 bytes a row. */
void tickets_write_csv(uint64_t seed, size_t n_rows, struct buffer *out);

#endif
