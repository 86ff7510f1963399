#ifndef TW_TUI_RESCUE_H
#define TW_TUI_RESCUE_H

/* The terminal given back when the program faults. Until rescue_disarm, SEGV ABRT BUS FPE and ILL write
 * the prepared bytes, restore the line settings and end the process with 128 + signal: three calls, all
 * safe in a signal handler, on a stack of their own. One at a time, main thread. */

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

struct termios;

#define RESCUE_BYTES_MAX 256

/* Copies everything. fd stays open until rescue_disarm. */
void rescue_arm(int fd, const struct termios *settings, const char *bytes, size_t len);

/* While the terminal is not ours there is nothing to give back; faults still end with 128 + signal. */
void rescue_pause(bool is_paused);

void rescue_disarm(void);

#endif
