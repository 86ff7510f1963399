#include "server/training.h"

#include "common/alloc.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "server/ml/model.h"
#include "server/ml/train.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CSV_BYTES_MAX  (256U << 20)
#define HELD_OUT_SHARE 0.2

struct class_list {
    char *text; /* owned; what names points into */
    const char *names[CLASSES_MAX];
    int n;
};

static void finish_classes(struct class_list *classes)
{
    free(classes->text);
}

static int split_classes(const char *text, struct class_list *ret_classes, struct tw_error *err)
{
    char *rest = ret_classes->text = xstrdup(text);

    ret_classes->n = 0;
    for (char *name; (name = strsep(&rest, ","));) {
        name += strspn(name, " ");
        if (*name == '\0' || strlen(name) > 31 || ret_classes->n == CLASSES_MAX)
            return tw_fail(err, TW_INVALID,
                           "model.classes must name 2 to %d classes of up to 31 characters",
                           CLASSES_MAX);
        ret_classes->names[ret_classes->n++] = name;
    }
    return ret_classes->n >= 2
               ? 0
               : tw_fail(err, TW_INVALID, "model.classes must name at least two classes");
}

int training_run(const struct config *config,
                 const char *model_path,
                 train_progress_fn *progress,
                 struct model **ret_model,
                 struct tw_error *err)
{
    CLEANUP(finish_classes) struct class_list classes = {0};
    CLEANUP(dataset_freep) struct dataset *dataset = NULL;
    CLEANUP(model_freep) struct model *model = NULL;
    CLEANUP(freep) char *text = NULL;
    struct train_options options;
    struct tw_error why;
    size_t len;

    if (split_classes(config->model_classes, &classes, err) < 0 ||
        file_read(config->model_data, CSV_BYTES_MAX, &text, &len, err) < 0)
        return -1;
    if (dataset_parse(text, len, classes.names, classes.n, &dataset, &why) < 0)
        return tw_fail(err, why.code, "%s: %s", config->model_data, why.message);
    options = (struct train_options){.classes = classes.names,
                                     .n_classes = classes.n,
                                     .held_out_share = HELD_OUT_SHARE,
                                     .now_ms = clock_now_ms(),
                                     .progress = progress};
    if (train_model(dataset, &options, &model, err) < 0 || model_save(model, model_path, err) < 0)
        return -1;
    *ret_model = TAKE(model);
    return 0;
}

int training_load_or_train(const struct config *config,
                           struct model **ret_model,
                           struct tw_error *err)
{
    if (access(config->model_path, F_OK) == 0 || errno != ENOENT)
        return model_load(config->model_path, ret_model, err);
    log_info("no model at %s: training on %s", config->model_path, config->model_data);
    if (training_run(config, config->model_path, NULL, ret_model, err) < 0)
        return -1;
    log_info("trained model %s, accuracy %.3f on %u held-out rows", (*ret_model)->version,
             (*ret_model)->accuracy, (*ret_model)->n_held_out);
    return 0;
}
