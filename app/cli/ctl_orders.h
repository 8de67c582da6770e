/* Commands about order auctions. Thread: main. */
#ifndef GV_APP_CLI_CTL_ORDERS_H
#define GV_APP_CLI_CTL_ORDERS_H

#include "app/cli/ctl_client.h"

extern const char gv_ctl_orders_usage[];

/** In: argv: the words behind "orders". Returns: as gv_ctl_ask; EX_USAGE. */
int gv_ctl_orders(const struct gv_ctl_options *options, int argc, char **argv);

#endif
