#include "server/store/trouble.h"

#include <stdio.h>

void trouble_init(struct trouble *trouble, store_news_fn *tell, void *ctx)
{
    *trouble = (struct trouble){.tell = tell, .ctx = ctx};
}

bool trouble_is_over(const struct trouble *trouble)
{
    return !trouble->is_unwritten && !trouble->is_untidy;
}

const char *trouble_reason(const struct trouble *trouble)
{
    return trouble_is_over(trouble) ? "" : trouble->reason;
}

static void tell(struct trouble *trouble, enum store_trouble kind, const struct trouble_moment *now)
{
    const struct store_news news = {
        .kind = kind,
        .reason = trouble->reason,
        .lost = now->dropped - trouble->dropped_before,
        .for_ms = now->mono_ms - trouble->began_mono_ms,
    };

    trouble->is_told = true;
    if (trouble->tell)
        trouble->tell(trouble->ctx, &news);
}

static void begin(struct trouble *trouble, const char *reason, const struct trouble_moment *now)
{
    if (trouble_is_over(trouble)) {
        trouble->began_mono_ms = now->mono_ms;
        trouble->dropped_before = now->dropped;
    }
    (void)snprintf(trouble->reason, sizeof(trouble->reason), "%s", reason);
}

static void end(struct trouble *trouble, const struct trouble_moment *now)
{
    if (!trouble_is_over(trouble))
        return;
    if (trouble->is_told)
        tell(trouble, STORE_RECOVERED, now);
    trouble->is_told = trouble->is_loss_told = trouble->is_untidiness_told = false;
}

void trouble_note_failure(struct trouble *trouble,
                          const char *reason,
                          const struct trouble_moment *now)
{
    begin(trouble, reason, now);
    trouble->is_unwritten = true;
    if (!trouble->is_told && now->mono_ms - trouble->began_mono_ms >= TROUBLE_QUIET_MS)
        tell(trouble, STORE_TRYING, now);
}

void trouble_note_loss(struct trouble *trouble, const struct trouble_moment *now)
{
    if (trouble->is_loss_told)
        return;
    trouble->is_loss_told = true;
    tell(trouble, STORE_LOSING, now);
}

void trouble_note_commit(struct trouble *trouble, const struct trouble_moment *now)
{
    if (!trouble->is_unwritten)
        return;
    trouble->is_unwritten = false;
    end(trouble, now);
}

void trouble_note_upkeep(struct trouble *trouble,
                         const char *reason,
                         const struct trouble_moment *now)
{
    if (!reason && !trouble->is_untidy)
        return;
    if (!reason) {
        trouble->is_untidy = false;
        end(trouble, now);
        return;
    }
    begin(trouble, reason, now);
    trouble->is_untidy = true;
    if (!trouble->is_untidiness_told) {
        trouble->is_untidiness_told = true;
        tell(trouble, STORE_UNTIDY, now);
    }
}

void trouble_note_refusals(struct trouble *trouble,
                           const char *reason,
                           const struct trouble_moment *now)
{
    const struct store_news news = {.kind = STORE_REFUSED, .reason = reason};

    if (trouble->has_told_refusal &&
        now->mono_ms - trouble->refusal_told_mono_ms < TROUBLE_REFUSALS_MS)
        return;
    trouble->has_told_refusal = true;
    trouble->refusal_told_mono_ms = now->mono_ms;
    if (trouble->tell)
        trouble->tell(trouble->ctx, &news);
}
