#ifndef TW_OPERAND_TEXT_H
#define TW_OPERAND_TEXT_H

/* The text that a command is about: its words joined by blanks, or standard input for a single "-". */

#include "common/error.h"
#include "tui/data/options.h"

#define OPERAND_TEXT_MAX ((size_t)64 << 10) /* bytes; the server takes far less */

/* Owned; without blanks and line feeds around it. TW_INVALID for nothing, too much, and no UTF-8. */
int operand_text_read(const struct option_rest *rest,
                      char **ret_text,
                      struct tw_error *err) MUST_CHECK;

#endif
