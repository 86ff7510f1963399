#include "server/llm/quality.h"

#include <math.h>

void quality_put(struct quality *quality,
                 double relevance,
                 double groundedness,
                 double hallucination)
{
    double score = (relevance + groundedness + 1 - hallucination) / 3;

    if (!isfinite(score))
        return;
    quality->scores[quality->next] = score;
    quality->next = (quality->next + 1) % QUALITY_ANSWERS;
    quality->n += quality->n < QUALITY_ANSWERS;
}

double quality_mean(const struct quality *quality)
{
    double sum = 0;

    for (size_t i = 0; i < quality->n; i++)
        sum += quality->scores[i];
    return quality->n > 0 ? sum / (double)quality->n : (double)NAN;
}
