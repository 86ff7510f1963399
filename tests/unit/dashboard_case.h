#ifndef TW_DASHBOARD_CASE_H
#define TW_DASHBOARD_CASE_H

/* Dashboards for tests. */

#include "test.h"

#include "tui/board/dashboard.h"

/* Fails the test with the reason when it is none. */
static inline struct dashboard *dashboard_case_read(const char *text)
{
    struct dashboard *dashboard = NULL;
    struct tw_error err;

    if (dashboard_read(text, strlen(text), &dashboard, &err) < 0)
        fail_msg("%s", err.message);
    return dashboard;
}

static inline bool dashboard_case_has_note(const struct dashboard_notes *notes, const char *text)
{
    for (size_t i = 0; i < notes->n && i < DASHBOARD_NOTES_MAX; i++)
        if (strstr(notes->text[i], text))
            return true;
    return false;
}

#endif
