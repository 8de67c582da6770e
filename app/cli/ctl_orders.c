#include "app/cli/ctl_orders.h"

#include "app/cli/ctl_ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

const char gv_ctl_orders_usage[] =
    "  orders list                              order auctions: all orders, newest first\n"
    "  orders add DESCRIPTION...                new ones; all of them or none\n"
    "  orders log --verify                      recompute their log's hash chain, and the ledger\n";

static void print_row(gv_json_ref e)
{
    const gv_json_ref commitment = gv_json_get(e, "commitment");
    printf("%6" PRId64 "  ", gv_ctl_number(e, "id"));
    gv_ctl_print(true, gv_json_get(e, "state"));
    if (gv_json_type(commitment) == GV_JSON_OBJECT) {
        gv_ctl_print(true, gv_json_get(commitment, "solver_id"));
    } else {
        printf("%-20s", "-");
    }
    gv_ctl_print(false, gv_json_get(e, "description"));
}

static int add(const struct gv_ctl_options *options, int argc, char **argv)
{
    struct gv_json_out out;
    gv_json_ref answer = NULL;
    gv_ctl_begin(&out, "orders.add");
    gv_jo_key(&out, "descriptions");
    gv_jo_array(&out);
    for (int i = 0; i < argc; i++) {
        gv_jo_string(&out, argv[i]);
    }
    gv_jo_array_end(&out);
    const int status = gv_ctl_ask(options, &out, &answer);
    if (status == EX_OK && answer != NULL) {
        printf("orders %" PRId64 "..%" PRId64 "\n", gv_ctl_number(answer, "first_id"),
               gv_ctl_number(answer, "last_id"));
    }
    return status;
}

int gv_ctl_orders(const struct gv_ctl_options *options, int argc, char **argv)
{
    if (argc == 1 && strcmp(argv[0], "list") == 0) {
        return gv_ctl_list(options, "orders.list", print_row);
    }
    if (argc >= 2 && strcmp(argv[0], "add") == 0) {
        return add(options, argc - 1, argv + 1);
    }
    if (argc == 2 && strcmp(argv[0], "log") == 0 && strcmp(argv[1], "--verify") == 0) {
        return gv_ctl_verify(options, "orders.verify");
    }
    fprintf(stderr, "gavelctl: the commands about orders are\n%s", gv_ctl_orders_usage);
    return EX_USAGE;
}
