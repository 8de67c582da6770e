#include "web/api/own_node.h"

#include "web/api/api_state.h"
#include "web/api/conditional.h"
#include "web/api/errors.h"
#include "web/api/handlers.h"
#include "web/api/small_body.h"

#include <inttypes.h>

/* What a pruned node of the main chain needs. Memory: 2 GB as its kernel counts it; less, and the first
 * synchronisation takes months. Room: 10 GB of blocks, the coins of 2026, and space to grow for some years. */
#define MEMORY_MIB_MIN UINT64_C(1800)
#define DISK_MIB_MIN   UINT64_C(28000)

static uint64_t mib(uint64_t bytes)
{
    return bytes >> 20;
}

void gv_own_node_write(const struct gv_api *api, struct gv_json_out *out)
{
    struct gv_api_machine machine;
    if (api->config.config->node_file[0] == '\0') {
        gv_jo_null(out);
        return;
    }
    api->config.machine(api->config.boot_ctx, &machine);
    gv_jo_object(out);
    gv_jo_kbool(out, "asked", api->config.own_node_asked(api->config.boot_ctx));
    gv_jo_kint(out, "memory_mib", (int64_t)mib(machine.memory_total_bytes));
    gv_jo_kint(out, "memory_mib_min", (int64_t)MEMORY_MIB_MIN);
    gv_jo_kint(out, "disk_mib", (int64_t)mib(machine.disk_free_bytes));
    gv_jo_kint(out, "disk_mib_min", (int64_t)DISK_MIB_MIN);
    gv_jo_object_end(out);
}

/* The test networks are for tests: they may be tried anywhere. */
static enum gv_err check_fits(const struct gv_api *api, enum gv_network network,
                              struct gv_fail *fail)
{
    struct gv_api_machine machine;
    if (network != GV_NETWORK_MAIN) {
        return GV_OK;
    }
    api->config.machine(api->config.boot_ctx, &machine);
    if (mib(machine.memory_total_bytes) < MEMORY_MIB_MIN) {
        return gv_fail(fail, GV_ERR_CONFLICT, "setup.node_memory",
                       "this box has %" PRIu64 " MiB of memory; a node needs %" PRIu64,
                       mib(machine.memory_total_bytes), MEMORY_MIB_MIN);
    }
    if (mib(machine.disk_free_bytes) < DISK_MIB_MIN) {
        return gv_fail(fail, GV_ERR_CONFLICT, "setup.node_disk",
                       "this box has %" PRIu64 " MiB free for data; a node needs %" PRIu64,
                       mib(machine.disk_free_bytes), DISK_MIB_MIN);
    }
    return GV_OK;
}

static enum gv_err read_network(struct gv_exchange *x, enum gv_network *network,
                                struct gv_fail *fail)
{
    static const char *const members[] = {"network", NULL};
    struct gv_json json;
    struct gv_view name;
    enum gv_err err = gv_small_body(x, members, &json, fail);
    if (err == GV_OK) {
        err = gv_member_text(json.root, "network", 1, 16, &name, fail);
    }
    if (err == GV_OK && !gv_network_parse(network, name)) {
        err = gv_fail_at(fail, GV_ERR_INVALID, "/network", "setup.network",
                         "must be one of: main, test, signet, regtest");
    }
    return err;
}

/* The audit row comes first: nothing is asked for that was not recorded. */
static enum gv_err ask(struct gv_exchange *x, struct gv_fail *fail)
{
    const struct gv_api *api = gv_api_of(x);
    enum gv_network network;
    enum gv_err err = read_network(x, &network, fail);
    if (err == GV_OK && api->config.config->node_file[0] == '\0') {
        err = gv_fail(fail, GV_ERR_CONFLICT, "setup.no_node", "this box has no node of its own");
    }
    if (err == GV_OK) {
        err = check_fits(api, network, fail);
    }
    if (err == GV_OK) {
        err = gv_caller_note(x, "node.asked", "node", gv_network_name(network), fail);
    }
    return err != GV_OK ? err : api->config.ask_own_node(api->config.boot_ctx, network, fail);
}

void gv_handle_setup_own_node(struct gv_exchange *x)
{
    struct gv_fail fail = {.err = GV_OK};
    struct gv_json_out out;
    if (ask(x, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_own_node_write(gv_api_of(x), &out);
    gv_reply_status(x, 202);
    gv_api_live(x, &out);
}
