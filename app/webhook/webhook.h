/* Webhook: a receiver that is told what happens to listings, and the rules of telling it.
 *
 *   event ─► delivery (a durable row per receiver) ─► POST, signed ─► 2xx: done
 *                                                        └─ else: again after 10 s .. 1 h, for a day
 * Deliveries of one receiver go out one after the other, oldest first, each at least once: a receiver
 * drops what it has seen by the id in the body. Pure values and functions. Thread: any. */
#ifndef GV_APP_WEBHOOK_WEBHOOK_H
#define GV_APP_WEBHOOK_WEBHOOK_H

#include "firmware/base/bytes.h"
#include "firmware/base/crypto.h"
#include "firmware/base/time.h"
#include "firmware/base/version.h"

#define GV_WEBHOOKS_MAX        8u
#define GV_WEBHOOK_NAME_MAX    48u
#define GV_WEBHOOK_URL_MAX     256u
#define GV_WEBHOOK_SECRET_LEN  32u
#define GV_WEBHOOK_SECRET_TEXT 56u /* "whsec_" + 43 + NUL */
#define GV_WEBHOOK_WHY_MAX     96u
/* An event as JSON: numbers 500, hashes and addresses 500, asset name up to 250 with its escapes. */
#define GV_WEBHOOK_BODY_MAX 2048u
#define GV_UUID_MAX         37u

/* Waiting for one receiver; beyond it the receiver is disabled. Finished ones are kept for the page. */
#define GV_WEBHOOK_PENDING_MAX 1000u
#define GV_WEBHOOK_KEPT        100u

/** Stored as numbers and as bits of a mask: never renumber. */
#define GV_WEBHOOK_EVENT_LIST(X)                                                                   \
    X(GV_WEBHOOK_PING, 0, "ping") /* asked for by the owner */                                     \
    X(GV_WEBHOOK_CREATED, 1, "listing.created")                                                    \
    X(GV_WEBHOOK_REVEALED, 2, "listing.revealed") /* its first PSBT is shown */                    \
    X(GV_WEBHOOK_PENDING, 3, "listing.pending")   /* a spend is in the mempool */                  \
    X(GV_WEBHOOK_SOLD, 4, "listing.sold")         /* in a block: by one of its PSBTs */            \
    X(GV_WEBHOOK_CLOSED, 5, "listing.closed")     /* in a block: some other way */                 \
    X(GV_WEBHOOK_REORGED, 6, "listing.reorged")   /* what had been said is undone */               \
    X(GV_WEBHOOK_EXTENDED, 7, "listing.extended") /* it has further rungs below the last */

enum gv_webhook_event {
#define GV_WEBHOOK_EVENT_ENUM(name, number, text) name = (number),
    GV_WEBHOOK_EVENT_LIST(GV_WEBHOOK_EVENT_ENUM)
#undef GV_WEBHOOK_EVENT_ENUM
};
#define GV_WEBHOOK_EVENTS     8u
#define GV_WEBHOOK_EVENTS_ALL ((1u << GV_WEBHOOK_EVENTS) - 2u) /* all but the ping */

/** "listing.sold"; a static string. */
const char *gv_webhook_event_name(enum gv_webhook_event event);
/** Bit of a name in a mask; 0 when there is none, or it cannot be subscribed to. */
uint32_t gv_webhook_event_bit(struct gv_view name);

struct gv_webhook {
    uint64_t id; /* 1, 2, 3, ... */
    char name[GV_WEBHOOK_NAME_MAX];
    char url[GV_WEBHOOK_URL_MAX];
    uint32_t events; /* bits 1 << enum gv_webhook_event */
    struct gv_utc created_at;
    struct gv_utc disabled_at; /* s = 0: enabled */
    char disabled_why[GV_WEBHOOK_WHY_MAX];
};

/** Stored as numbers: never renumber. */
enum gv_delivery_state {
    GV_DELIVERY_PENDING = 0,
    GV_DELIVERY_DONE = 1,
};

/** One row of the outbox, without its body. */
struct gv_delivery {
    uint64_t id;
    uint64_t webhook_id;
    char uuid[GV_UUID_MAX]; /* of this delivery; the event's own is in the body */
    enum gv_webhook_event event;
    enum gv_delivery_state state;
    struct gv_utc created_at;
    uint32_t attempts;
    struct gv_utc first_at; /* of the first attempt; s = 0: none */
    struct gv_utc next_at;  /* not before */
    struct gv_utc done_at;
    uint32_t status; /* HTTP status of the last attempt; 0: no answer */
    char error[GV_WEBHOOK_WHY_MAX];
};

/** Of what somebody may change in a receiver, so that a delivery leaves it as it was. */
GV_MUST_USE uint64_t gv_webhook_version(const struct gv_webhook *webhook);

/** May a receiver have this address? http or https, a host, no credentials or fragment.
 *  Returns: GV_OK; GV_ERR_INVALID "webhook.url" at "/url". */
GV_MUST_USE enum gv_err gv_webhook_check_url(const char *url, struct gv_fail *fail);
/** 1 to GV_WEBHOOK_NAME_MAX - 1 printable characters. GV_ERR_INVALID "webhook.name" at "/name". */
GV_MUST_USE enum gv_err gv_webhook_check_name(const char *name, struct gv_fail *fail);

/** Seconds to wait after the n-th failed attempt (n >= 1): 10, 20, 40 .. 3600. */
uint32_t gv_webhook_backoff_s(uint32_t attempts);
/** A receiver that has not taken a delivery for this long is disabled. */
#define GV_WEBHOOK_GIVE_UP_S 86400

/** "whsec_..." */
void gv_webhook_secret_text(char text[GV_WEBHOOK_SECRET_TEXT],
                            const uint8_t secret[GV_WEBHOOK_SECRET_LEN]);
/** "t=<seconds>,v1=<hex>": HMAC-SHA256 with the secret's text over "<seconds>." and the body.
 *  Out: header: GV_WEBHOOK_SIGNATURE_MAX bytes. */
#define GV_WEBHOOK_SIGNATURE_MAX 96u
void gv_webhook_sign(char header[GV_WEBHOOK_SIGNATURE_MAX], const char *secret_text,
                     struct gv_utc at, struct gv_view body);

/** Version 4, from 16 random bytes. Source: RFC 9562. */
void gv_uuid_text(char text[GV_UUID_MAX], const uint8_t random[16]);

#endif
