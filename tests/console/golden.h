#ifndef TW_GOLDEN_H
#define TW_GOLDEN_H

/* Files of what was drawn before. */

struct buffer;

/* Fails the test at the first line that differs. With TW_UPDATE_GOLDEN in the environment the file is written
 * instead. */
void golden_check(const char *path, const struct buffer *drawn);

#endif
