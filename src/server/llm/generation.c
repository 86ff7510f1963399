#include "server/llm/generation.h"

#include <stdlib.h>

void generation_finish(struct generation *generation)
{
    free(generation->text);
    *generation = (struct generation){0};
}

const char *generation_path_name(enum generation_path path)
{
    static const char *const names[] = {"primary", "fallback_model", "extractive"};

    return names[path];
}

double generation_cost_usd(const struct generation_prices *prices,
                           int64_t input_tokens,
                           int64_t output_tokens)
{
    return ((double)input_tokens * prices->input + (double)output_tokens * prices->output) / 1e6;
}
