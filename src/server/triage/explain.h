#ifndef TW_TRIAGE_EXPLAIN_H
#define TW_TRIAGE_EXPLAIN_H

/* Why a ticket got its severity, in a sentence. Pure. */

#include "common/buffer.h"
#include "server/ml/model.h"

/* "Severity High with confidence 0.93, most of all for business_impact 9 and urgency_keywords 5.". A feature's share is
 * its term in the class's logit less the mean of that term over all classes; the two largest positive
 * ones are named. */
void triage_explain(const struct model *model,
                    const double *x,
                    const struct prediction *prediction,
                    struct buffer *out);

#endif
