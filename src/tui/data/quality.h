#ifndef TW_QUALITY_H
#define TW_QUALITY_H

/* From where on a figure of the LLM side is a warning or critical: as the shipped dashboards have it, whose
 * colours go by the severity of the alerts. What no alert looks at is not judged. Pure. */

#include <stdbool.h>

enum quality_id {
    QUALITY_RELEVANCE,       /* LLMRelevanceLow: median under 0.5 */
    QUALITY_GROUNDEDNESS,    /* for reading */
    QUALITY_HALLUCINATION,   /* LLMHallucinationCritical: p90 over 0.7; a warning from 0.4 on */
    QUALITY_AVERAGE,         /* for reading */
    QUALITY_EMBEDDING_DRIFT, /* a warning over 0.2; LLMEmbeddingDriftHigh: over 0.4 */
    QUALITY_ABSTENTION,      /* LLMAbstentionHigh: over 0.5 */
    QUALITY_CHAT_P95_S,      /* LLMLatencyHigh: over 5 s */
    QUALITY_TRIAGE_P95_S,    /* PipelineLatencyHigh: over 10 s */
    N_QUALITIES,
};

enum quality_level { QUALITY_UNJUDGED, QUALITY_GOOD, QUALITY_WARN, QUALITY_CRIT };

/* QUALITY_UNJUDGED for NaN and where there is no limit. */
enum quality_level quality_level(enum quality_id id, double value);

/* The worst limit that the value is beyond, or the first there is; NaN: there is none. */
double quality_limit(enum quality_id id, double value);

/* Is it no encoder, or one that only stands in for it? Then retrieval goes by words alone. */
bool quality_is_stand_in(const char *encoder);

/* Is it under its limit that the figure is bad? */
bool quality_is_least(enum quality_id id);

#endif
