/* API: the routes of the box, their JSON, and what the live stream says.
 *
 * Handlers run on HTTP workers: they check everything that needs no shared state, ask the node and
 * the indexer where a rule demands it, hand commands to the engine and wait. Reads come from the
 * market. Nothing here keeps state between requests but the per-worker contexts.
 * Threads: gv_api_init main; handlers on workers; gv_api_on_event engine; gv_api_snapshot live. */
#ifndef GV_WEB_API_API_H
#define GV_WEB_API_API_H

#include "app/account/jwks.h"
#include "app/backup/backup.h"
#include "app/config/changes.h"
#include "app/counterparty/counterparty.h"
#include "app/engine/engine.h"
#include "app/node/rpc.h"
#include "app/oracle/service.h"
#include "app/prices/published.h"
#include "app/sequencer/sequencer.h"
#include "app/update/update.h"
#include "hal/iface/own_cert.h"
#include "hal/iface/signer.h"
#include "web/api/caller.h"
#include "web/api/gate.h"
#include "web/live/live.h"
#include "web/server/server.h"

/** What one worker needs for one request; indexed by gv_exchange.worker. */
struct gv_api_worker {
    struct gv_http http; /* lent by boot: one client handle per worker */
    struct gv_rpc rpc;
    struct gv_counterparty counterparty;
    struct gv_caller caller;
    char reply[GV_REPLY_BYTES_MAX];
    char body[GV_SMALL_BODY_MAX + GV_JSON_PADDING];
    _Alignas(16) uint8_t arena[GV_SMALL_BODY_MAX * 4u];
};

/** What the machine under us says of itself: memory, disk, wear, certificate. */
#define GV_API_WRITTEN 4u
struct gv_api_machine {
    uint64_t resident_bytes;
    uint64_t memory_total_bytes; /* of the machine */
    uint64_t sqlite_used_bytes;
    uint64_t disk_free_bytes;
    uint64_t disk_total_bytes;
    uint64_t database_bytes;
    uint64_t wal_bytes;
    struct {
        const char *name; /* class of what was written */
        uint64_t total_bytes;
        uint64_t day_bytes;
    } written[GV_API_WRITTEN];
    bool has_temperature;
    int32_t temperature_mc; /* thousandths of a degree Celsius */
    bool has_undervoltage;
    bool undervoltage; /* now */
    bool has_throttled;
    bool throttled;   /* now */
    bool knows_clock; /* there is a time service to ask */
    bool clock_synchronised;
    bool has_certificate;
    char ca_sha256[96]; /* "AB:CD:..." */
    char leaf_sha256[96];
    struct gv_utc not_after;
    struct gv_utc renew_at;
    struct gv_own_cert own;
};

/* Below these a box that keeps selling may lose what it should record. */
#define GV_DISK_FAIL_BYTES (UINT64_C(32) * 1024 * 1024)
#define GV_DISK_WARN_BYTES (UINT64_C(256) * 1024 * 1024)

/** A node's cookie file that was found on this machine. */
#define GV_API_COOKIES_MAX 16u
struct gv_api_cookie {
    char path[256];
    const char *network; /* "main", "test", "signet", "regtest" */
    bool readable;       /* by this process */
};

struct gv_api_config {
    const struct gv_config *config;
    struct gv_engine *engine;
    struct gv_market *market;
    struct gv_watch *watch;
    const struct gv_clock *clock;
    uint64_t seed; /* secret of this run, for tables that clients fill */
    const struct gv_rpc_config *rpc;
    const struct gv_counterparty_config *counterparty;
    /** One HTTP client per worker, GV_HTTP_WORKERS of them; kept. */
    const struct gv_http *http_clients;
    /** PEM of the box's CA, served at /ca.crt; empty without TLS. */
    struct gv_view ca_pem;
    /** Names and addresses of this box, for the Host check; NULL-terminated; kept. It may grow. */
    const char *_Atomic const *host_names;
    /** The price service; NULL: switched off. Workers may read it from its start on. */
    struct gv_oracle_service *oracle;
    struct gv_prices *prices;       /* with it */
    struct gv_sequencer *sequencer; /* NULL: no order auctions */
    struct gv_changes *changes;
    const struct gv_backup_ops *backups;
    const struct gv_own_cert_ops *own_cert;
    const struct gv_update_ops *updates;
    const struct gv_entropy *entropy;
    const struct gv_signer *signer; /* the box's key */
    struct gv_jwks_shelf *jwks;     /* keys of the configured issuer of tokens; may be empty */
    /** Show the claim code on console and in its file; NULL: the box is claimed, take it away. */
    void (*show_claim)(void *ctx, const char *code);
    uint32_t (*find_cookies)(void *ctx, struct gv_api_cookie *found, uint32_t found_max);
    /** Read what an ACME client laid down for a token. Out: out: n bytes of at most cap.
     *  Returns: GV_OK; GV_ERR_NOT_FOUND, also when https.acme_dir is not set; and others. */
    enum gv_err (*read_challenge)(void *ctx, const char *token, char *out, size_t cap, size_t *n);
    /** With setup.node_file: has the box's own node been asked for, and not been started yet? */
    bool (*own_node_asked)(void *ctx);
    /** Ask for it. Returns: GV_OK once durable; GV_ERR_INVALID, GV_ERR_IO. */
    enum gv_err (*ask_own_node)(void *ctx, enum gv_network network, struct gv_fail *fail);
    /** Is a ZMQ publisher there? Takes seconds. */
    enum gv_err (*probe_zmq)(void *ctx, const char *endpoint, struct gv_fail *fail);
    void (*machine)(void *ctx, struct gv_api_machine *machine); /* lent by boot */
    bool (*is_neighbour)(const char *address);                  /* is it in a network of ours? */
    void (*restart)(void *ctx);                                 /* soon, in an orderly way */
    void *boot_ctx;                                             /* of these */
};

struct gv_api;
struct gv_api *gv_api_instance(void);
void gv_api_init(struct gv_api *api, const struct gv_api_config *config);
/** The live thread, once it runs and before the server does (frames, metrics). */
void gv_api_attach_live(struct gv_api *api, struct gv_live *live);
/** The server, once it runs (metrics). */
void gv_api_attach_server(struct gv_api *api, struct gv_server *server);

/** What is due once a second (the claim code, private channels). Thread: main. */
void gv_api_tick(struct gv_api *api);

/** All rows; `app` of the server must be the gv_api. */
extern const struct gv_route gv_api_routes[];
extern const size_t gv_api_routes_count;

/* Hooks for gv_server_config. */
void gv_api_write_error(struct gv_exchange *x, int status, const struct gv_fail *fail);
bool gv_api_host_allowed(void *api, struct gv_view host);
bool gv_api_origin_allowed(void *api, struct gv_view origin);

/** gv_row_renderer: the listing object of the original's lists. */
void gv_api_render_row(struct gv_market_row *row, struct gv_view psbt);

/* For gv_live_config. */
extern const struct gv_live_topic gv_api_topics[];
extern const unsigned gv_api_topics_n;
size_t gv_api_snapshot(void *api, uint64_t channel, uint64_t *next, char *buf, size_t cap);
uint64_t gv_api_raw(void *api, const struct gv_exchange *x);
uint64_t gv_api_hears(void *ctx, uint64_t channel, const struct gv_live_credentials *credentials);
/** A new price stands (gv_oracle_service_config.published). Thread: oracle. */
void gv_api_on_price(void *ctx);
/** gv_event_sink. */
void gv_api_on_event(void *api, const struct gv_event *event);

#endif
