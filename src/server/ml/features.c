#include "server/ml/features.h"

const struct feature_info features[N_FEATURES] = {
    [FEATURE_TICKET_LENGTH] = {"ticket_length", 0, 1000, 1, "words"},
    [FEATURE_URGENCY_KEYWORDS] = {"urgency_keywords", 0, 20, 1, "keywords"},
    [FEATURE_BUSINESS_IMPACT] = {"business_impact", 0, 10, 0, "points"},
    [FEATURE_CUSTOMER_TIER] = {"customer_tier", 1, 5, 1, "tier"},
};
