#include "server/ml/tickets.h"

#include <math.h>

#define LENGTH_WEIGHT  0.015
#define URGENCY_WEIGHT 0.7
#define IMPACT_WEIGHT  0.5
#define TIER_WEIGHT    0.7
#define NOISE_SD       0.45
#define MEDIUM_FROM    6.7
#define HIGH_FROM      9.2

const char *const ticket_classes[TICKET_CLASSES] = {"Low", "Medium", "High"};

static double moved(double from, double to, double amount)
{
    return from + (to - from) * amount;
}

struct ticket_shape ticket_shape_at(double amount, unsigned feature_mask)
{
    double by[N_FEATURES];

    for (unsigned f = 0; f < N_FEATURES; f++)
        by[f] = feature_mask & (1U << f) ? amount : 0;
    return (struct ticket_shape){
        .length_mean = moved(120, 200, by[FEATURE_TICKET_LENGTH]),
        .length_sd = moved(40, 50, by[FEATURE_TICKET_LENGTH]),
        .urgency_mean = moved(2, 5, by[FEATURE_URGENCY_KEYWORDS]),
        .impact_mean = moved(5, 8, by[FEATURE_BUSINESS_IMPACT]),
        .impact_sd = moved(2, 1.5, by[FEATURE_BUSINESS_IMPACT]),
        .tier_mean = moved(3, 4.5, by[FEATURE_CUSTOMER_TIER]),
        .tier_sd = moved(1, 0.8, by[FEATURE_CUSTOMER_TIER]),
    };
}

static double clip(double value, double min, double max)
{
    return fmin(fmax(value, min), max);
}

int ticket_label(struct random_state *rng, const double *x)
{
    double weight = LENGTH_WEIGHT * x[FEATURE_TICKET_LENGTH] +
                    URGENCY_WEIGHT * x[FEATURE_URGENCY_KEYWORDS] +
                    IMPACT_WEIGHT * x[FEATURE_BUSINESS_IMPACT] +
                    TIER_WEIGHT * x[FEATURE_CUSTOMER_TIER] + random_normal(rng, 0, NOISE_SD);

    return (weight >= MEDIUM_FROM) + (weight >= HIGH_FROM);
}

void ticket_draw_shaped(struct random_state *rng,
                        const struct ticket_shape *shape,
                        struct ticket *ret_ticket)
{
    double *x = ret_ticket->x;

    x[FEATURE_TICKET_LENGTH] =
        clip(round(random_normal(rng, shape->length_mean, shape->length_sd)), 20, 300);
    x[FEATURE_URGENCY_KEYWORDS] = clip(random_poisson(rng, shape->urgency_mean), 0, 10);
    x[FEATURE_BUSINESS_IMPACT] =
        round(clip(random_normal(rng, shape->impact_mean, shape->impact_sd), 0, 10) * 100) / 100;
    x[FEATURE_CUSTOMER_TIER] =
        clip(round(random_normal(rng, shape->tier_mean, shape->tier_sd)), 1, 5);
    ret_ticket->label = ticket_label(rng, x);
}

void ticket_draw(struct random_state *rng,
                 double amount,
                 unsigned feature_mask,
                 struct ticket *ret_ticket)
{
    struct ticket_shape shape = ticket_shape_at(amount, feature_mask);

    ticket_draw_shaped(rng, &shape, ret_ticket);
}

void tickets_write_csv(uint64_t seed, size_t n_rows, struct buffer *out)
{
    struct random_state rng;

    random_seed(&rng, seed);
    for (int f = 0; f < N_FEATURES; f++)
        (void)buffer_printf(out, "%s,", features[f].name);
    (void)buffer_puts(out, "severity\n");
    for (size_t i = 0; i < n_rows; i++) {
        struct ticket ticket;

        ticket_draw(&rng, 0, 0, &ticket);
        (void)buffer_printf(out, "%.0f,%.0f,%.2f,%.0f,%s\n", ticket.x[FEATURE_TICKET_LENGTH],
                            ticket.x[FEATURE_URGENCY_KEYWORDS], ticket.x[FEATURE_BUSINESS_IMPACT],
                            ticket.x[FEATURE_CUSTOMER_TIER], ticket_classes[ticket.label]);
    }
}
