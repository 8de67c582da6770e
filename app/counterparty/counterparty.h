/* Counterparty: asset balances of an outpoint from a remote Counterparty Core API v2.
 *
 * The box's pruned node cannot run Counterparty Core, so this fact comes from elsewhere and is
 * trusted only when the server says it is following the chain and is at our height. Everything
 * unexpected fails closed. Certificates are checked for https.
 * One gv_counterparty per thread. Source: Counterparty Core API v2, July 2026. */
#ifndef GV_APP_COUNTERPARTY_COUNTERPARTY_H
#define GV_APP_COUNTERPARTY_COUNTERPARTY_H

#include "app/auction/dutch/listing.h"
#include "firmware/base/json.h"
#include "hal/iface/http.h"

#define GV_CP_ANSWER_MAX    65536u
#define GV_CP_OUTPOINTS_MAX 50u

struct gv_counterparty_config {
    char url[256]; /* https://api.counterparty.io:4000 */
    uint32_t connect_timeout_ms;
    uint32_t timeout_ms;
};

struct gv_counterparty {
    struct gv_http *http;
    const struct gv_counterparty_config *config;
    char answer[GV_CP_ANSWER_MAX + GV_JSON_PADDING];
    _Alignas(16) uint8_t arena[GV_CP_ANSWER_MAX * 4u];
};

/** Keeps both pointers. No request is made. */
void gv_counterparty_init(struct gv_counterparty *cp, struct gv_http *http,
                          const struct gv_counterparty_config *config);

struct gv_cp_balance {
    char asset[GV_ASSET_NAME_MAX];    /* name, "A..." for subassets */
    char longname[GV_ASSET_NAME_MAX]; /* "" when none */
    int64_t quantity;                 /* base units, > 0 */
    bool divisible;
};

/* Common results: GV_OK; GV_ERR_UNAVAILABLE "counterparty.unreachable", "counterparty.not_ready",
 * "counterparty.behind", "counterparty.bad_answer"; GV_ERR_TIMEOUT "counterparty.timeout";
 * GV_ERR_CRYPTO "counterparty.certificate". All fill fail. */

/** The balances of an outpoint that holds at most `max` assets: all of them, or an error.
 *  In: min_height: the API must have parsed at least this block (tip - 1 and the outpoint's own).
 *  Returns also: GV_ERR_NOT_FOUND "counterparty.no_asset"; GV_ERR_CONFLICT
 *  "counterparty.several_assets". */
GV_MUST_USE enum gv_err gv_cp_balances(struct gv_counterparty *cp,
                                       const struct gv_outpoint *outpoint, uint32_t min_height,
                                       struct gv_cp_balance *balances, uint32_t max,
                                       uint32_t *count, struct gv_fail *fail);

/** Which of up to GV_CP_OUTPOINTS_MAX outpoints carry any asset.
 *  In: min_height: the API must have parsed at least this block (tip - 1 and the newest outpoint's). */
GV_MUST_USE enum gv_err gv_cp_with_balances(struct gv_counterparty *cp,
                                            const struct gv_outpoint *outpoints, uint32_t count,
                                            uint32_t min_height, bool *carries,
                                            struct gv_fail *fail);

struct gv_cp_state {
    bool ready; /* server_ready and ledger_state "Following" */
    uint32_t height;
    char network[16]; /* "mainnet", "testnet4", "signet", "regtest" */
};
/** What the API says about itself. GV_OK also when it is not ready. */
GV_MUST_USE enum gv_err gv_cp_state(struct gv_counterparty *cp, struct gv_cp_state *state,
                                    struct gv_fail *fail);

#endif
