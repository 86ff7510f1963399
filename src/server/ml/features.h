#ifndef TW_ML_FEATURES_H
#define TW_ML_FEATURES_H

/* What the severity model looks at. Pure. */

#include <stddef.h>

enum feature {
    FEATURE_TICKET_LENGTH,    /* words, 0..1000 */
    FEATURE_URGENCY_KEYWORDS, /* 0..20 */
    FEATURE_BUSINESS_IMPACT,  /* 0..10 */
    FEATURE_CUSTOMER_TIER,    /* 1..5 */
    N_FEATURES
};

struct feature_info {
    const char *name;
    double min, max;
    int is_integer;
    const char *unit; /* for people: "words", "keywords", "points", "tier" */
};

extern const struct feature_info features[N_FEATURES];

#define CLASSES_MAX     10
#define CLASS_NAME_SIZE 32 /* bytes, with the NUL */

#endif
