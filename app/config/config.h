/* Configuration: one table of settings, from which come the file, the environment and the help.
 *
 * Order of precedence: command line, environment GAVEL_<SECTION>__<KEY>, stored through the box
 * itself (changes.h), file with its drop-ins, default. An unknown key or a bad value is refused with
 * file and line; nothing half-read is ever used. Each value remembers where it came from.
 * The file is INI as inih reads it: [section], key = value; ";" at the start of a line or after a
 * blank begins a comment; a line has at most 510 bytes; a key may be given once.
 * Decision 2026-11-20: inih is included here and not in hal/linux, because it works on lent text
 * alone (ini_parse_stream) and touches no file; the table stays testable without a disk.
 * Thread: main at start-up; read-only afterwards. */
#ifndef GV_APP_CONFIG_CONFIG_H
#define GV_APP_CONFIG_CONFIG_H

#include "app/bitcoin/address.h"
#include "firmware/base/log.h"

#define GV_CONFIG_TEXT_MAX 256u
#define GV_SETTINGS_COUNT  66u

/** Where a value came from, lowest rank first. */
enum gv_config_source {
    GV_SOURCE_DEFAULT,
    GV_SOURCE_FILE,
    GV_SOURCE_STORED,
    GV_SOURCE_ENVIRONMENT,
    GV_SOURCE_FLAG,
};

struct gv_config {
    char data_dir[GV_CONFIG_TEXT_MAX];
    bool require_mount; /* data_dir must lie on a disk of its own */
    enum gv_log_level log_level;
    char http_bind[GV_CONFIG_TEXT_MAX];
    uint32_t http_port; /* 0: any free port, written to <data_dir>/ports.json */
    char https_bind[GV_CONFIG_TEXT_MAX];
    uint32_t https_port;
    bool https_tls; /* off: behind a proxy, plain http serves everything */
    bool https_hsts;
    char acme_dir[GV_CONFIG_TEXT_MAX]; /* "": no challenges are answered */
    char hosts[GV_CONFIG_TEXT_MAX];    /* further names and addresses for Host check and leaf */
    char trusted_proxies[GV_CONFIG_TEXT_MAX];  /* networks, by comma */
    char cors_origins[2 * GV_CONFIG_TEXT_MAX]; /* pages that may use the API, by comma */
    bool limit_loopback;                       /* off: this machine asks as often as it likes */
    char node_url[GV_CONFIG_TEXT_MAX];
    char node_cookie_file[GV_CONFIG_TEXT_MAX];
    char node_user[GV_CONFIG_TEXT_MAX];
    char node_password[GV_CONFIG_TEXT_MAX]; /* a secret */
    enum gv_network network;
    char node_zmq[2 * GV_CONFIG_TEXT_MAX]; /* endpoints, "" = discover, "off" */
    uint32_t node_poll_seconds;
    uint32_t node_timeout_ms;
    char counterparty_url[GV_CONFIG_TEXT_MAX];
    char counterparty_ca_file[GV_CONFIG_TEXT_MAX]; /* "": the system's bundle */
    uint32_t counterparty_timeout_ms;
    uint32_t final_depth;
    bool oracle_enabled; /* off: no thread, no memory, no price */
    uint32_t oracle_window_hours;
    bool orders_enabled;                  /* off: no thread, no memory */
    char orders_bind[GV_CONFIG_TEXT_MAX]; /* plain ports; loopback unless authenticated */
    uint32_t orders_order_port;           /* 0: any free port */
    uint32_t orders_bid_port;
    uint32_t orders_claim_port;
    bool orders_tls; /* encrypted ports beside the plain ones */
    char orders_tls_bind[GV_CONFIG_TEXT_MAX];
    uint32_t orders_tls_order_port;
    uint32_t orders_tls_bid_port;
    uint32_t orders_tls_claim_port;
    uint32_t orders_tick_ms;
    uint32_t orders_batch;
    uint32_t orders_collect_s;
    uint32_t orders_commit_s;
    uint32_t orders_grace_s;
    uint32_t orders_work_s;
    bool orders_original;
    uint32_t orders_read_s;
    bool orders_many_lines; /* bids and claims of one connection */
    bool orders_authenticated;
    bool orders_proof;
    uint32_t orders_bond_percent;
    bool orders_forfeit;
    uint32_t orders_cooldown_s;
    uint32_t orders_keep_days;
    bool orders_demo;
    char claim_file[GV_CONFIG_TEXT_MAX];    /* "": <data_dir>/claim-code.txt */
    char node_file[GV_CONFIG_TEXT_MAX];     /* asks for the box's own node; "": it has none */
    char auth_issuer[GV_CONFIG_TEXT_MAX];   /* of foreign tokens; "": none are taken */
    char auth_audience[GV_CONFIG_TEXT_MAX]; /* what they must be meant for */
    char auth_jwks_file[GV_CONFIG_TEXT_MAX];
    char auth_jwks_url[GV_CONFIG_TEXT_MAX];    /* instead of a file */
    char auth_ca_file[GV_CONFIG_TEXT_MAX];     /* "": the system's bundle */
    bool webhooks_private;                     /* receivers in private ranges are allowed */
    char webhooks_ca_file[GV_CONFIG_TEXT_MAX]; /* "": the system's bundle */
    bool backups_nightly;
    uint32_t backups_keep;                  /* automatic ones */
    char update_folder[GV_CONFIG_TEXT_MAX]; /* empty: updated elsewhere */
    uint8_t sources[GV_SETTINGS_COUNT];     /* enum gv_config_source, in the table's order */
};

/** Defaults only. */
void gv_config_defaults(struct gv_config *config);
/** Read an INI text (the caller has read the file). In: source: of what it sets; name: for messages.
 *  Returns: GV_OK; GV_ERR_INVALID "config.*" with "name:line: ..." */
GV_MUST_USE enum gv_err gv_config_read(struct gv_config *config, enum gv_config_source source,
                                       const char *name, struct gv_view text, struct gv_fail *fail);
/** Apply GAVEL_<SECTION>__<KEY> and the original's BITCOIN_RPC_*, COUNTERPARTY_API_URL names. */
GV_MUST_USE enum gv_err gv_config_environment(struct gv_config *config, char *const *environment,
                                              struct gv_fail *fail);
/** Set one "section.key" (command line). */
GV_MUST_USE enum gv_err gv_config_set(struct gv_config *config, const char *key, const char *value,
                                      struct gv_fail *fail);
/** Rules across settings (a node credential is given, ports differ, ...). */
GV_MUST_USE enum gv_err gv_config_check(const struct gv_config *config, struct gv_fail *fail);
/** Visit every setting: "section.key", value as text ("***" for secrets), default, help. */
void gv_config_each(const struct gv_config *config,
                    void (*visit)(void *ctx, const char *key, const char *value,
                                  const char *standard, const char *help),
                    void *ctx);

#endif
