/* Asks a language model behind an OpenAI-compatible endpoint a question about two passages, through the
 * code that tidewatchd uses, first whole and then streamed, and prints what came and how long it took.
 *
 *   OPENAI_BASE_URL=http://127.0.0.1:8080/v1 [OPENAI_API_KEY=...] [OPENAI_MODEL=...]
 *       openai-ask [--judge] [QUESTION]
 *
 * --judge also lets the model grade its own streamed answer. Exits with 1 when a call fails. */

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/fetch.h"
#include "server/llm/judge.h"
#include "server/llm/openai.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 120000

static const char vpn_text[] =
    "To get access to the VPN, open the staff portal, choose Network and then Request VPN. Your "
    "manager is asked to approve the request. After that the account is ready within two business "
    "days, and you get a mail with the name of the gateway.";
static const char reset_text[] =
    "A forgotten password is reset on the sign-in page with the link below the form. The link in "
    "the mail that you get is valid for 20 minutes. After five wrong passwords the account is "
    "locked for half an hour.";

static const struct passage passages[] = {
    {.chunk_id = "vpn.md#1",
     .document = "vpn.md",
     .title = "VPN access",
     .heading = "Ask for it",
     .text = vpn_text,
     .len = sizeof(vpn_text) - 1},
    {.chunk_id = "reset.md#1",
     .document = "reset.md",
     .title = "Passwords",
     .heading = "",
     .text = reset_text,
     .len = sizeof(reset_text) - 1},
};

static const char *variable(const char *name, const char *otherwise)
{
    const char *value = getenv(name); // NOLINT(concurrency-mt-unsafe): one thread

    return value && *value ? value : otherwise;
}

static bool print_text(void *ctx, const char *text, size_t len)
{
    ++*(size_t *)ctx;
    (void)fwrite(text, 1, len, stdout);
    (void)fflush(stdout);
    return true;
}

static int ask(struct openai *openai, const char *question, bool is_stream, struct generation *ret)
{
    size_t n_pieces = 0;
    struct generation_request request = {.question = question,
                                         .passages = passages,
                                         .n_passages = COUNT_OF(passages),
                                         .on_text = is_stream ? print_text : NULL,
                                         .ctx = &n_pieces};
    int64_t start_ms = clock_mono_ms();
    struct tw_error err;

    printf("---- %s\n", is_stream ? "streamed" : "whole");
    if (openai_generate(openai, &request, ret, &err) < 0) {
        printf("failed (%s): %s\n", err.code == TW_BUSY ? "timeout" : "error", err.message);
        return -1;
    }
    printf("%s\n", is_stream ? "" : ret->text);
    printf("model %s, %d tries, %zu pieces, tokens %" PRId64 " in, %" PRId64 " out%s%s, "
           "first text after %.1f ms, all after %" PRId64 " ms\n",
           ret->model, ret->n_tries, n_pieces, ret->input_tokens, ret->output_tokens,
           ret->is_estimated ? " (estimated)" : "", ret->is_cut ? ", cut at its limit" : "",
           (double)ret->first_token_us / 1000, clock_mono_ms() - start_ms);
    return 0;
}

/* The whole answer as one sentence is enough to see whether the model can judge at all. */
static int judge(const struct openai_options *endpoint, const char *question, const char *answer)
{
    struct judge_options options = {.endpoint = *endpoint, .share = 1, .budget_usd_per_day = 1};
    struct judge_case judged = {question, passages, COUNT_OF(passages), &answer, 1};
    CLEANUP(judge_freep) struct judge *judge = NULL;
    struct judge_usage usage;
    struct judgement judgement;
    struct tw_error err;

    printf("---- judged\n");
    if (judge_new(&options, &judge, &err) < 0 ||
        judge_score(judge, &judged, NULL, 0, &judgement, &usage, &err) < 0) {
        printf("failed: %s\n", err.message);
        return -1;
    }
    printf("support %.2f, evidence in passage %zu, bytes %zu to %zu\n",
           judgement.sentences[0].support, judgement.sentences[0].passage + 1,
           judgement.sentences[0].start, judgement.sentences[0].end);
    return 0;
}

int main(int argc, char **argv)
{
    bool is_judged = argc > 1 && strcmp(argv[1], "--judge") == 0;
    const char *question = argc > 1 + is_judged ? argv[1 + is_judged]
                                                : "How long does it take until I have VPN access?";
    struct openai_options options = {.base_url = variable("OPENAI_BASE_URL", NULL),
                                     .api_key = variable("OPENAI_API_KEY", NULL),
                                     .model = variable("OPENAI_MODEL", "gpt-4o-mini"),
                                     .timeout_ms = TIMEOUT_MS,
                                     .max_tokens = 128};
    CLEANUP(openai_freep) struct openai *openai = NULL;
    struct generation whole = {0}, streamed = {0};
    struct tw_error err;
    int n_failed = 0;

    (void)signal(SIGPIPE, SIG_IGN);
    if (fetch_global_init(&err) < 0 || openai_new(&options, &openai, &err) < 0) {
        (void)fprintf(stderr, "openai-ask: %s\n", err.message);
        return 1;
    }
    n_failed += ask(openai, question, false, &whole) < 0;
    n_failed += ask(openai, question, true, &streamed) < 0;
    if (is_judged && streamed.text)
        n_failed += judge(&options, question, streamed.text) < 0;
    generation_finish(&whole);
    generation_finish(&streamed);
    return n_failed > 0;
}
