#ifndef TW_TUI_CHOICES_H
#define TW_TUI_CHOICES_H

/* What can be copied, and what can be written to a file. The table of keys offers these. */

enum copy_choice { COPY_QUERY, COPY_CURL, COPY_TRACE, COPY_VALUES };

enum save_choice { SAVE_CSV, SAVE_JSON, SAVE_SCREEN };

/* Of a game day's report. */
enum report_choice { REPORT_JUNIT, REPORT_JSON, REPORT_TEXT };

#endif
