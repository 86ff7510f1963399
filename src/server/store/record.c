#include "server/store/record.h"

#include <stdlib.h>

void record_finish(struct record *record)
{
    switch (record->kind) {
    case RECORD_EVENT:
        free(record->event->detail);
        free(record->event);
        break;
    case RECORD_SIMULATION:
        free(record->simulation->detail);
        free(record->simulation);
        break;
    case RECORD_PREDICTION:
    case RECORD_FEEDBACK:
    case N_RECORD_KINDS:
        break;
    }
}
