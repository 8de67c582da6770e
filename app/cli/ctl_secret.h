/* Reading a password: from the terminal without showing it, asked twice, or one line of standard
 * input. Never from the arguments: other users can read those. Thread: main. */
#ifndef GV_APP_CLI_CTL_SECRET_H
#define GV_APP_CLI_CTL_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/** Returns: false (the reason is printed): nothing came, too long, or the two lines differ.
 *  Out: text: NUL-terminated; wipe it. */
bool gv_ctl_secret(char *text, size_t cap);

#endif
