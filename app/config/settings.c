#include "app/config/settings.h"

#include "firmware/base/assert.h"
#include "firmware/base/subnet.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <string.h>

#define AT(member) offsetof(struct gv_config, member), sizeof(((struct gv_config *)NULL)->member)

/* clang-format off */
const struct gv_setting gv_settings[GV_SETTINGS_COUNT] = {
    {"general.data_dir", GV_SETTING_PATH, AT(data_dir), "/var/lib/gavel", 0, 0, GV_SETTING_BOOT, NULL,
     "directory of the database, keys and certificates"},
    {"general.require_mount", GV_SETTING_SWITCH, AT(require_mount), "off", 0, 0, GV_SETTING_BOOT, NULL,
     "on: refuse to start unless data_dir lies on a mounted disk of its own"},
    {"log.level", GV_SETTING_LOG_LEVEL, AT(log_level), "info", 0, 0, GV_SETTING_LIVE, NULL,
     "lowest level written: trace, debug, info, unusual, broken"},
    {"http.bind", GV_SETTING_TEXT, AT(http_bind), "", 0, 0, 0, NULL,
     "address for plain http; empty: every address"},
    {"http.port", GV_SETTING_NUMBER, AT(http_port), "8480", 0, 65535, 0, NULL,
     "port for plain http; 0: any free one, written to ports.json in the data directory"},
    {"https.bind", GV_SETTING_TEXT, AT(https_bind), "", 0, 0, 0, NULL,
     "address for https; empty: every address"},
    {"https.port", GV_SETTING_NUMBER, AT(https_port), "8443", 0, 65535, 0, NULL,
     "port for https; 0: any free one, written to ports.json in the data directory"},
    {"https.tls", GV_SETTING_SWITCH, AT(https_tls), "on", 0, 0, 0, NULL,
     "off: a proxy in front speaks TLS, plain http serves everything"},
    {"https.hsts", GV_SETTING_SWITCH, AT(https_hsts), "off", 0, 0, 0, NULL,
     "on: browsers that come by a name of the owner's certificate keep to https for 30 days, on every port of it"},
    {"https.acme_dir", GV_SETTING_TEXT, AT(acme_dir), "", 0, 0, 0, NULL,
     "webroot of an ACME client: its .well-known/acme-challenge is served on plain http; empty: none"},
    {"web.hosts", GV_SETTING_TEXT, AT(hosts), "", 0, 0, 0, NULL,
     "further names and addresses of this box, separated by commas"},
    {"web.cors_origins", GV_SETTING_ORIGINS, AT(cors_origins), "", 0, 0, 0, NULL,
     "origins whose pages may use the API (https://shop.example), separated by commas"},
    {"web.trusted_proxies", GV_SETTING_SUBNETS, AT(trusted_proxies), "", 0, 0, 0, NULL,
     "addresses or networks (10.21.0.0/16) of proxies in front whose X-Forwarded-For, -Proto and -Host count, by comma"},
    {"web.limit_loopback", GV_SETTING_SWITCH, AT(limit_loopback), "on", 0, 0, 0, NULL,
     "off: rate limits do not count requests of this machine itself"},
    {"node.url", GV_SETTING_URL, AT(node_url), "http://127.0.0.1:8332", 0, 0, 0, NULL,
     "JSON-RPC address of bitcoind"},
    {"node.cookie_file", GV_SETTING_TEXT, AT(node_cookie_file), "", 0, 0, 0, NULL,
     "path of bitcoind's .cookie; instead of user and password"},
    {"node.user", GV_SETTING_TEXT, AT(node_user), "", 0, 0, 0, "BITCOIN_RPC_USER",
     "JSON-RPC user (rpcauth)"},
    {"node.password", GV_SETTING_TEXT, AT(node_password), "", 0, 0, GV_SETTING_SECRET, "BITCOIN_RPC_PASSWORD",
     "JSON-RPC password"},
    {"node.network", GV_SETTING_NETWORK, AT(network), "main", 0, 0, 0, NULL,
     "chain the node must be on: main, test, signet, regtest"},
    {"node.zmq", GV_SETTING_ENDPOINTS, AT(node_zmq), "", 0, 0, 0, NULL,
     "ZMQ endpoints, separated by commas; empty: ask the node; off: polling only"},
    {"node.poll_seconds", GV_SETTING_NUMBER, AT(node_poll_seconds), "15", 1, 60, 0, NULL,
     "seconds between polls, 1..60"},
    {"node.timeout_ms", GV_SETTING_NUMBER, AT(node_timeout_ms), "30000", 500, 120000, 0, NULL,
     "milliseconds for one JSON-RPC call, 500..120000"},
    {"counterparty.url", GV_SETTING_URL, AT(counterparty_url), "https://api.counterparty.io:4000",
     0, 0, 0, "COUNTERPARTY_API_URL", "address of a Counterparty Core API v2"},
    {"counterparty.ca_file", GV_SETTING_TEXT, AT(counterparty_ca_file), "", 0, 0, 0, NULL,
     "PEM bundle that signs the API's certificate; empty: the system's"},
    {"counterparty.timeout_ms", GV_SETTING_NUMBER, AT(counterparty_timeout_ms), "10000", 500, 60000,
     0, NULL, "milliseconds for one API call, 500..60000"},
    {"auction.final_depth", GV_SETTING_NUMBER, AT(final_depth), "6", 1, 100, 0, NULL,
     "confirmations from which a sale is final, 1..100"},
    {"oracle.enabled", GV_SETTING_SWITCH, AT(oracle_enabled), "on", 0, 0, 0, NULL,
     "off: no price of bitcoin is computed"},
    {"oracle.window_hours", GV_SETTING_NUMBER, AT(oracle_window_hours), "3", 1, 24, 0, NULL,
     "hours of transactions the price is made of, 1..24"},
    {"orders.enabled", GV_SETTING_SWITCH, AT(orders_enabled), "off", 0, 0, 0, NULL,
     "on: order auctions, with a sequencer for solvers"},
    {"orders.bind", GV_SETTING_TEXT, AT(orders_bind), "127.0.0.1", 0, 0, 0, NULL,
     "address of the plain ports; other than this machine: only with orders.authenticated"},
    {"orders.order_port", GV_SETTING_NUMBER, AT(orders_order_port), "8080", 0, 65535, 0, NULL,
     "port that tells solvers; 0: any free one, written to ports.json"},
    {"orders.bid_port", GV_SETTING_NUMBER, AT(orders_bid_port), "8081", 0, 65535, 0, NULL,
     "port that takes bids; 0: any free one"},
    {"orders.claim_port", GV_SETTING_NUMBER, AT(orders_claim_port), "8082", 0, 65535, 0, NULL,
     "port that takes claims of fulfilment; 0: any free one"},
    {"orders.tls", GV_SETTING_SWITCH, AT(orders_tls), "off", 0, 0, 0, NULL,
     "on: encrypted ports beside the plain ones, for solvers that prove their lines; needs https.tls"},
    {"orders.tls_bind", GV_SETTING_TEXT, AT(orders_tls_bind), "0.0.0.0", 0, 0, 0, NULL,
     "address of the encrypted ports; other than this machine: only with orders.proof"},
    {"orders.tls_order_port", GV_SETTING_NUMBER, AT(orders_tls_order_port), "8090", 0, 65535, 0,
     NULL, "encrypted port that tells solvers; 0: any free one, written to ports.json"},
    {"orders.tls_bid_port", GV_SETTING_NUMBER, AT(orders_tls_bid_port), "8091", 0, 65535, 0, NULL,
     "encrypted port that takes bids; 0: any free one"},
    {"orders.tls_claim_port", GV_SETTING_NUMBER, AT(orders_tls_claim_port), "8092", 0, 65535, 0,
     NULL, "encrypted port that takes claims of fulfilment; 0: any free one"},
    {"orders.tick_ms", GV_SETTING_NUMBER, AT(orders_tick_ms), "2000", 50, 60000, 0, NULL,
     "milliseconds between two looks at the orders, 50..60000"},
    {"orders.batch", GV_SETTING_NUMBER, AT(orders_batch), "5", 1, 64, 0, NULL,
     "orders announced in one tick, 1..64"},
    {"orders.collect_seconds", GV_SETTING_NUMBER, AT(orders_collect_s), "5", 0, 3600, 0, NULL,
     "seconds from an order's creation to its first selection, 0..3600"},
    {"orders.commit_seconds", GV_SETTING_NUMBER, AT(orders_commit_s), "10", 4, 3600, 0, NULL,
     "seconds that a chosen solver has, 4..3600"},
    {"orders.grace_seconds", GV_SETTING_NUMBER, AT(orders_grace_s), "2", 0, 600, 0, NULL,
     "seconds from a deadline to the judgement, 0..600"},
    {"orders.work_seconds", GV_SETTING_NUMBER, AT(orders_work_s), "4", 3, 600, 0, NULL,
     "a bid that ends sooner than this is passed over, 3..600"},
    {"orders.original_rules", GV_SETTING_SWITCH, AT(orders_original), "off", 0, 0, 0, NULL,
     "on: a failed solver may get the same order again later, as in the original"},
    {"orders.read_seconds", GV_SETTING_NUMBER, AT(orders_read_s), "5", 1, 60, 0, NULL,
     "seconds within which a bid or claim must have come, 1..60"},
    {"orders.many_lines", GV_SETTING_SWITCH, AT(orders_many_lines), "off", 0, 0, 0, NULL,
     "on: a connection may bring more than one bid or claim"},
    {"orders.authenticated", GV_SETTING_SWITCH, AT(orders_authenticated), "off", 0, 0, 0, NULL,
     "on: only registered solvers that prove their lines may bid and claim"},
    {"orders.proof", GV_SETTING_SWITCH, AT(orders_proof), "off", 0, 0, 0, NULL,
     "on: a deposit fulfils an order; off: the bare claim does, which is unsafe"},
    {"orders.bond_percent", GV_SETTING_NUMBER, AT(orders_bond_percent), "0", 0, 100, 0, NULL,
     "with orders.proof: percent of the least output that a commitment locks, 0..100"},
    {"orders.forfeit", GV_SETTING_SWITCH, AT(orders_forfeit), "off", 0, 0, 0, NULL,
     "with orders.proof: on: a solver that fails loses what was locked"},
    {"orders.cooldown_seconds", GV_SETTING_NUMBER, AT(orders_cooldown_s), "0", 0, 86400, 0, NULL,
     "seconds without a new commitment after each failure, 0..86400"},
    {"orders.keep_days", GV_SETTING_NUMBER, AT(orders_keep_days), "14", 0, 3650, 0, NULL,
     "days that ended orders with their bids, and the log, are kept, 0..3650; 0: for ever"},
    {"orders.demo", GV_SETTING_SWITCH, AT(orders_demo), "off", 0, 0, 0, NULL,
     "on: a made-up order every second tick"},
    {"setup.claim_file", GV_SETTING_TEXT, AT(claim_file), "", 0, 0, GV_SETTING_BOOT, NULL,
     "file that shows the claim code of a fresh box; empty: claim-code.txt in the data directory"},
    {"setup.node_file", GV_SETTING_TEXT, AT(node_file), "", 0, 0, GV_SETTING_BOOT, NULL,
     "file that asks for the node of this box, as the SD card image has one; empty: there is none"},
    {"auth.issuer", GV_SETTING_TEXT, AT(auth_issuer), "", 0, 0, 0, NULL,
     "iss of tokens of another issuer that bidders may carry; empty: none are taken"},
    {"auth.audience", GV_SETTING_TEXT, AT(auth_audience), "", 0, 0, 0, NULL,
     "aud that such a token must name"},
    {"auth.jwks_file", GV_SETTING_TEXT, AT(auth_jwks_file), "", 0, 0, 0, NULL,
     "file with the issuer's public keys (JWKS); read again when it changes"},
    {"auth.jwks_url", GV_SETTING_TEXT, AT(auth_jwks_url), "", 0, 0, 0, NULL,
     "https address of the issuer's public keys, instead of a file"},
    {"auth.ca_file", GV_SETTING_TEXT, AT(auth_ca_file), "", 0, 0, 0, NULL,
     "PEM bundle that signs the issuer's certificate; empty: the system's"},
    {"webhooks.private_targets", GV_SETTING_SWITCH, AT(webhooks_private), "off", 0, 0, GV_SETTING_LIVE, NULL,
     "on: webhooks may go to this machine and its network; off: to public addresses only"},
    {"webhooks.ca_file", GV_SETTING_TEXT, AT(webhooks_ca_file), "", 0, 0, 0, NULL,
     "PEM bundle that signs the receivers' certificates; empty: the system's"},
    {"backups.nightly", GV_SETTING_SWITCH, AT(backups_nightly), "on", 0, 0, GV_SETTING_LIVE, NULL,
     "a backup and its trial restore every day, once a passphrase was given"},
    {"backups.keep", GV_SETTING_NUMBER, AT(backups_keep), "7", 1, 24, GV_SETTING_LIVE, NULL,
     "automatic backups kept, 1..24"},
    {"update.folder", GV_SETTING_TEXT, AT(update_folder), "", 0, 0, GV_SETTING_BOOT, NULL,
     "where the SD card's updater tells how it does; empty: this box is updated as it was installed"},
};
/* clang-format on */

const struct gv_setting *gv_setting_find(const char *key)
{
    for (size_t i = 0; i < GV_SETTINGS_COUNT; i++) {
        if (strcmp(gv_settings[i].key, key) == 0) {
            return &gv_settings[i];
        }
    }
    return NULL;
}

static enum gv_err refuse(struct gv_fail *fail, const struct gv_setting *setting, const char *what)
{
    return gv_fail(fail, GV_ERR_INVALID, "config.value", "%s: %s", setting->key, what);
}

static bool has_controls(const char *value)
{
    for (; *value != '\0'; value++) {
        if ((unsigned char)*value < 0x20 || *value == 0x7f) {
            return true;
        }
    }
    return false;
}

static enum gv_err check_url(const struct gv_setting *setting, const char *value,
                             struct gv_fail *fail)
{
    const char *host = NULL;
    if (strncmp(value, "http://", 7) == 0) {
        host = value + 7;
    } else if (strncmp(value, "https://", 8) == 0) {
        host = value + 8;
    }
    if (host == NULL || *host == '\0' || *host == '/') {
        return refuse(fail, setting, "must be http://host[:port] or https://host[:port]");
    }
    if (strpbrk(value, " ?#") != NULL) {
        return refuse(fail, setting, "no blanks, query or fragment in an address");
    }
    if (strchr(value, '@') != NULL) {
        return refuse(fail, setting, "credentials do not belong into an address");
    }
    return GV_OK;
}

static enum gv_err check_endpoints(const struct gv_setting *setting, const char *value,
                                   struct gv_fail *fail)
{
    if (*value == '\0' || strcmp(value, "off") == 0) {
        return GV_OK;
    }
    for (const char *p = value; p != NULL;) {
        if (strncmp(p, "tcp://", 6) != 0 && strncmp(p, "ipc://", 6) != 0) {
            return refuse(fail, setting, "endpoints begin with tcp:// or ipc://, without blanks");
        }
        p = strchr(p, ',');
        if (p != NULL) {
            p++;
        }
    }
    if (strchr(value, ' ') != NULL) {
        return refuse(fail, setting, "endpoints begin with tcp:// or ipc://, without blanks");
    }
    return GV_OK;
}

/* A browser sends scheme, name in small letters and port unless it is the usual one, and nothing
 * behind. */
static bool is_origin(const char *p, size_t n)
{
    const char *end = p + n;
    if (n > 8 && strncmp(p, "https://", 8) == 0) {
        p += 8;
    } else if (n > 7 && strncmp(p, "http://", 7) == 0) {
        p += 7;
    } else {
        return false;
    }
    for (; p < end; p++) {
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789.-:[]", *p) == NULL) {
            return false;
        }
    }
    return true;
}

static enum gv_err check_origins(const struct gv_setting *setting, const char *value,
                                 struct gv_fail *fail)
{
    for (const char *p = value; *value != '\0' && p != NULL;) {
        const size_t n = strcspn(p, ",");
        if (!is_origin(p, n)) {
            return refuse(fail, setting,
                          "origins are http(s)://name[:port] in small letters, without blanks");
        }
        p = p[n] == ',' ? p + n + 1 : NULL;
    }
    return GV_OK;
}

static enum gv_err check_subnets(const struct gv_setting *setting, const char *value,
                                 struct gv_fail *fail)
{
    struct gv_subnets networks;
    struct gv_fail why;
    return gv_subnets_parse(&networks, value, &why) == GV_OK ? GV_OK
                                                             : refuse(fail, setting, why.text);
}

static enum gv_err store_text(void *place, const struct gv_setting *setting, const char *value,
                              struct gv_fail *fail)
{
    if (setting->kind == GV_SETTING_PATH && *value == '\0') {
        return refuse(fail, setting, "must not be empty");
    }
    enum gv_err err = GV_OK;
    if (setting->kind == GV_SETTING_URL) {
        err = check_url(setting, value, fail);
    } else if (setting->kind == GV_SETTING_ENDPOINTS) {
        err = check_endpoints(setting, value, fail);
    } else if (setting->kind == GV_SETTING_ORIGINS) {
        err = check_origins(setting, value, fail);
    } else if (setting->kind == GV_SETTING_SUBNETS) {
        err = check_subnets(setting, value, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    size_t n = strlen(value);
    if (n >= setting->cap) {
        return gv_fail(fail, GV_ERR_INVALID, "config.length", "%s: longer than %zu bytes",
                       setting->key, setting->cap - 1);
    }
    memcpy(place, value, n + 1);
    return GV_OK;
}

static enum gv_err store_number(uint32_t *place, const struct gv_setting *setting,
                                const char *value, struct gv_fail *fail)
{
    uint64_t v = 0;
    if (!gv_parse_u64(&v, gv_view_str(value), setting->max) || v < setting->min) {
        return gv_fail(fail, GV_ERR_INVALID, "config.range",
                       "%s: must be a whole number within %" PRIu32 "..%" PRIu32, setting->key,
                       setting->min, setting->max);
    }
    *place = (uint32_t)v;
    return GV_OK;
}

static enum gv_err store_switch(bool *place, const struct gv_setting *setting, const char *value,
                                struct gv_fail *fail)
{
    static const char *const words[][2] = {
        {"off", "on"}, {"false", "true"}, {"no", "yes"}, {"0", "1"}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        for (int on = 0; on < 2; on++) {
            if (strcmp(value, words[i][on]) == 0) {
                *place = on == 1;
                return GV_OK;
            }
        }
    }
    return refuse(fail, setting, "must be on or off");
}

static enum gv_err store_network(enum gv_network *place, const struct gv_setting *setting,
                                 const char *value, struct gv_fail *fail)
{
    if (gv_network_parse(place, gv_view_str(value))) {
        return GV_OK;
    }
    return refuse(fail, setting, "must be main, test, signet or regtest");
}

static enum gv_err store_value(struct gv_config *config, const struct gv_setting *setting,
                               const char *value, struct gv_fail *fail)
{
    if (has_controls(value)) {
        return refuse(fail, setting, "control characters are not allowed");
    }
    void *place = (char *)config + setting->offset;
    switch (setting->kind) {
    case GV_SETTING_TEXT:
    case GV_SETTING_PATH:
    case GV_SETTING_URL:
    case GV_SETTING_ENDPOINTS:
    case GV_SETTING_ORIGINS:
    case GV_SETTING_SUBNETS:
        return store_text(place, setting, value, fail);
    case GV_SETTING_NUMBER:
        return store_number(place, setting, value, fail);
    case GV_SETTING_SWITCH:
        return store_switch(place, setting, value, fail);
    case GV_SETTING_LOG_LEVEL:
        if (gv_log_level_parse(place, value) == GV_OK) {
            return GV_OK;
        }
        return refuse(fail, setting, "must be trace, debug, info, unusual or broken");
    case GV_SETTING_NETWORK:
        return store_network(place, setting, value, fail);
    }
    gv_assert_failed("setting->kind is one of the enum", __FILE__, __LINE__);
}

enum gv_err gv_setting_store(struct gv_config *config, enum gv_config_source source,
                             const struct gv_setting *setting, const char *value,
                             struct gv_fail *fail)
{
    if (source == GV_SOURCE_STORED && (setting->flags & GV_SETTING_BOOT) != 0) {
        return gv_fail(fail, GV_ERR_CONFLICT, "config.read_only",
                       "%s: not of a file that the program writes itself", setting->key);
    }
    enum gv_err err = store_value(config, setting, value, fail);
    if (err == GV_OK) {
        config->sources[gv_setting_index(setting)] = (uint8_t)source;
    }
    return err;
}

void gv_setting_copy(struct gv_config *to, const struct gv_config *from,
                     const struct gv_setting *setting)
{
    const size_t i = gv_setting_index(setting);
    memcpy((char *)to + setting->offset, (const char *)from + setting->offset, setting->cap);
    to->sources[i] = from->sources[i];
}

void gv_setting_text(const struct gv_config *config, const struct gv_setting *setting, char *out,
                     size_t cap)
{
    const void *place = (const char *)config + setting->offset;
    switch (setting->kind) {
    case GV_SETTING_TEXT:
    case GV_SETTING_PATH:
    case GV_SETTING_URL:
    case GV_SETTING_ENDPOINTS:
    case GV_SETTING_ORIGINS:
    case GV_SETTING_SUBNETS:
        gv_format_cut(out, cap, "%s", (const char *)place);
        return;
    case GV_SETTING_NUMBER:
        gv_format_cut(out, cap, "%" PRIu32, *(const uint32_t *)place);
        return;
    case GV_SETTING_SWITCH:
        gv_format_cut(out, cap, "%s", *(const bool *)place ? "on" : "off");
        return;
    case GV_SETTING_LOG_LEVEL:
        gv_format_cut(out, cap, "%s", gv_log_level_name(*(const enum gv_log_level *)place));
        return;
    case GV_SETTING_NETWORK:
        gv_format_cut(out, cap, "%s", gv_network_name(*(const enum gv_network *)place));
        return;
    }
    gv_assert_failed("setting->kind is one of the enum", __FILE__, __LINE__);
}
