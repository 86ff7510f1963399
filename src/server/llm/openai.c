#include "server/llm/openai.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/fetch.h"
#include "common/random.h"
#include "server/llm/openai_try.h"
#include "server/llm/prompt.h"
#include "server/llm/redact.h"
#include "server/llm/tokens.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define DEFAULT_BASE_URL       "https://api.openai.com/v1"
#define DEFAULT_STALL_MS       10000
#define DEFAULT_PASSAGE_TOKENS 3000
#define DEFAULT_FIRST_WAIT_MS  250
#define DEFAULT_MOST_WAIT_MS   8000
#define DEFAULT_FAILURES       5
#define DEFAULT_OPEN_MS        30000

#define PROMPT_MAX      ((size_t)512 << 10)
#define N_FOREIGN_MAX   5 /* bits of a dialect: so often a try is refused for a field at most */
#define IDLE_MAX        16
#define TEMPLATE_TOKENS 8 /* about what the roles around two messages cost */

/* A model of the endpoint and what was learned of it; guarded by the lock. */
struct model {
    char name[64]; /* "": there is none; constant */
    struct breaker breaker;
    unsigned dialect;
};

struct openai {
    struct openai_options options; /* its strings are NULL */
    struct openai_endpoint endpoint;
    char *owned_url, *owned_key;
    struct model primary, fallback;
    atomic_bool is_stopping;

    pthread_mutex_t lock; /* guards all below, and the models */
    pthread_cond_t stopped;
    struct random_state rng;
    struct fetcher *idle[IDLE_MAX]; /* their connections are kept */
    size_t n_idle;
    uint64_t n_tries, n_retries;
    char last_error[256]; /* of the primary model, as shown; "" */
};

/* ---- Life ------------------------------------------------------------------------------------- */

static void fill_in(int64_t *slot, int64_t otherwise)
{
    if (*slot == 0)
        *slot = otherwise;
}

static struct openai_options with_defaults(const struct openai_options *given)
{
    struct openai_options o = *given;

    if (!o.base_url || !*o.base_url)
        o.base_url = DEFAULT_BASE_URL;
    if (!o.fallback_model)
        o.fallback_model = "";
    fill_in(&o.stall_timeout_ms, DEFAULT_STALL_MS);
    fill_in(&o.backoff.first_ms, DEFAULT_FIRST_WAIT_MS);
    fill_in(&o.backoff.most_ms, DEFAULT_MOST_WAIT_MS);
    fill_in(&o.breaker_open_ms, DEFAULT_OPEN_MS);
    if (o.breaker_failures == 0)
        o.breaker_failures = DEFAULT_FAILURES;
    if (o.passage_tokens == 0)
        o.passage_tokens = DEFAULT_PASSAGE_TOKENS;
    return o;
}

static int model_init(struct model *model,
                      const char *name,
                      const struct openai_options *options,
                      struct tw_error *err)
{
    if (strlen(name) >= sizeof(model->name))
        return tw_fail(err, TW_INVALID, "the model's name is longer than %zu bytes",
                       sizeof(model->name) - 1);
    (void)snprintf(model->name, sizeof(model->name), "%s", name);
    breaker_init(&model->breaker, options->breaker_failures, options->breaker_open_ms);
    return 0;
}

/* Monotonic, so that a jump of the clock does not stretch a wait. */
static void cond_init_monotonic(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;

    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(cond, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

static char *completions_url(const char *base_url)
{
    size_t len = strlen(base_url);

    while (len > 0 && base_url[len - 1] == '/')
        len--;
    return xprintf_dup("%.*s/chat/completions", (int)len, base_url);
}

int openai_new(const struct openai_options *options,
               struct openai **ret_openai,
               struct tw_error *err)
{
    CLEANUP(openai_freep) struct openai *openai = xcalloc(1, sizeof(*openai));
    uint64_t seed = 0;

    (void)pthread_mutex_init(&openai->lock, NULL);
    cond_init_monotonic(&openai->stopped);
    openai->options = with_defaults(options);
    if (!options->model || !*options->model)
        return tw_fail(err, TW_INVALID, "no model is named");
    if (model_init(&openai->primary, options->model, &openai->options, err) < 0 ||
        model_init(&openai->fallback, openai->options.fallback_model, &openai->options, err) < 0)
        return -1;
    openai->owned_url = completions_url(openai->options.base_url);
    if (options->api_key && *options->api_key)
        openai->owned_key = xstrdup(options->api_key);
    openai->endpoint = (struct openai_endpoint){openai->owned_url, openai->owned_key,
                                                openai->options.stall_timeout_ms};
    (void)!getrandom(&seed, sizeof(seed),
                     GRND_NONBLOCK); /* only spreads the waits of many servers */
    random_seed(&openai->rng, seed);
    openai->options.base_url = openai->options.api_key = NULL; /* the caller's */
    openai->options.model = openai->options.fallback_model = NULL;
    *ret_openai = TAKE(openai);
    return 0;
}

void openai_free(struct openai *openai)
{
    if (!openai)
        return;
    for (size_t i = 0; i < openai->n_idle; i++)
        fetcher_free(openai->idle[i]);
    (void)pthread_cond_destroy(&openai->stopped);
    (void)pthread_mutex_destroy(&openai->lock);
    free(openai->owned_url);
    free(openai->owned_key);
    free(openai);
}

void openai_stop(struct openai *openai)
{
    (void)pthread_mutex_lock(&openai->lock);
    atomic_store(&openai->is_stopping, true);
    (void)pthread_cond_broadcast(&openai->stopped);
    (void)pthread_mutex_unlock(&openai->lock);
}

void openai_read_state(struct openai *openai, struct openai_state *ret_state)
{
    int64_t now_ms = clock_mono_ms();

    (void)pthread_mutex_lock(&openai->lock);
    *ret_state = (struct openai_state){
        .primary = breaker_state(&openai->primary.breaker, now_ms),
        .fallback = breaker_state(&openai->fallback.breaker, now_ms),
        .n_tries = openai->n_tries,
        .n_retries = openai->n_retries,
    };
    memcpy(ret_state->last_error, openai->last_error, sizeof(ret_state->last_error));
    (void)pthread_mutex_unlock(&openai->lock);
}

/* ---- Fetchers --------------------------------------------------------------------------------- */

static struct fetcher *take_fetcher(struct openai *openai)
{
    struct fetcher *fetcher = NULL;

    (void)pthread_mutex_lock(&openai->lock);
    if (openai->n_idle > 0)
        fetcher =
            openai->idle[--openai->n_idle]; /* the last used: its connection is likelier open */
    (void)pthread_mutex_unlock(&openai->lock);
    return fetcher ? fetcher : fetcher_new();
}

/* One with an exchange still under way (is_done false) must not be used by the next call. */
static void put_fetcher(struct openai *openai, struct fetcher *fetcher, bool is_done)
{
    bool is_kept;

    (void)pthread_mutex_lock(&openai->lock);
    is_kept = is_done && openai->n_idle < IDLE_MAX;
    if (is_kept)
        openai->idle[openai->n_idle++] = fetcher;
    (void)pthread_mutex_unlock(&openai->lock);
    if (!is_kept)
        fetcher_free(fetcher);
}

/* ---- One call --------------------------------------------------------------------------------- */

struct call {
    struct openai *openai;
    const struct openai_prompt *prompt;
    int64_t start_ns, deadline_mono_ms;
    int n_tries;
    unsigned dialect;       /* of the model that is asked */
    struct openai_try last; /* the last try; zeroed before the first */
};

static int64_t left_ms(const struct call *call)
{
    return call->deadline_mono_ms - clock_mono_ms();
}

/* Asks the breaker, and counts. */
static bool begin_try(struct call *call, struct model *model, bool is_retry)
{
    struct openai *openai = call->openai;
    bool is_allowed;

    (void)pthread_mutex_lock(&openai->lock);
    is_allowed = breaker_allow(&model->breaker, clock_mono_ms());
    openai->n_tries += is_allowed;
    openai->n_retries += is_allowed && is_retry;
    call->dialect |= model->dialect;
    (void)pthread_mutex_unlock(&openai->lock);
    call->n_tries += is_allowed;
    return is_allowed;
}

static void end_try(struct call *call, struct model *model)
{
    struct openai *openai = call->openai;

    (void)pthread_mutex_lock(&openai->lock);
    switch (call->last.verdict) {
    case OPENAI_WORKS:
        breaker_succeed(&model->breaker);
        break;
    case OPENAI_FAILS:
        breaker_fail(&model->breaker, clock_mono_ms());
        break;
    case OPENAI_UNKNOWN:
        breaker_abandon(&model->breaker);
        break;
    }
    /* Only what led to an answer is learned: a refusal may name a field and mean another thing. */
    if (call->last.result == OPENAI_GOOD)
        model->dialect = call->dialect;
    (void)pthread_mutex_unlock(&openai->lock);
}

static void run_try(struct call *call, struct model *model)
{
    struct openai *openai = call->openai;
    const struct openai_prompt *prompt = call->prompt;
    struct chat_request request = {
        .model = model->name,
        .system = prompt->system,
        .user = prompt->user,
        .max_tokens = prompt->max_tokens,
        .temperature = prompt->temperature,
        .schema_name = prompt->schema_name,
        .schema = prompt->schema,
        .is_stream = prompt->on_text != NULL,
    };
    struct fetcher *fetcher = take_fetcher(openai);

    openai_try_finish(&call->last);
    call->last = (struct openai_try){
        .endpoint = &openai->endpoint,
        .request = &request,
        .trace_parent = prompt->trace_parent,
        .timeout_ms = left_ms(call) > 0 ? left_ms(call) : 1, /* 0 would be none */
        .on_text = prompt->on_text,
        .ctx = prompt->ctx,
        .is_stopping = &openai->is_stopping,
        .dialect = call->dialect,
    };
    openai_try_run(&call->last, fetcher);
    call->last.request = NULL;
    call->dialect = call->last.dialect;
    put_fetcher(openai, fetcher, call->last.is_done);
    end_try(call, model);
}

/* Waits before the next try. False: that would be past the deadline, or the server stops. */
static bool wait_for_next(struct call *call, int n_failed)
{
    struct openai *openai = call->openai;
    int64_t wait_ms, until_ms;
    struct timespec until;
    bool is_in_time;

    (void)pthread_mutex_lock(&openai->lock);
    wait_ms = backoff_ms(&openai->options.backoff, n_failed, random_uniform(&openai->rng),
                         call->last.retry_after_ms);
    is_in_time = wait_ms < left_ms(call);
    until_ms = clock_mono_ms() + (is_in_time ? wait_ms : 0);
    until = (struct timespec){.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    while (!atomic_load(&openai->is_stopping) && clock_mono_ms() < until_ms)
        (void)pthread_cond_timedwait(&openai->stopped, &openai->lock, &until);
    (void)pthread_mutex_unlock(&openai->lock);
    return is_in_time && !atomic_load(&openai->is_stopping);
}

/* Fails before the first try of a model. */
static void refuse(struct call *call, enum openai_result result, enum tw_code code, const char *why)
{
    call->last.result = result;
    (void)tw_fail(&call->last.error, code, "%s", why);
}

/* Asks one model until it answers or asking has no use. A field that it does not know costs no retry. */
static void ask_model(struct call *call, struct model *model)
{
    int n_failed = 0, n_foreign = 0;

    call->dialect = 0;
    if (left_ms(call) <= 0) {
        refuse(call, OPENAI_OVER, TW_BUSY, "no time is left to ask the LLM endpoint");
        return;
    }
    if (!begin_try(call, model, false)) {
        refuse(call, OPENAI_FAILED, TW_BROKEN, "it failed too often and is not asked for a while");
        return;
    }
    do {
        run_try(call, model);
        if (call->last.result == OPENAI_PASSING) {
            if (n_failed++ == call->openai->options.retries || !wait_for_next(call, n_failed))
                return;
        } else if (call->last.result != OPENAI_FOREIGN || n_foreign++ == N_FOREIGN_MAX) {
            return;
        }
        /* Should the breaker have opened, the last error says more than that. */
    } while (left_ms(call) > 0 && begin_try(call, model, n_failed > 0));
}

static void count_tokens(const struct call *call, struct generation *generation)
{
    const struct openai_prompt *prompt = call->prompt;
    const struct chat_answer *answer = &call->last.answer;

    generation->is_estimated = answer->input_tokens < 0;
    generation->input_tokens = answer->input_tokens;
    generation->output_tokens = answer->output_tokens;
    if (!generation->is_estimated)
        return;
    generation->input_tokens =
        (int64_t)(tokens_estimate(prompt->system, strlen(prompt->system)) +
                  tokens_estimate(prompt->user, strlen(prompt->user)) + TEMPLATE_TOKENS);
    generation->output_tokens = (int64_t)tokens_estimate(answer->text.data, answer->text.len);
}

/* The last try's answer becomes the call's. reason: why the primary model gave none. */
static int give(struct call *call,
                const struct model *model,
                const struct tw_error *reason,
                struct generation *ret,
                struct tw_error *err)
{
    struct openai *openai = call->openai;
    struct generation generation = {
        .is_cut = call->last.answer.is_cut,
        .n_tries = call->n_tries,
        .first_token_us = (call->last.first_text_ns - call->start_ns) / 1000,
        .path = model == &openai->primary ? GENERATION_PRIMARY : GENERATION_FALLBACK_MODEL,
    };

    count_tokens(call, &generation);
    memcpy(generation.model, model->name, sizeof(generation.model));
    (void)redact_text(reason->message, strlen(reason->message),
                      openai->owned_key ? openai->owned_key : "", generation.fallback_reason,
                      sizeof(generation.fallback_reason));
    generation.text = buffer_take(&call->last.answer.text, &generation.len);
    if (!generation.text)
        return tw_fail(err, TW_BROKEN, "out of memory");
    *ret = generation;
    return 0;
}

/* The error of the last try, and of the primary model where it was not the last. */
static int fail(const struct call *call, const struct tw_error *reason, struct tw_error *err)
{
    const struct openai *openai = call->openai;
    const struct tw_error *last = &call->last.error;
    bool is_timeout = last->code == TW_BUSY || reason->code == TW_BUSY;
    char text[2 * sizeof(last->message) + 2 * sizeof(openai->primary.name) + 8];
    char shown[sizeof(last->message)];

    if (reason->code == TW_OK)
        (void)snprintf(text, sizeof(text), "%s: %s", openai->primary.name, last->message);
    else
        (void)snprintf(text, sizeof(text), "%s: %.110s; %s: %s", openai->primary.name,
                       reason->message, openai->fallback.name, last->message);
    (void)redact_text(text, strlen(text), openai->owned_key ? openai->owned_key : "", shown,
                      sizeof(shown));
    return tw_fail(err, is_timeout ? TW_BUSY : last->code, "%s", shown);
}

/* How the primary model's turn of a call ended, for /health. What our side ended says nothing of it, and an
 * open breaker nothing new. */
static void note_primary(const struct call *call)
{
    struct openai *openai = call->openai;
    char shown[sizeof(openai->last_error)] = "";

    if (call->n_tries == 0 ||
        (call->last.result == OPENAI_OVER && call->last.verdict != OPENAI_FAILS))
        return;
    if (call->last.result != OPENAI_GOOD)
        (void)redact_text(call->last.error.message, strlen(call->last.error.message),
                          openai->owned_key ? openai->owned_key : "", shown, sizeof(shown));
    (void)pthread_mutex_lock(&openai->lock);
    memcpy(openai->last_error, shown, sizeof(shown));
    (void)pthread_mutex_unlock(&openai->lock);
}

int openai_complete(struct openai *openai,
                    const struct openai_prompt *prompt,
                    struct generation *ret,
                    struct tw_error *err)
{
    struct call call = {.openai = openai, .prompt = prompt, .start_ns = clock_mono_ns()};
    struct model *model = &openai->primary;
    struct tw_error reason = {0};
    int r;

    call.deadline_mono_ms = call.start_ns / 1000000 + openai->options.timeout_ms;
    if (prompt->deadline_mono_ms > 0 && prompt->deadline_mono_ms < call.deadline_mono_ms)
        call.deadline_mono_ms = prompt->deadline_mono_ms;
    ask_model(&call, model);
    note_primary(&call);
    if (call.last.result != OPENAI_GOOD && call.last.result != OPENAI_OVER &&
        openai->fallback.name[0]) {
        reason = call.last.error;
        model = &openai->fallback;
        ask_model(&call, model);
    }
    r = call.last.result == OPENAI_GOOD ? give(&call, model, &reason, ret, err)
                                        : fail(&call, &reason, err);
    openai_try_finish(&call.last);
    return r;
}

int openai_generate(struct openai *openai,
                    const struct generation_request *request,
                    struct generation *ret,
                    struct tw_error *err)
{
    struct openai_prompt prompt = {
        .system = prompt_rules(),
        .max_tokens = openai->options.max_tokens,
        .temperature = openai->options.temperature,
        .trace_parent = request->trace_parent,
        .deadline_mono_ms = request->deadline_mono_ms,
        .on_text = request->on_text,
        .ctx = request->ctx,
    };
    struct buffer user;
    int r;

    buffer_init(&user, PROMPT_MAX);
    (void)prompt_write(&user, request->question, request->passages, request->n_passages,
                       openai->options.passage_tokens);
    prompt.user = buffer_text(&user);
    if (user.failed)
        r = tw_fail(err, TW_INVALID, "the question is too long for a prompt");
    else
        r = openai_complete(openai, &prompt, ret, err);
    buffer_finish(&user);
    return r;
}
