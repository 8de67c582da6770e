/* Actor: who asks for something, from where and by which way; for the audit log. Plain data. */
#ifndef GV_APP_ACCOUNT_ACTOR_H
#define GV_APP_ACCOUNT_ACTOR_H

#define GV_ADDRESS_TEXT_MAX 48u

struct gv_actor {
    char who[48];                      /* "user:alice", "key:abcdefgh", "console", "box" */
    char address[GV_ADDRESS_TEXT_MAX]; /* "" on the console */
    char route[32];                    /* label of the route, or the console's command */
};

#endif
