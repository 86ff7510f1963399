#ifndef TW_IRREGULAR_H
#define TW_IRREGULAR_H

/* Forms that no suffix rule leads back to their word: "sent" is of "send", "people" of "person". Pure. */

const char *irregular_base(
    const char *form); /* the word, or NULL: the form is regular, or not known */

#endif
