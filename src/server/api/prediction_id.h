#ifndef TW_API_PREDICTION_ID_H
#define TW_API_PREDICTION_ID_H

/* Names of predictions, as clients get them: replica, sequence, predicted class and confidence with a
 * MAC over them, in hex, so that any replica that has the key can score a label that comes back,
 * without a look into a database. Pure. */

#include "common/hash.h"

#include <stdbool.h>
#include <stdint.h>

#define PREDICTION_ID_SIZE (2 * (2 + 8 + 1 + 2 + 8) + 1) /* hex digits and the NUL */

struct prediction_id {
    uint16_t replica;
    int64_t sequence;
    uint8_t class_index;
    float confidence; /* kept to 1/65535 */
};

void prediction_id_write(const struct prediction_id *id,
                         const struct hash_hmac_key *key,
                         char out[PREDICTION_ID_SIZE]);

/* False for anything that is not an id signed with the key. */
bool prediction_id_read(const char *text,
                        const struct hash_hmac_key *key,
                        struct prediction_id *ret_id);

#endif
