#ifndef TW_FAKE_ENCODER_H
#define TW_FAKE_ENCODER_H

/* Takes the encoder's place in a test that links it: knows a few things by several names, so that texts
 * without a common word are near. One axis for each thing, one for texts that name none. */

#include "server/llm/encoder.h"

#define FAKE_DIM 8

struct encoder *fake_encoder_new(bool is_semantic);

/* Texts encoded so far. */
size_t fake_encoder_n_texts(const struct encoder *encoder);

/* The next texts fail. */
void fake_encoder_break(struct encoder *encoder);

#endif
