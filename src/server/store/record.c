#include "server/store/record.h"

#include <stdlib.h>

void answer_row_free(struct answer_row *row)
{
    if (!row)
        return;
    free(row->query);
    free(row->detail);
    free(row);
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
