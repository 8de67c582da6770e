/* Issuer: the public keys of another issuer of tokens, fetched by https and laid on the shelf.
 *
 *   at once ─► every hour; sooner when a token names a key that is not there, but not within 15 s of the last try
 *   a try that fails ─► the keys stay, again in a minute ─► after a day without an answer they are taken away
 * Only a whole, well-formed set of keys replaces the last one. No request of a client ever waits for the issuer: its
 * token is refused until the key is there. Certificate and name of the issuer are checked by the HTTP client, redirects are
 * not followed, an answer has at most GV_JWKS_BYTES_MAX bytes.
 * Thread: its own; stop any. */
#ifndef GV_APP_ISSUER_ISSUER_H
#define GV_APP_ISSUER_ISSUER_H

#include "app/account/jwks.h"
#include "firmware/base/json.h"
#include "hal/iface/clock.h"
#include "hal/iface/http.h"

#define GV_ISSUER_FRESH_MS 3600000u
#define GV_ISSUER_AGAIN_MS 60000u
#define GV_ISSUER_SOON_MS  15000u
#define GV_ISSUER_STALE_MS 86400000u

struct gv_issuer_config {
    struct gv_http *http;
    const struct gv_clock *clock;
    const char *url; /* https; kept */
    struct gv_jwks_shelf *shelf;
};

/** Caller's memory; the members are private. */
struct gv_issuer {
    struct gv_issuer_config config;
    atomic_bool stop;
    bool tried;
    bool has_keys;
    struct gv_mono tried_at;
    struct gv_mono fetched_at;
    struct gv_mono next;
    struct gv_jwks jwks;
    char text[GV_JWKS_BYTES_MAX + 1u + GV_JSON_PADDING];
    _Alignas(16) uint8_t memory[GV_JWKS_BYTES_MAX * 4u];
};

void gv_issuer_init(struct gv_issuer *issuer, const struct gv_issuer_config *config);
/** Fetch if it is time. Call about once a second. Returns: true when it was tried. */
bool gv_issuer_step(struct gv_issuer *issuer);
/** From any thread: a request under way ends within about a second, and none begins. */
void gv_issuer_stop(struct gv_issuer *issuer);

#endif
