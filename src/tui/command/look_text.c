#include "tui/command/look_text.h"

#include "common/clock.h"
#include "tui/command/look_parts.h"
#include "tui/data/clock_skew.h"
#include "tui/data/drift_status.h"
#include "tui/text/moment.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAME_CELLS 16 /* of the first column */

static enum page_colour verdict_colour(enum look_verdict verdict)
{
    static const enum page_colour colours[] = {PAGE_GOOD, PAGE_WARN, PAGE_BAD, PAGE_WARN};

    return colours[verdict];
}

/* Word, glyph and colour together: none of them alone has to carry the state. */
static void put_verdict(struct page *page, enum look_verdict verdict, size_t cells)
{
    static const char *const words[] = {"OK", "WARN", "CRIT", "UNKNOWN"};
    static const char *const glyphs[] = {"\xe2\x97\x8f", "\xe2\x96\xb2", "\xe2\x9c\x96",
                                         "\xe2\x97\x8c"};
    char text[32];

    (void)snprintf(text, sizeof(text), "%s%s%s", page->style.is_utf8 ? glyphs[verdict] : "",
                   page->style.is_utf8 ? " " : "", words[verdict]);
    page_field(page, verdict_colour(verdict), text, cells);
}

static void put_title(struct page *page, const char *title)
{
    page_end_line(page);
    page_text(page, PAGE_BOLD, title);
}

void look_put_name(struct page *page, const char *name)
{
    page_text(page, PAGE_PLAIN, "  ");
    page_field(page, PAGE_PLAIN, name, NAME_CELLS);
}

/* ---- Head -------------------------------------------------------------------------------------- */

static void write_head(const struct look *look, struct page *page)
{
    char stamp[CLOCK_ISO_SIZE];
    size_t n_kept = look->n_reasons < LOOK_REASONS_MAX ? look->n_reasons : (size_t)LOOK_REASONS_MAX;

    clock_format_iso(look->at_ms, stamp, sizeof(stamp));
    put_verdict(page, look->verdict, page->style.is_utf8 ? 11 : 9);
    page_printf(page, PAGE_PLAIN, "tidewatch  %.10s %.8s UTC", stamp, stamp + 11);
    if (look->has_fast_alerts && look->is_fast_alerts)
        page_text(page, PAGE_BOLD, "  FAST ALERTS");
    page_end_line(page);
    for (size_t i = 0; i < n_kept; i++) {
        page_text(page, PAGE_PLAIN, "  ");
        put_verdict(page, look->reasons[i].level, page->style.is_utf8 ? 11 : 9);
        page_text(page, PAGE_PLAIN, look->reasons[i].text);
        page_end_line(page);
    }
    if (look->n_reasons > n_kept) {
        page_printf(page, PAGE_PLAIN, "  and %zu more", look->n_reasons - n_kept);
        page_end_line(page);
    }
}

/* Of what answers as Prometheus and is something else. */
static void write_flavour(const struct look *look, enum look_source_id id, struct page *page)
{
    if (id != LOOK_PROMETHEUS || look->flavour == PROM_UNKNOWN || look->flavour == PROM_PROMETHEUS)
        return;
    look_put_name(page, "");
    page_printf(page, PAGE_PLAIN, "%s %s", prom_flavour_name(look->flavour), look->version);
    page_end_line(page);
}

/* Every age here is by the clocks of those who tell it. */
static void write_skew(const struct look *look, enum look_source_id id, struct page *page)
{
    int64_t skew_ms = look->sources[id].skew_ms;
    char text[CLOCK_SKEW_TEXT_SIZE];

    if (skew_ms > -CLOCK_SKEW_TOLD_MS && skew_ms < CLOCK_SKEW_TOLD_MS)
        return;
    clock_skew_format(skew_ms, text);
    look_put_name(page, "");
    page_printf(page, PAGE_WARN, "its clock is %s", text);
    page_end_line(page);
}

static void write_source(const struct look *look,
                         enum look_source_id id,
                         const char *url,
                         struct page *page)
{
    static const enum page_colour colours[] = {PAGE_GOOD, PAGE_WARN, PAGE_BAD};
    const struct look_source *source = &look->sources[id];
    enum look_source_state state = look_source_state(source);
    char span[MOMENT_SPAN_SIZE];

    look_put_name(page, look_source_name(id));
    page_field(page, colours[state], look_source_state_name(state), 9);
    if (state == LOOK_SOURCE_OK) {
        moment_format_span(source->answer_us / 1000, span);
        page_printf(page, PAGE_PLAIN, "in %-7s", span);
        if (id == LOOK_PROMETHEUS && !isnan(look->ages_s[LOOK_AGE_UP])) {
            moment_format_span((int64_t)(look->ages_s[LOOK_AGE_UP] * 1000), span);
            page_printf(page, PAGE_PLAIN, "data %s old", span);
        }
        page_skip_to(page, NAME_CELLS + 2 + 9 + 27);
        page_text(page, PAGE_DIM, url);
    } else {
        if (state == LOOK_SOURCE_PARTIAL)
            page_printf(page, PAGE_PLAIN, "%s: ", source->failing);
        page_text(page, PAGE_PLAIN, source->failing ? source->reason : "not asked");
    }
    page_end_line(page);
    write_flavour(look, id, page);
    write_skew(look, id, page);
}

/* ---- Figures ----------------------------------------------------------------------------------- */

/* True when there is a finite value to go on with; else the word for what there is. Stale values are
 * shown with their age. */
static bool put_reading(const struct look *look, enum look_reading_id id, struct page *page)
{
    const struct look_reading *reading = &look->readings[id];
    enum look_reading_state state = look_reading_state(look, id);
    char span[MOMENT_SPAN_SIZE];

    if (state == LOOK_NO_DATA || state == LOOK_ERROR) {
        page_text(page, state == LOOK_ERROR ? PAGE_BAD : PAGE_DIM, look_reading_state_name(state));
        return false;
    }
    if (state == LOOK_STALE) {
        moment_format_span((int64_t)(reading->age_s * 1000), span);
        page_printf(page, PAGE_WARN, "STALE %s  ", span);
    }
    if (isfinite(reading->value))
        return true;
    page_text(page, PAGE_DIM, isnan(reading->value) ? "NaN" : reading->value > 0 ? "+Inf" : "-Inf");
    return false;
}

/* Sane figures with two decimals; others short, whatever they are. */
static void put_number(struct page *page, enum page_colour colour, double value, const char *unit)
{
    page_printf(page, colour, fabs(value) < 1e6 ? "%.2f%s" : "%.3g%s", value, unit);
}

static void write_drift(const struct look *look, struct page *page)
{
    const struct look_reading *score = &look->readings[LOOK_DRIFT];
    const struct look_reading *samples = &look->readings[LOOK_DRIFT_SAMPLES];
    bool is_over = score->value > DRIFT_SCORE_LIMIT;

    look_put_name(page, "drift score");
    if (put_reading(look, LOOK_DRIFT, page)) {
        put_number(page, is_over ? PAGE_BAD : PAGE_PLAIN, score->value, "");
        page_printf(page, is_over ? PAGE_BAD : PAGE_PLAIN, "  %s %.1f", is_over ? "over" : "under",
                    DRIFT_SCORE_LIMIT);
    }
    if (samples->has_answer && samples->value < LOOK_FEW_SAMPLES)
        page_printf(page, PAGE_PLAIN, "  %.0f of the %d predictions it needs", samples->value,
                    LOOK_FEW_SAMPLES);
    else if (samples->has_answer && isfinite(samples->value))
        page_printf(page, PAGE_PLAIN, "  %.9g predictions in the window", samples->value);
    page_end_line(page);
    for (size_t i = 0; i < look->n_features; i++) {
        const struct look_feature *feature = &look->features[i];

        if (feature->severity < DRIFT_SEVERITY_SHOWN)
            continue;
        page_text(page, PAGE_PLAIN, "    ");
        page_field(page, PAGE_PLAIN, feature->name, 20);
        page_bar(page, feature->severity, 22);
        page_text(page, PAGE_PLAIN, " ");
        put_number(page, feature->severity > DRIFT_SCORE_LIMIT ? PAGE_BAD : PAGE_PLAIN,
                   feature->severity, "");
        page_end_line(page);
    }
}

static void write_traffic(const struct look *look, struct page *page)
{
    look_put_name(page, "predictions");
    if (put_reading(look, LOOK_PREDICTIONS_PER_S, page))
        put_number(page, PAGE_PLAIN, look->readings[LOOK_PREDICTIONS_PER_S].value, "/s");
    page_end_line(page);
    look_put_name(page, "latency p95");
    if (put_reading(look, LOOK_LATENCY_P95_S, page))
        put_number(page, PAGE_PLAIN, look->readings[LOOK_LATENCY_P95_S].value * 1000, " ms");
    page_end_line(page);
    look_put_name(page, "errors");
    if (put_reading(look, LOOK_ERROR_RATIO, page))
        put_number(page, PAGE_PLAIN, look->readings[LOOK_ERROR_RATIO].value * 100, " %");
    page_end_line(page);
}

static void write_accuracy(const struct look *look, struct page *page)
{
    const struct look_reading *labels = &look->readings[LOOK_FEEDBACK_LABELS];
    const struct look_reading *trained = &look->readings[LOOK_MODEL_ACCURACY];

    look_put_name(page, "accuracy");
    if (put_reading(look, LOOK_REALIZED_ACCURACY, page)) {
        page_printf(page, PAGE_PLAIN, "%.3g", look->readings[LOOK_REALIZED_ACCURACY].value);
        if (labels->has_answer && isfinite(labels->value))
            page_printf(page, PAGE_PLAIN, " over %.9g labels", labels->value);
    }
    if (trained->has_answer && isfinite(trained->value))
        page_printf(page, PAGE_PLAIN, "  (in training: %.3g)", trained->value);
    page_end_line(page);
}

/* ---- Lists ------------------------------------------------------------------------------------- */

static void put_span_since(int64_t now_ms, int64_t since_ms, size_t cells, struct page *page)
{
    char span[MOMENT_SPAN_SIZE] = "-";

    if (since_ms > 0)
        moment_format_span(now_ms - since_ms, span);
    page_field(page, PAGE_PLAIN, span, cells);
}

static const char *delivery_word(const struct look *look, const struct look_alert *alert)
{
    if (alert->delivered && alert->delivered->n_silences > 0)
        return "silenced";
    if (alert->delivered && alert->delivered->n_inhibitors > 0)
        return "inhibited";
    if (alert->delivered)
        return am_state_name(alert->delivered->state);
    if (!alert->alert->is_firing)
        return "-";
    return look->has_delivered ? "ABSENT" : "unknown";
}

/* What tells alerts of one name apart: the first label that does not stand in a column or is routine. */
static const char *detail_of(const struct labels *labels)
{
    static const char *const routine[] = {"alertname", "severity", "service", "signal",
                                          "job",       "instance", "tw",      "alertgroup"};

    for (size_t i = 0; i < labels->n; i++) {
        size_t r = 0;

        while (r < COUNT_OF(routine) && strcmp(labels->at[i].name, routine[r]) != 0)
            r++;
        if (r == COUNT_OF(routine))
            return labels->at[i].value;
    }
    return "";
}

static void put_alert_name(const struct labels *labels, struct page *page)
{
    const char *detail = detail_of(labels);
    char text[256];

    (void)snprintf(text, sizeof(text), "%s%s%s%s", labels_get(labels, "alertname"),
                   detail[0] ? " (" : "", detail, detail[0] ? ")" : "");
    page_field(page, PAGE_PLAIN, text, 31);
    page_text(page, PAGE_PLAIN, " ");
}

static void write_alert(const struct look *look, const struct look_alert *alert, struct page *page)
{
    static const enum page_colour colours[] = {PAGE_PLAIN, PAGE_WARN, PAGE_BAD};
    const struct labels *labels = &alert->alert->labels;

    page_text(page, PAGE_PLAIN, "  ");
    page_field(page, colours[alert->severity], look_severity_name(alert->severity), 9);
    put_alert_name(labels, page);
    page_field(page, PAGE_PLAIN, labels_get(labels, "service"), 11);
    page_text(page, PAGE_PLAIN, " ");
    page_field(page, PAGE_PLAIN, alert->alert->is_firing ? "firing" : "pending", 8);
    put_span_since(look_now_ms(look, look->without_rules ? LOOK_ALERTMANAGER : LOOK_PROMETHEUS),
                   alert->alert->active_at_ms, 7, page);
    page_text(page, PAGE_PLAIN, delivery_word(look, alert));
    page_end_line(page);
}

static void count_alerts(const struct look *look, size_t *ret_firing, size_t *ret_suppressed)
{
    *ret_firing = *ret_suppressed = 0;
    for (size_t i = 0; i < look->n_alerts; i++) {
        const struct look_alert *alert = &look->alerts[i];

        *ret_firing += alert->alert->is_firing;
        *ret_suppressed += alert->delivered && alert->delivered->state == AM_SUPPRESSED;
    }
}

static void write_watchdog(const struct look *look, struct page *page)
{
    static const struct {
        enum page_colour colour;
        const char *word;
    } words[] = {
        [LOOK_WATCHDOG_UNKNOWN] = {PAGE_WARN, "UNKNOWN"},
        [LOOK_WATCHDOG_OK] = {PAGE_GOOD, "OK"},
        [LOOK_WATCHDOG_STARTING] = {PAGE_PLAIN, "STARTING  not told to Alertmanager yet"},
        [LOOK_WATCHDOG_SILENT] = {PAGE_BAD, "SILENT"},
        [LOOK_WATCHDOG_UNDELIVERED] = {PAGE_BAD, "NOT DELIVERED"},
        [LOOK_WATCHDOG_ABSENT] = {PAGE_PLAIN, "NONE  Prometheus has no such rule"},
    };

    char span[MOMENT_SPAN_SIZE];

    look_put_name(page, "Watchdog");
    page_text(page, words[look->watchdog].colour, words[look->watchdog].word);
    if (look->watchdog == LOOK_WATCHDOG_OK && look->watchdog_age_ms >= 0) {
        moment_format_span(look->watchdog_age_ms, span);
        page_printf(page, PAGE_PLAIN, "  told to Alertmanager %s ago", span);
    }
    page_end_line(page);
}

static void write_alerts(const struct look *look, struct page *page)
{
    size_t n_firing, n_suppressed;

    count_alerts(look, &n_firing, &n_suppressed);
    put_title(page, "ALERTS");
    if (look->has_alerts) {
        page_printf(page, PAGE_PLAIN, "  %zu firing, %zu pending", n_firing,
                    look->n_alerts - n_firing);
        if (n_suppressed > 0)
            page_printf(page, PAGE_PLAIN, ", %zu suppressed", n_suppressed);
        if (look->n_only_delivered > 0)
            page_printf(page, PAGE_PLAIN, ", %zu in Alertmanager only", look->n_only_delivered);
    } else {
        page_text(page, PAGE_BAD, "  ERROR");
    }
    page_end_line(page);
    if (look->without_rules) {
        page_printf(page, PAGE_DIM, "  %s", look->without_rules);
        page_end_line(page);
    }
    for (size_t i = 0; i < look->n_alerts && i < LOOK_ALERTS_SHOWN; i++)
        write_alert(look, &look->alerts[i], page);
    if (look->n_alerts > LOOK_ALERTS_SHOWN) {
        page_printf(page, PAGE_PLAIN, "  and %zu more", look->n_alerts - LOOK_ALERTS_SHOWN);
        page_end_line(page);
    }
    write_watchdog(look, page);
}

static void write_targets(const struct look *look, struct page *page)
{
    size_t n_up = 0;

    for (size_t i = 0; i < look->n_targets; i++)
        n_up += look->targets[i].is_up;
    put_title(page, "TARGETS");
    if (look->has_targets)
        page_printf(page, PAGE_PLAIN, "  %zu up, %zu down", n_up, look->n_targets - n_up);
    else
        page_text(page, PAGE_BAD, "  ERROR");
    page_end_line(page);
    for (size_t i = 0; i < look->n_targets; i++) {
        const struct look_target *target = &look->targets[i];

        if (target->is_up)
            continue;
        look_put_name(page, target->job);
        page_field(page, PAGE_BAD, "DOWN", 6);
        page_field(page, PAGE_PLAIN, target->instance, 22);
        page_text(page, PAGE_PLAIN, target->last_error);
        page_end_line(page);
    }
}

static void write_simulation(const struct look *look, const struct simulation *s, struct page *page)
{
    char span[MOMENT_SPAN_SIZE];

    page_printf(page, PAGE_PLAIN, "  #%lld ", (long long)s->id);
    page_skip_to(page, 8);
    page_field(page, PAGE_PLAIN, s->kind, 11);
    page_text(page, PAGE_PLAIN, " ");
    if (isnan(s->progress)) {
        page_text(page, PAGE_PLAIN, "on since ");
        put_span_since(look_now_ms(look, LOOK_BACKEND), s->started_at_ms, 8, page);
    } else {
        page_bar(page, s->progress, 18);
        moment_format_span(s->ends_by_ms - look_now_ms(look, LOOK_BACKEND), span);
        page_printf(page, PAGE_PLAIN, " %3.0f%% %s left  ", s->progress * 100, span);
    }
    if (s->alert[0])
        page_printf(page, PAGE_PLAIN, "%s %s", s->alert,
                    simulation_alert_state_name(s->alert_state));
    else
        page_printf(page, PAGE_PLAIN, "%lld requests, %lld failed", (long long)s->n_sent,
                    (long long)s->n_failed);
    page_end_line(page);
}

static void write_simulations(const struct look *look, struct page *page)
{
    size_t n_running = 0;

    for (size_t i = 0; i < look->simulations.n; i++)
        n_running += look->simulations.at[i].state == SIMULATION_RUNNING;
    put_title(page, "SIMULATIONS");
    if (look->has_simulations)
        page_printf(page, PAGE_PLAIN, "  %zu running", n_running);
    else
        page_text(page, PAGE_BAD, "  ERROR");
    page_end_line(page);
    for (size_t i = 0; i < look->simulations.n; i++)
        if (look->simulations.at[i].state == SIMULATION_RUNNING)
            write_simulation(look, &look->simulations.at[i], page);
}

static void write_events(const struct look *look, struct page *page)
{
    char at[MOMENT_SPAN_SIZE];

    put_title(page, "EVENTS");
    if (!look->has_events)
        page_text(page, PAGE_BAD, "  ERROR");
    else if (look->events.n == 0)
        page_text(page, PAGE_PLAIN, "  none");
    page_end_line(page);
    for (size_t i = 0; i < look->events.n && i < LOOK_EVENTS_SHOWN; i++) {
        const struct event *event = &look->events.at[i];

        moment_format_clock(event->at_ms, at);
        page_printf(page, PAGE_PLAIN, "  %s  ", at);
        page_field(page, PAGE_PLAIN, event->kind, 22);
        page_printf(page, PAGE_PLAIN, " %s  ", event->subject);
        page_text(page, PAGE_DIM, event->detail);
        page_end_line(page);
    }
}

void look_write_text(const struct look *look, const char *const *urls, struct page *page)
{
    write_head(look, page);
    put_title(page, "SOURCES");
    page_end_line(page);
    for (int source = 0; source < N_LOOK_SOURCES; source++)
        write_source(look, (enum look_source_id)source, urls[source], page);
    put_title(page, "MODEL");
    page_end_line(page);
    write_drift(look, page);
    write_traffic(look, page);
    write_accuracy(look, page);
    put_title(page, "QUALITY");
    page_end_line(page);
    look_write_quality(look, page);
    write_alerts(look, page);
    write_targets(look, page);
    write_simulations(look, page);
    write_events(look, page);
}
