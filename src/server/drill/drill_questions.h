#ifndef TW_DRILL_QUESTIONS_H
#define TW_DRILL_QUESTIONS_H

/* Traffic of words: questions on /chat and tickets on /triage, drawn from the lists of the hooks. A
 * list that is empty, or a listener that is not known, sends nothing. */

#include "server/drill/drill_kinds.h"

/* A question that the knowledge base answers. */
drill_fire_fn drill_fire_question;

/* One of those, one of another domain, or one that names no topic: each in three. */
drill_fire_fn drill_fire_any_question;

/* For topic-shift: its share are of another domain. */
drill_fire_fn drill_fire_shifted_question;

/* A ticket text with usual features, given and not derived: a short text would be drift. */
drill_fire_fn drill_fire_ticket_text;

#endif
