#include "server/ml/fit.h"

#include <math.h>
#include <string.h>

#define PARAMETERS_MAX (CLASSES_MAX * FIT_WEIGHTS)
#define GRADIENT_NORM  1e-8
#define ITERATIONS_MAX 100
#define HALVINGS_MAX   60

/* Where the minimisation stands. Parameter c * FIT_WEIGHTS + j is weight j of class c. */
struct state {
    size_t n_parameters;
    double theta[PARAMETERS_MAX];
    double objective;
    double gradient[PARAMETERS_MAX];
    double hessian[PARAMETERS_MAX][PARAMETERS_MAX]; /* lower triangle */
};

/* Probabilities of a row's classes into p; returns log(sum of exp(logit)) - logit[label] = -log p. */
static double row_loss(const struct fit_problem *problem,
                       const double *theta,
                       size_t row,
                       double *p)
{
    const double *z = problem->z[row];
    double top = -HUGE_VAL, sum = 0, of_label = 0;

    for (int c = 0; c < problem->n_classes; c++) {
        const double *w = theta + (size_t)c * FIT_WEIGHTS;

        p[c] = w[N_FEATURES];
        for (int f = 0; f < N_FEATURES; f++)
            p[c] += w[f] * z[f];
        top = fmax(top, p[c]);
    }
    of_label = p[problem->label[row]];
    for (int c = 0; c < problem->n_classes; c++)
        sum += p[c] = exp(p[c] - top);
    for (int c = 0; c < problem->n_classes; c++)
        p[c] /= sum;
    return log(sum) + top - of_label;
}

static double penalty(const struct state *state, const double *theta)
{
    double sum = 0;

    for (size_t i = 0; i < state->n_parameters; i++)
        if (i % FIT_WEIGHTS != N_FEATURES)
            sum += theta[i] * theta[i] / 2;
    return sum;
}

static double objective_at(const struct fit_problem *problem,
                           const struct state *state,
                           const double *theta)
{
    double sum = penalty(state, theta), p[CLASSES_MAX];

    for (size_t row = 0; row < problem->n_rows; row++)
        sum += row_loss(problem, theta, row, p);
    return sum;
}

/* Adds weight * (1, z)(1, z)^T to the block of a pair of classes. */
static void add_block(struct state *state, int c, int d, const double *z1, double weight)
{
    for (size_t i = 0; i < FIT_WEIGHTS; i++) {
        double *row = state->hessian[(size_t)c * FIT_WEIGHTS + i] + (size_t)d * FIT_WEIGHTS;
        double by = weight * z1[i];

        for (size_t j = 0; j < FIT_WEIGHTS; j++)
            row[j] += by * z1[j];
    }
}

/* d loss / d theta_c = (p_c - [c = label]) (z, 1); second derivatives p_c ([c = d] - p_d) (z,1)(z,1)^T.
 * (Boehning, "Multinomial logistic regression algorithm", 1992.) */
static void add_row(const struct fit_problem *problem, struct state *state, size_t row)
{
    double p[CLASSES_MAX], z1[FIT_WEIGHTS];

    memcpy(z1, problem->z[row], sizeof(problem->z[row]));
    z1[N_FEATURES] = 1;
    state->objective += row_loss(problem, state->theta, row, p);
    for (int c = 0; c < problem->n_classes; c++) {
        double slope = p[c] - (c == problem->label[row]);

        for (size_t j = 0; j < FIT_WEIGHTS; j++)
            state->gradient[(size_t)c * FIT_WEIGHTS + j] += slope * z1[j];
        for (int d = 0; d <= c; d++)
            add_block(state, c, d, z1, p[c] * ((c == d) - p[d]));
    }
}

/* Adding one number to all intercepts changes nothing, so the Hessian is singular in that direction.
 * The gradient has no part in it: a term there pins the step's part to 0 and leaves the rest alone. */
static void pin_intercepts(const struct fit_problem *problem, struct state *state)
{
    double weight = (double)problem->n_rows;

    for (size_t i = N_FEATURES; i < state->n_parameters; i += FIT_WEIGHTS)
        for (size_t j = N_FEATURES; j <= i; j += FIT_WEIGHTS)
            state->hessian[i][j] += weight;
}

static void evaluate(const struct fit_problem *problem, struct state *state)
{
    state->objective = penalty(state, state->theta);
    memset(state->gradient, 0, sizeof(state->gradient));
    memset(state->hessian, 0, sizeof(state->hessian));
    for (size_t row = 0; row < problem->n_rows; row++)
        add_row(problem, state, row);
    for (size_t i = 0; i < state->n_parameters; i++) {
        if (i % FIT_WEIGHTS == N_FEATURES)
            continue;
        state->gradient[i] += state->theta[i];
        state->hessian[i][i] += 1;
    }
    pin_intercepts(problem, state);
}

/* Cholesky in place; false when the matrix is not positive definite. */
static bool factorise(double a[PARAMETERS_MAX][PARAMETERS_MAX], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double sum = a[i][j];

            for (size_t k = 0; k < j; k++)
                sum -= a[i][k] * a[j][k];
            if (i == j && !(sum > 0))
                return false;
            a[i][j] = i == j ? sqrt(sum) : sum / a[j][j];
        }
    }
    return true;
}

/* L L^T step = gradient. */
static void solve(const struct state *state, double *step)
{
    size_t n = state->n_parameters;

    for (size_t i = 0; i < n; i++) {
        step[i] = state->gradient[i];
        for (size_t k = 0; k < i; k++)
            step[i] -= state->hessian[i][k] * step[k];
        step[i] /= state->hessian[i][i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            step[i] -= state->hessian[k][i] * step[k];
        step[i] /= state->hessian[i][i];
    }
}

/* Halves the step until the objective falls by a share of what the slope promises (Armijo). Near the
 * minimum the fall drowns in rounding, which the last term allows for. */
static void go(const struct fit_problem *problem, struct state *state, const double *step)
{
    double moved[PARAMETERS_MAX] = {0}, slope = 0, length = 1;

    for (size_t i = 0; i < state->n_parameters; i++)
        slope += state->gradient[i] * step[i];
    for (int halvings = 0; halvings < HALVINGS_MAX; halvings++) {
        for (size_t i = 0; i < state->n_parameters; i++)
            moved[i] = state->theta[i] - length * step[i];
        if (objective_at(problem, state, moved) <=
            state->objective - 1e-4 * length * slope + 1e-11 * fabs(state->objective))
            break;
        length /= 2;
    }
    memcpy(state->theta, moved, sizeof(double) * state->n_parameters);
}

static double gradient_norm(const struct state *state)
{
    double norm = 0;

    for (size_t i = 0; i < state->n_parameters; i++)
        norm = fmax(norm, fabs(state->gradient[i]));
    return norm;
}

static void give_weights(const struct state *state,
                         int n_classes,
                         double weights[CLASSES_MAX][FIT_WEIGHTS])
{
    double mean = 0;

    memset(weights, 0, sizeof(weights[0]) * CLASSES_MAX);
    memcpy(weights, state->theta, sizeof(double) * state->n_parameters);
    for (int c = 0; c < n_classes; c++)
        mean += weights[c][N_FEATURES] / n_classes;
    for (int c = 0; c < n_classes; c++)
        weights[c][N_FEATURES] -= mean;
}

int fit_minimise(const struct fit_problem *problem,
                 double weights[CLASSES_MAX][FIT_WEIGHTS],
                 struct tw_error *err)
{
    struct state state = {.n_parameters = (size_t)problem->n_classes * FIT_WEIGHTS};
    double step[PARAMETERS_MAX] = {0}, norm = HUGE_VAL;

    for (int iteration = 0; iteration < ITERATIONS_MAX; iteration++) {
        evaluate(problem, &state);
        norm = gradient_norm(&state);
        if (problem->progress)
            problem->progress(problem->ctx,
                              &(struct train_progress){iteration, state.objective, norm});
        if (norm <= GRADIENT_NORM) {
            give_weights(&state, problem->n_classes, weights);
            return 0;
        }
        if (!factorise(state.hessian, state.n_parameters))
            return tw_fail(err, TW_BROKEN, "training met a singular Hessian in step %d", iteration);
        solve(&state, step);
        go(problem, &state, step);
    }
    return tw_fail(err, TW_BROKEN, "training stopped after %d steps at gradient norm %g",
                   ITERATIONS_MAX, norm);
}
