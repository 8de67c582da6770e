/* gavelctl claim, user ... and session ...: people, from the console. Passwords come from the
 * terminal or standard input. Exit statuses as in ctl_client.h. Thread: main. */
#ifndef GV_APP_CLI_CTL_PEOPLE_H
#define GV_APP_CLI_CTL_PEOPLE_H

#include "app/cli/ctl_client.h"

extern const char gv_ctl_people_usage[];

/** Is this the first word of one of the commands here? */
bool gv_ctl_people_knows(const char *word);
/** In: argv: "claim", "user" or "session" and what follows, argc of them. */
int gv_ctl_people(const struct gv_ctl_options *options, int argc, char **argv);

#endif
