/* Control: what gavelctl may ask the running daemon, one JSON object per line in both directions.
 *
 *   {"cmd":"status"}                                    {"ok":true,"height":…}
 *   {"cmd":"apikey.create","name":"shop","scopes":["auctions:write"],"legacy_unlocked":false,
 *    "expires_at":"2027-01-31T12:00:00Z"}
 *   {"cmd":"apikey.list"}   {"cmd":"apikey.revoke","id":"1a2b3c4d"}
 *   {"cmd":"audit.verify"}                              {"ok":true,"entries":…,"last_hash":"…"}
 *   {"cmd":"oracle"}                                    {"ok":true,"price_cents":…}; null: none
 *   further ones: people.h, operate.h, inspect.h, orders.h
 *   failures: {"ok":false,"code":"…","error":"…"}
 * Who may ask is decided by whoever owns the socket (firmware/boot: peer credentials); here every
 * request is trusted to be allowed, and none to be well-formed.
 * Thread: the control thread, one request at a time. */
#ifndef GV_WEB_CONTROL_CONTROL_H
#define GV_WEB_CONTROL_CONTROL_H

#include "app/backup/backup.h"
#include "app/config/changes.h"
#include "app/engine/engine.h"
#include "app/oracle/service.h"
#include "app/update/update.h"
#include "hal/iface/own_cert.h"

struct gv_api_machine;

/* A chain with its key, whose line ends JSON writes as two characters. */
#define GV_CONTROL_LINE_MAX  16384u
#define GV_CONTROL_REPLY_MAX 32768u

struct gv_control {
    struct gv_engine *engine;
    struct gv_market *market;
    struct gv_oracle_service *oracle; /* NULL: off */
    struct gv_changes *changes;
    const struct gv_backup_ops *backups;
    const struct gv_own_cert_ops *own_cert;
    const struct gv_update_ops *updates;
    const struct gv_clock *clock;
    const struct gv_entropy *entropy;
    struct gv_mono started;
    const char *_Atomic const *host_names;                      /* of this box; NULL-terminated */
    struct gv_view ca_pem;                                      /* empty without TLS */
    void (*machine)(void *ctx, struct gv_api_machine *machine); /* lent by boot */
    void (*renew)(void *ctx);                                   /* a new leaf, soon */
    void *boot_ctx;                                             /* of these */
};

/** Answer one request.
 *  In-out: line: changed in place; needs GV_JSON_PADDING writable bytes behind len.
 *  Out:    reply: one line of JSON with its line end, not NUL-terminated.
 *  Returns: length of the reply. It may hold a new API key: wipe it after sending. */
size_t gv_control_answer(const struct gv_control *control, char *line, size_t len,
                         char reply[GV_CONTROL_REPLY_MAX]);

#endif
