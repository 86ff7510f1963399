/* One stored request: the question, the answer sentence by sentence, and beside it what the sentence under
 * the cursor rests on. */

#include "tui/draw/text_flow.h"
#include "tui/view/view_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SIDE_BY_SIDE  100 /* from this width on the evidence stands beside the answer */
#define SIGN_CELLS    2
#define WORD_CELLS    5 /* of what marks a sentence where signs cannot be drawn */
#define QUESTION_ROWS 2
#define TALL          30 /* from this height on the question may have a row more */
#define BESIDE_SHARE  40 /* percent of the width that the evidence has */
#define BELOW_SHARE   45 /* percent of the height */

/* ---- Head -------------------------------------------------------------------------------------- */

static void put_title(const struct ui_model *model,
                      struct grid *grid,
                      struct rect row,
                      const struct stored_request *request)
{
    struct pen pen = pen_at(grid, row);
    char age[24], trace[80];

    view_format_request_age(model, request, age, sizeof(age));
    pen_putf(&pen, style_with(ROLE_TITLE, STYLE_BOLD), "%s %s", stored_kind_name(request->kind),
             request->id);
    pen_putf(&pen, style_of(ROLE_DIM), "  %s ago", age);
    if (request->status[0])
        pen_putf(&pen, style_of(strcmp(request->status, "success") == 0 ? ROLE_DIM : ROLE_WARN),
                 "  %s", request->status);
    if (request->severity[0])
        pen_putf(&pen, style_with(ROLE_TITLE, STYLE_BOLD), "  %s", request->severity);
    if (!isnan(request->confidence))
        pen_putf(&pen, style_of(ROLE_NORMAL), " confidence %.2f", request->confidence);
    (void)snprintf(trace, sizeof(trace), "trace %s", request->trace_id);
    if (request->trace_id[0] && pen_left(&pen) > grid_text_cells(grid->encoding, trace) + 1)
        grid_put_right(grid, pen.x, pen.y, pen_left(&pen), style_of(ROLE_DIM), trace);
}

static void put_scores(struct grid *grid, struct rect row, const struct stored_request *request)
{
    const struct {
        const char *name, *brief;
        enum quality_id id;
        double value;
    } scores[] = {
        {"hallucination", "hall", QUALITY_HALLUCINATION, request->hallucination},
        {"groundedness", "grnd", QUALITY_GROUNDEDNESS, request->groundedness},
        {"relevance", "rel", QUALITY_RELEVANCE, request->relevance},
        {"answer", "ans", QUALITY_GROUNDEDNESS, request->answer_relevance},
    };
    struct pen pen = pen_at(grid, row);

    for (size_t i = 0; i < COUNT_OF(scores); i++) {
        enum panel_state state = view_quality_state(scores[i].id, scores[i].value);

        pen_putf(&pen, style_of(ROLE_DIM), "%s%s ", i > 0 ? "  " : "",
                 row.width >= 78 ? scores[i].name : scores[i].brief);
        if (isnan(scores[i].value)) {
            pen_put(&pen, style_of(ROLE_DIM), "-");
            continue;
        }
        pen_putf(&pen, style_with(panel_state_role(state), STYLE_BOLD), "%.2f", scores[i].value);
        if (state == PANEL_WARN || state == PANEL_CRIT) {
            pen_skip(&pen, 1);
            panel_put_state(&pen, state);
        }
    }
}

/* Which model, how long, on whose behalf. */
static void put_facts(struct grid *grid, struct rect row, const struct stored_detail *detail)
{
    const struct stored_request *request = &detail->request;
    const struct chat_answer *answer = &detail->answer;
    struct style style = style_of(ROLE_DIM);
    struct pen pen = pen_at(grid, row);

    if (request->model[0])
        pen_putf(&pen, style, "%s  ", request->model);
    if (!isnan(request->processing_ms))
        pen_putf(&pen, style, "%.*f ms  ", request->processing_ms < 1 ? 3 : 1,
                 request->processing_ms);
    if (detail->has_answer && !isnan(answer->first_token_ms))
        pen_putf(&pen, style, "first token %.1f ms  ", answer->first_token_ms);
    if (detail->has_answer && (answer->n_input_tokens > 0 || answer->n_output_tokens > 0))
        pen_putf(&pen, style, "tokens %lld+%lld%s  ", (long long)answer->n_input_tokens,
                 (long long)answer->n_output_tokens, answer->is_estimated ? " est." : "");
    if (request->origin[0])
        pen_putf(&pen, style, "from %s  ", request->origin);
    if (request->simulation[0])
        pen_putf(&pen, style_of(ROLE_MARK), "sim %s", request->simulation);
}

/* On a screen of strips the answer is worth more than what there is to know about it. */
static void draw_head(const struct ui_model *model,
                      struct grid *grid,
                      struct rect *body,
                      const struct stored_detail *detail,
                      bool is_full)
{
    int question_rows = !is_full ? 1 : body->height >= TALL ? QUESTION_ROWS + 1 : QUESTION_ROWS;
    int used;

    put_title(model, grid, layout_take_top(body, 1), &detail->request);
    used = panel_put_wrapped(grid, (struct rect){body->x, body->y, body->width, question_rows},
                             style_with(ROLE_TITLE, STYLE_BOLD), detail->query);
    (void)layout_take_top(body, used < question_rows ? used : question_rows);
    if (!is_full)
        return;
    if (detail->request.kind != STORED_PREDICTION)
        put_scores(grid, layout_take_top(body, 1), &detail->request);
    put_facts(grid, layout_take_top(body, 1), detail);
    for (size_t i = 0; detail->has_answer && i < detail->answer.n_warnings && i < 2; i++) {
        struct pen pen = pen_at(grid, layout_take_top(body, 1));

        pen_putf(&pen, style_with(ROLE_WARN, STYLE_BOLD), "warning: %s",
                 detail->answer.warnings[i]);
    }
}

/* ---- Answer ------------------------------------------------------------------------------------ */

static const enum role support_roles[N_SUPPORTS] = {ROLE_DIM, ROLE_OK, ROLE_WARN, ROLE_CRIT};

static void put_sign(struct text_flow *flow, enum support level)
{
    static const enum glyph glyphs[N_SUPPORTS] = {GLYPH_PENDING, GLYPH_OK, GLYPH_WARN, GLYPH_CRIT};

    static const char *const words[N_SUPPORTS] = {"-", "ok", "weak", "BAD"};

    if (flow->grid->encoding == ENCODING_UTF8)
        text_flow_put_glyph(flow, style_of(support_roles[level]), glyphs[level]);
    else
        text_flow_put_sign(flow, style_with(support_roles[level], STYLE_BOLD), words[level]);
}

static void put_part(struct text_flow *flow, const struct scored_part *part)
{
    static const enum role roles[N_SUPPORTS] = {ROLE_DIM, ROLE_NORMAL, ROLE_WARN, ROLE_CRIT};

    text_flow_end_line(flow);
    put_sign(flow, part->level);
    text_flow_put(flow, style_of(roles[part->level]), part->text);
    text_flow_end_line(flow);
}

static int sign_cells(const struct grid *grid)
{
    return grid->encoding == ENCODING_UTF8 ? SIGN_CELLS : WORD_CELLS;
}

/* Rows of the answer: of the selected part [from, to), and of all parts. */
struct answer_rows {
    int from, to, n;
};

static struct answer_rows measure(struct grid *grid,
                                  struct rect rect,
                                  const struct scored *scored,
                                  int selected)
{
    struct text_flow flow =
        text_flow_at(grid, (struct rect){rect.x, rect.y, rect.width, 0}, 0, sign_cells(grid));
    struct answer_rows rows = {0};

    for (size_t i = 0; i < scored->n_parts; i++) {
        if ((int)i == selected)
            rows.from = text_flow_rows(&flow);
        put_part(&flow, &scored->parts[i]);
        if ((int)i == selected)
            rows.to = text_flow_rows(&flow);
    }
    rows.n = text_flow_rows(&flow);
    return rows;
}

/* The selected part in the middle, or with its beginning at the top when it is too long for that. */
static int top_of(int height, struct answer_rows rows)
{
    int n = rows.to - rows.from, top = n >= height ? rows.from : rows.from - (height - n) / 2;

    if (top > rows.n - height)
        top = rows.n - height;
    return top > 0 ? top : 0;
}

static void draw_parts(struct grid *grid,
                       struct rect rect,
                       const struct scored *scored,
                       int selected)
{
    struct answer_rows rows;
    struct text_flow flow;
    int top;

    if (rect.width < 1 || rect.height < 1)
        return;
    rows = measure(grid, rect, scored, selected);
    top = top_of(rect.height, rows);
    flow = text_flow_at(grid, rect, top, sign_cells(grid));
    for (size_t i = 0; i < scored->n_parts && flow.row < top + rect.height; i++)
        put_part(&flow, &scored->parts[i]);
    for (int row = rows.from; row < rows.to; row++)
        if (row >= top && row < top + rect.height)
            view_select_row(grid, (struct rect){rect.x, rect.y + row - top, rect.width, 1});
}

/* "3 of 5 supported, 1 weak" */
static void format_supports(const struct scored *scored, char *out, size_t size)
{
    size_t n[N_SUPPORTS] = {0}, n_scored;

    for (size_t i = 0; i < scored->n_parts; i++)
        n[scored->parts[i].level]++;
    n_scored = scored->n_parts - n[SUPPORT_UNSCORED];
    if (n_scored == 0)
        (void)snprintf(out, size, "%s", scored->is_abstained ? "not answered" : "not scored");
    else if (n[SUPPORT_GOOD] == n_scored)
        (void)snprintf(out, size, "all %zu supported", n_scored);
    else
        (void)snprintf(out, size, "%zu unsupported, %zu weak of %zu", n[SUPPORT_NONE],
                       n[SUPPORT_WEAK], n_scored);
}

/* ---- Evidence ---------------------------------------------------------------------------------- */

static void put_flags(struct text_flow *flow, const struct scored_part *part)
{
    for (size_t i = 0; i < part->n_flags; i++) {
        text_flow_put(flow, style_with(ROLE_CRIT, STYLE_BOLD), part->flags[i]);
        text_flow_put(flow, style_of(ROLE_DIM), i + 1 < part->n_flags ? "; " : "");
    }
    text_flow_end_line(flow);
}

/* At the top, whatever is scrolled below; at most half of it. */
static void draw_flags(struct grid *grid, struct rect *rect, const struct scored_part *part)
{
    struct text_flow flow = text_flow_at(grid, (struct rect){0, 0, rect->width, 0}, 0, 0);
    int height, most = (rect->height + 1) / 2;

    put_flags(&flow, part);
    height = text_flow_rows(&flow);
    flow = text_flow_at(grid, layout_take_top(rect, height < most ? height : most), 0, 0);
    put_flags(&flow, part);
}

/* Is the line that begins here none that goes on with the one before? As in our Markdown. */
static bool begins_block(const char *line)
{
    size_t digits = strspn(line, "0123456789");

    return line[0] == '\n' || line[0] == '#' || line[0] == '-' || line[0] == '*' ||
           line[0] == '|' || (digits > 0 && line[digits] == '.');
}

/* [from, to) of a text whose lines were broken for another width: paragraphs are joined. */
static void put_paragraphs(
    struct text_flow *flow, struct style style, const char *text, size_t from, size_t to)
{
    while (from < to) {
        size_t len = strcspn(text + from, "\n");
        bool is_end = from + len >= to;

        text_flow_putn(flow, style, text + from, is_end ? to - from : len);
        from += len + 1;
        while (len > 0 && from < to && text[from] == ' ')
            from++; /* it hung below a list's mark */
        if (!is_end)
            text_flow_put(flow, style, begins_block(text + from) || len == 0 ? "\n" : " ");
    }
}

/* The passage with what matches standing out. Returns the row where that begins. */
static int put_passage(struct text_flow *flow,
                       const struct scored_passage *passage,
                       const struct scored_evidence *evidence)
{
    struct style plain = style_of(ROLE_NORMAL);
    int row;

    if (passage->title[0] || passage->heading[0]) {
        text_flow_put(flow, style_of(ROLE_DIM), passage->title);
        text_flow_put(flow, style_of(ROLE_DIM),
                      passage->title[0] && passage->heading[0] ? ": " : "");
        text_flow_put(flow, style_of(ROLE_DIM), passage->heading);
        text_flow_end_line(flow);
    }
    put_paragraphs(flow, plain, passage->text, 0, evidence->start);
    row = flow->row;
    put_paragraphs(flow, style_with(ROLE_TITLE, STYLE_BOLD | STYLE_UNDERLINE), passage->text,
                   evidence->start, evidence->end);
    put_paragraphs(flow, plain, passage->text, evidence->end, strlen(passage->text));
    text_flow_end_line(flow);
    return row;
}

static void put_retrieved(struct text_flow *flow, const struct scored *scored)
{
    char text[48];

    if (scored->n_passages == 0)
        return;
    text_flow_put(flow, style_of(ROLE_DIM), "\nretrieved:\n");
    for (size_t i = 0; i < scored->n_passages; i++) {
        const struct scored_passage *passage = &scored->passages[i];

        text[0] = '\0';
        if (!isnan(passage->score))
            (void)snprintf(text, sizeof(text), "%.2f ", passage->score);
        text_flow_put(flow, style_of(ROLE_NORMAL), text);
        text_flow_put(flow, style_of(ROLE_NORMAL),
                      passage->chunk_id[0] ? passage->chunk_id : passage->document);
        text_flow_put(flow, style_of(ROLE_DIM), " ");
        text_flow_put(flow, style_of(ROLE_DIM),
                      passage->heading[0] ? passage->heading : passage->title);
        text_flow_end_line(flow);
    }
}

/* What is said of the part; returns the row that must be seen. */
static int put_evidence(struct text_flow *flow,
                        const struct scored *scored,
                        const struct scored_part *part)
{
    const struct scored_evidence *evidence = &part->evidence;
    bool has_passage = evidence->passage != SCORED_NO_PASSAGE && evidence->end > evidence->start;
    int row = 0;

    if (has_passage)
        return put_passage(flow, &scored->passages[evidence->passage], evidence);
    if (evidence->is_known && evidence->text[0])
        text_flow_put(flow, style_with(ROLE_TITLE, STYLE_BOLD | STYLE_UNDERLINE), evidence->text);
    else if (evidence->is_known)
        text_flow_put(flow, style_of(ROLE_NORMAL), "Its text is not kept.");
    else if (part->level == SUPPORT_UNSCORED)
        text_flow_put(flow, style_of(ROLE_NORMAL),
                      "Not scored: it claims nothing that could be checked.");
    else
        text_flow_put(flow, style_of(ROLE_NORMAL), "Nothing that was retrieved comes near it.");
    text_flow_end_line(flow);
    put_retrieved(flow, scored);
    return row;
}

/* The match begins in the upper third. */
static void draw_evidence(struct grid *grid,
                          struct rect rect,
                          const struct scored *scored,
                          const struct scored_part *part)
{
    struct text_flow flow;
    int row, rows, top;

    if (rect.width < 1 || rect.height < 1)
        return;
    draw_flags(grid, &rect, part);
    flow = text_flow_at(grid, (struct rect){rect.x, rect.y, rect.width, 0}, 0, 0);
    row = put_evidence(&flow, scored, part);
    rows = text_flow_rows(&flow);
    top = row - rect.height / 3;
    if (top > rows - rect.height)
        top = rows - rect.height;
    flow = text_flow_at(grid, rect, top > 0 ? top : 0, 0);
    (void)put_evidence(&flow, scored, part);
}

/* ---- The two together -------------------------------------------------------------------------- */

static void draw_framed(struct grid *grid,
                        struct rect body,
                        const struct scored *scored,
                        int selected)
{
    const struct scored_part *part = &scored->parts[selected];
    char supports[64], support[48] = "";
    struct rect beside = body.width >= SIDE_BY_SIDE
                             ? layout_take_right(&body, body.width * BESIDE_SHARE / 100)
                             : layout_take_bottom(&body, body.height * BELOW_SHARE / 100);

    format_supports(scored, supports, sizeof(supports));
    if (part->level != SUPPORT_UNSCORED)
        (void)snprintf(support, sizeof(support), "%s %.2f", support_word(part->level),
                       part->support);
    draw_parts(grid, view_box(grid, body, "Answer", supports, true), scored, selected);
    draw_evidence(grid,
                  view_box(grid, beside,
                           part->evidence.chunk_id[0] ? part->evidence.chunk_id : "Evidence",
                           support, false),
                  scored, part);
}

/* On a screen of strips, without frames, with a line between. */
static void draw_bare(struct grid *grid,
                      struct rect body,
                      const struct scored *scored,
                      int selected)
{
    const struct scored_part *part = &scored->parts[selected];
    struct rect below = layout_take_bottom(&body, body.height * BELOW_SHARE / 100);
    struct rect row = layout_take_top(&below, 1);
    struct pen pen = pen_at(grid, row);

    draw_parts(grid, body, scored, selected);
    grid_fill(grid, row, style_of(ROLE_BORDER), glyph_code(GLYPH_HORIZONTAL, grid->encoding));
    if (part->level == SUPPORT_UNSCORED)
        pen_put(&pen, style_of(ROLE_DIM), support_word(part->level));
    else
        pen_putf(&pen, style_of(support_roles[part->level]), "%s %.2f %s ",
                 support_word(part->level), part->support, part->evidence.chunk_id);
    draw_evidence(grid, below, scored, part);
}

void view_request_draw_detail(const struct ui_model *model,
                              struct grid *grid,
                              struct rect body,
                              const struct stored_detail *detail)
{
    bool is_full = layout_frame(grid->width, grid->height).mode == LAYOUT_FULL;
    int selected = ui_request_part(model->state, detail);

    draw_head(model, grid, &body, detail, is_full);
    if (selected < 0)
        panel_put_message(grid, body, PANEL_NONE,
                          detail->request.kind == STORED_PREDICTION
                              ? "a prediction has no text"
                              : "no answer is stored with it");
    else if (is_full)
        draw_framed(grid, body, &detail->answer.scored, selected);
    else
        draw_bare(grid, body, &detail->answer.scored, selected);
}

void view_request_draw(const struct ui_model *model, struct grid *grid, struct rect body)
{
    const struct stored_detail *detail = ui_request(model->state, model->snapshot);
    const char *reason = model->snapshot->request_reason;

    if (detail)
        view_request_draw_detail(model, grid, body, detail);
    else if (reason[0])
        panel_put_message(grid, body, PANEL_ERROR, reason);
    else
        panel_put_message(grid, body, PANEL_NONE, "the backend is asked");
}
