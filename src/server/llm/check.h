#ifndef TW_CHECK_H
#define TW_CHECK_H

/* What can contradict the evidence in a sentence whose words it covers. */

enum check {
    CHECK_NUMBER_ABSENT = 1 << 0,  /* stands nowhere in the evidence */
    CHECK_NUMBER_SWAPPED = 1 << 1, /* stands elsewhere; another number of the same kind fits here */
    CHECK_NAME_ABSENT = 1 << 2,
    CHECK_NAME_SWAPPED = 1 << 3,
    CHECK_NEGATION = 1 << 4, /* denied here and not there, or the other way round */
    CHECK_ANTONYM = 1 << 5,
    CHECK_MODIFIER = 1 << 6, /* another manager, desk, team ... than there */
};

#define CHECKS 7

/* "number-absent", ... of 1 << i, for JSON and labels. */
extern const char *const check_names[CHECKS];

#endif
