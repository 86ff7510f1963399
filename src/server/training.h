#ifndef TW_TRAINING_H
#define TW_TRAINING_H

/* Training as a command and at first start: files around the pure ml/train. */

#include "common/error.h"
#include "server/config.h"
#include "server/ml/train.h"

/* The model of the configuration; trained on its data and saved when there is no file yet. */
int training_load_or_train(const struct config *config,
                           struct model **ret_model,
                           struct tw_error *err) MUST_CHECK;

/* Trains on the configuration's data and classes and saves the model at model_path. */
int training_run(const struct config *config,
                 const char *model_path,
                 train_progress_fn *progress,
                 struct model **ret_model,
                 struct tw_error *err) MUST_CHECK;

#endif
