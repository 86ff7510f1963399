#include "server/store/record.h"

#include <stdlib.h>
#include <string.h>

void answer_row_free(struct answer_row *row)
{
    if (!row)
        return;
    free(row->query);
    free(row->detail);
    free(row);
}

static size_t length(const char *text)
{
    return text ? strlen(text) : 0;
}

size_t record_heap_bytes(const struct record *record)
{
    switch (record->kind) {
    case RECORD_EVENT:
        return sizeof(*record->event) + length(record->event->detail);
    case RECORD_SIMULATION:
    case RECORD_GAMEDAY:
        return sizeof(*record->simulation) + length(record->simulation->detail);
    case RECORD_ANSWER:
        return sizeof(*record->answer) + length(record->answer->query) +
               length(record->answer->detail);
    case RECORD_PREDICTION:
    case RECORD_FEEDBACK:
    case N_RECORD_KINDS:
        break;
    }
    return 0;
}

void record_finish(struct record *record)
{
    switch (record->kind) {
    case RECORD_EVENT:
        free(record->event->detail);
        free(record->event);
        break;
    case RECORD_SIMULATION:
    case RECORD_GAMEDAY:
        free(record->simulation->detail);
        free(record->simulation);
        break;
    case RECORD_ANSWER:
        answer_row_free(record->answer);
        break;
    case RECORD_PREDICTION:
    case RECORD_FEEDBACK:
    case N_RECORD_KINDS:
        break;
    }
}
