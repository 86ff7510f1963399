#include "server/commands.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/hash.h"
#include "common/lock_file.h"
#include "server/http/auth.h"
#include "server/ml/tickets.h"
#include "server/render.h"
#include "server/state.h"
#include "server/store/backup.h"
#include "server/training.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICKETS_SEED    20261123 /* of assets/tickets.csv */
#define TICKETS_ROWS    6250
#define TICKET_ROWS_MAX 10000000
#define TICKET_ROW_MAX  64 /* bytes of a CSV line */

/* ---- train ---------------------------------------------------------------------------------------- */

/* One line, drawn over again; nothing when the output is no terminal. */
static void show_progress(void *ctx, const struct train_progress *progress)
{
    (void)ctx;
    if (isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\riteration %3d  objective %.6f  gradient %.2e ",
                      progress->iteration, progress->objective, progress->gradient_norm);
}

static void print_confusion(const struct model *model)
{
    (void)printf("\nconfusion (rows: true)\n%-12s", "");
    for (int c = 0; c < model->n_classes; c++)
        (void)printf(" %10.10s", model->classes[c]);
    (void)printf(" %10s\n", "recall");
    for (int t = 0; t < model->n_classes; t++) {
        (void)printf("%-12.12s", model->classes[t]);
        for (int p = 0; p < model->n_classes; p++)
            (void)printf(" %10u", model->confusion[t][p]);
        (void)printf(" %10.3f\n", model->recall[t]);
    }
}

int command_train(const struct config *config,
                  const struct command_options *options,
                  struct tw_error *err)
{
    const char *path = options->out ? options->out : config->model_path;
    CLEANUP(model_freep) struct model *model = NULL;

    if (training_run(config, path, show_progress, &model, err) < 0)
        return -1;
    if (isatty(STDERR_FILENO))
        (void)fputc('\n', stderr);
    (void)printf("model     %s %s\n", model->name, model->version);
    (void)printf("rows      %u trained on, %u held out\n", model->n_train, model->n_held_out);
    (void)printf("accuracy  %.4f\n", model->accuracy);
    (void)printf("log-loss  %.4f\n", model->log_loss);
    (void)printf("macro-F1  %.4f\n", model->macro_f1);
    print_confusion(model);
    (void)printf("\nwritten to %s\n", path);
    return 0;
}

/* ---- tickets, render-config, check-config ---------------------------------------------------------- */

static int read_count(
    const char *text, const char *name, uint64_t max, uint64_t *value, struct tw_error *err)
{
    char *end;
    unsigned long long number;

    if (!text)
        return 0;
    errno = 0;
    number = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' || number > max)
        return tw_fail(err, TW_INVALID, "--%s must be a whole number up to %llu", name,
                       (unsigned long long)max);
    *value = number;
    return 0;
}

int command_tickets(const struct config *config,
                    const struct command_options *options,
                    struct tw_error *err)
{
    uint64_t seed = TICKETS_SEED, rows = TICKETS_ROWS;
    struct buffer out;
    int result = 0;

    (void)config;
    if (read_count(options->seed, "seed", UINT64_MAX, &seed, err) < 0 ||
        read_count(options->rows, "rows", TICKET_ROWS_MAX, &rows, err) < 0)
        return -1;
    buffer_init(&out, (rows + 2) * TICKET_ROW_MAX);
    tickets_write_csv(seed, rows, &out);
    if (out.failed || fputs(buffer_text(&out), stdout) == EOF || fflush(stdout) == EOF)
        result = tw_fail(err, TW_BROKEN, "the data set could not be written");
    buffer_finish(&out);
    return result;
}

int command_token(const struct config *config,
                  const struct command_options *options,
                  struct tw_error *err)
{
    char token[AUTH_TOKEN_SIZE];

    if (options->n_words < 2 || strcmp(options->words[0], "new") != 0)
        return tw_fail(err, TW_INVALID, "token knows one thing: tidewatchd token new NAME");
    if (file_make_folder(config->state_dir, 0700, err) < 0 ||
        auth_make_operator(config->operators_file, options->words[1], token, err) < 0)
        return -1;
    (void)fprintf(
        stderr,
        "The token of %s, which is shown this once. %s has its hash; a server that runs knows it "
        "after SIGHUP.\n",
        options->words[1], config->operators_file);
    (void)printf("%s\n", token);
    hash_wipe(token, sizeof(token));
    return 0;
}

int command_check_config(const struct config *config,
                         const struct command_options *options,
                         struct tw_error *err)
{
    struct buffer out;

    (void)options;
    (void)err;
    buffer_init(&out, 1U << 20);
    settings_print(config_settings, n_config_settings, config, &out);
    (void)fputs(buffer_text(&out), stdout);
    buffer_finish(&out);
    return 0;
}

int command_render(const struct config *config,
                   const struct command_options *options,
                   struct tw_error *err)
{
    const struct config *c = config;
    struct render_options render = {
        .source_dir = c->prometheus_source_dir,
        .output_dir = options->out,
        .fast_alerts = c->fast_alerts,
        .listen_ml = config_has_role(c, "ml") ? c->listen_ml : NULL,
        .listen_llm = config_has_role(c, "llm") ? c->listen_llm : NULL,
        .listen_ops = config_has_role(c, "ops") ? c->listen_ops : NULL,
        .prometheus_listen = c->prometheus_listen,
        .alertmanager_listen = c->alertmanager_listen,
        .uses_tls = config_uses_tls(c),
        .tls_ca_path = c->tls_ca_file,
        .tls_server_name = c->tls_server_name,
        .operator_token_path = c->token_file,
        .read_token_path = c->prometheus_token_file,
        .slack_webhook_url = c->slack_webhook_url,
        .smtp_host = c->smtp_host,
        .smtp_port = c->smtp_port,
        .smtp_from = c->smtp_from,
        .smtp_username = c->smtp_username,
        .smtp_password = c->smtp_password,
        .alert_email = c->alert_email,
        .runbooks = c->alert_runbooks,
        .console = c->alert_console,
    };
    struct render_channels channels;

    if (!options->out)
        return tw_fail(err, TW_INVALID, "render-config needs --out DIR");
    if (render_stack(&render, err) < 0)
        return -1;
    render_channels(&render, &channels);
    (void)printf("wrote %s; alerts go to the log%s%s%s\n", options->out,
                 channels.slack ? ", Slack" : "", channels.email ? ", e-mail" : "",
                 c->fast_alerts ? "; every time divided by 20" : "");
    if (channels.email_lacks)
        (void)printf("no e-mail: %s is not set\n", channels.email_lacks);
    return 0;
}

/* ---- backup, restore ------------------------------------------------------------------------------- */

static void show_copied(void *ctx, int64_t n_done, int64_t n_pages)
{
    (void)ctx;
    if (isatty(STDERR_FILENO) && n_pages > 0)
        (void)fprintf(stderr, "\rcopied %3" PRId64 " %%%s", 100 * n_done / n_pages,
                      n_done == n_pages ? "\n" : "");
}

static void print_summary(const struct backup_summary *summary)
{
    (void)printf("rows      %" PRId64 " predictions, %" PRId64 " feedback, %" PRId64
                 " answers, %" PRId64 " events\n",
                 summary->predictions, summary->feedback, summary->answers, summary->events);
    (void)printf("with      %zu of model and signing key\n", summary->n_files);
    if (summary->n_second < 0)
        (void)printf("vectors   none\n");
    else
        (void)printf("vectors   %" PRId64 " of all collections\n", summary->n_second);
    (void)printf("schema    %" PRId64 "\n", summary->schema);
    (void)printf("checked   integrity is sound\n");
}

int command_backup(const struct config *config,
                   const struct command_options *options,
                   struct tw_error *err)
{
    CLEANUP(state_kept_finish) struct state_kept kept;
    struct backup_options backup = {
        .database = config->store_path,
        .file = options->words[0],
        .files = kept.files,
        .n_files = STATE_KEPT_FILES,
        .second = &kept.vectors,
        .replaces = options->force,
        .progress = show_copied,
    };
    struct backup_summary summary;

    state_kept_init(&kept, config);
    if (!options->words[0])
        return tw_fail(err, TW_INVALID, "backup needs a file: tidewatchd backup FILE [--force]");
    if (backup_make(&backup, &summary, err) < 0)
        return -1;
    print_summary(&summary);
    (void)printf("not with  tokens, settings, weights, files of the knowledge base\n");
    (void)printf("written to %s, %" PRId64 " bytes\n", options->words[0], summary.bytes);
    return 0;
}

/* "20261123T214500Z": a name for what is put aside. */
static void stamp_now(char stamp[CLOCK_ISO_SIZE])
{
    char iso[CLOCK_ISO_SIZE];
    size_t n = 0;

    clock_format_iso(clock_now_ms(), iso, sizeof(iso));
    for (const char *c = iso; *c && *c != '.'; c++)
        if (*c != '-' && *c != ':')
            stamp[n++] = *c;
    stamp[n++] = 'Z';
    stamp[n] = '\0';
}

static int restore(const struct config *config,
                   const struct backup_options *backup,
                   struct backup_summary *ret_summary,
                   struct tw_error *err)
{
    int lock_fd = -1, result;

    if (file_make_folder(config->state_dir, 0700, err) < 0 || state_lock(config, &lock_fd, err) < 0)
        return -1;
    result = backup_restore(backup, ret_summary, err);
    lock_file_release(lock_fd);
    return result;
}

int command_restore(const struct config *config,
                    const struct command_options *options,
                    struct tw_error *err)
{
    CLEANUP(state_kept_finish) struct state_kept kept;
    char stamp[CLOCK_ISO_SIZE];
    struct backup_options backup = {
        .database = config->store_path,
        .file = options->words[0],
        .files = kept.files,
        .n_files = STATE_KEPT_FILES,
        .second = &kept.vectors,
        .stamp = stamp,
        .progress = show_copied,
    };
    struct backup_summary summary;

    state_kept_init(&kept, config);
    if (!options->words[0])
        return tw_fail(err, TW_INVALID, "restore needs a file: tidewatchd restore FILE");
    stamp_now(stamp);
    if (restore(config, &backup, &summary, err) < 0)
        return -1;
    print_summary(&summary);
    (void)printf("restored to %s; what was there before has .before-%s behind its name\n",
                 config->store_path, stamp);
    return 0;
}
