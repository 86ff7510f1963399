#ifndef TW_SETTING_VALUE_H
#define TW_SETTING_VALUE_H

/* One setting's value: from text into its field, back into text, and what it may be, in words. Pure. */

#include "common/settings.h"

/* Checks text and stores it in the setting's field of config, freeing what was there. TW_INVALID:
 * "<source>: <name> ..." with what is allowed; never a secret's value. */
int setting_value_parse(const struct setting *setting,
                        const char *text,
                        const char *source,
                        void *config,
                        struct tw_error *err) MUST_CHECK;

/* As it is written in a file. */
void setting_value_write(const struct setting *setting, const void *config, struct buffer *out);

/* "whole number, 100 to 5000". */
void setting_value_describe(const struct setting *setting, struct buffer *out);

void setting_value_free(const struct setting *setting, void *config);

/* text for an error: bounded, control characters and what is no UTF-8 as '?'. */
#define SETTING_QUOTE_SIZE 64
const char *setting_quote(const char *text, char out[SETTING_QUOTE_SIZE]);

bool setting_bool_parse(const char *text, bool *ret_value);

#endif
