#include "app/webhook/webhook.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <string.h>

#define BACKOFF_FIRST_S 10u
#define BACKOFF_LAST_S  3600u

static const char *const event_names[GV_WEBHOOK_EVENTS] = {
#define EVENT_NAME(name, number, text) [number] = (text),
    GV_WEBHOOK_EVENT_LIST(EVENT_NAME)
#undef EVENT_NAME
};

const char *gv_webhook_event_name(enum gv_webhook_event event)
{
    return event_names[event];
}

uint32_t gv_webhook_event_bit(struct gv_view name)
{
    for (uint32_t i = 0; i < GV_WEBHOOK_EVENTS; i++) {
        if (gv_view_is(name, event_names[i])) {
            return (1u << i) & GV_WEBHOOK_EVENTS_ALL;
        }
    }
    return 0;
}

/* ---- what an owner may ask for ------------------------------------------------------------------ */

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~') {
            return false;
        }
    }
    return true;
}

enum gv_err gv_webhook_check_url(const char *url, struct gv_fail *fail)
{
    const char *host = NULL;
    if (strncmp(url, "https://", 8) == 0) {
        host = url + 8;
    } else if (strncmp(url, "http://", 7) == 0) {
        host = url + 7;
    }
    if (host == NULL || *host == '\0' || strchr("/:?", *host) != NULL) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/url", "webhook.url",
                          "url must be http://host or https://host");
    }
    if (!is_printable(url) || strpbrk(url, "@#\\") != NULL) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/url", "webhook.url",
                          "url must be ASCII without credentials, fragment and blanks");
    }
    if (strlen(url) >= GV_WEBHOOK_URL_MAX) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/url", "webhook.url",
                          "url has at most %u characters", GV_WEBHOOK_URL_MAX - 1u);
    }
    return GV_OK;
}

enum gv_err gv_webhook_check_name(const char *name, struct gv_fail *fail)
{
    const size_t n = strlen(name);
    bool good = n >= 1 && n < GV_WEBHOOK_NAME_MAX;
    for (size_t i = 0; i < n && good; i++) {
        good = name[i] >= ' ' && name[i] <= '~';
    }
    return good ? GV_OK
                : gv_fail_at(fail, GV_ERR_INVALID, "/name", "webhook.name",
                             "name has 1 to %u printable ASCII characters",
                             GV_WEBHOOK_NAME_MAX - 1u);
}

/* ---- telling ------------------------------------------------------------------------------------ */

uint64_t gv_webhook_version(const struct gv_webhook *webhook)
{
    return gv_version_of("%" PRIu64 " %s %s %" PRIx32 " %d", webhook->id, webhook->name,
                         webhook->url, webhook->events, webhook->disabled_at.s == 0);
}

uint32_t gv_webhook_backoff_s(uint32_t attempts)
{
    uint32_t wait_s = BACKOFF_FIRST_S;
    for (uint32_t i = 1; i < attempts && wait_s < BACKOFF_LAST_S; i++) {
        wait_s *= 2;
    }
    return wait_s < BACKOFF_LAST_S ? wait_s : BACKOFF_LAST_S;
}

void gv_webhook_secret_text(char text[GV_WEBHOOK_SECRET_TEXT],
                            const uint8_t secret[GV_WEBHOOK_SECRET_LEN])
{
    char digits[GV_BASE64_LEN(GV_WEBHOOK_SECRET_LEN) + 1];
    (void)gv_base64url_encode(digits, gv_view_of(secret, GV_WEBHOOK_SECRET_LEN));
    const bool fits = gv_format(text, GV_WEBHOOK_SECRET_TEXT, "whsec_%s", digits);
    GV_ASSERT(fits);
    gv_secure_zero(digits, sizeof(digits));
}

void gv_webhook_sign(char header[GV_WEBHOOK_SIGNATURE_MAX], const char *secret_text,
                     struct gv_utc at, struct gv_view body)
{
    char message[GV_WEBHOOK_BODY_MAX + 24];
    char hex[2 * sizeof(struct gv_hash256) + 1];
    struct gv_hash256 mac;
    GV_ASSERT(body.n <= GV_WEBHOOK_BODY_MAX);
    bool fits = gv_format(message, sizeof(message), "%lld.", (long long)at.s);
    GV_ASSERT(fits);
    const size_t head = strlen(message);
    memcpy(message + head, body.p, body.n);
    gv_hmac_sha256(&mac, gv_view_str(secret_text), gv_view_of(message, head + body.n));
    gv_hex_encode(hex, gv_view_of(mac.b, sizeof(mac.b)));
    fits = gv_format(header, GV_WEBHOOK_SIGNATURE_MAX, "t=%lld,v1=%s", (long long)at.s, hex);
    GV_ASSERT(fits);
}

void gv_uuid_text(char text[GV_UUID_MAX], const uint8_t random[16])
{
    uint8_t b[16];
    memcpy(b, random, sizeof(b));
    b[6] = (uint8_t)((b[6] & 0x0fu) | 0x40u); /* version 4 */
    b[8] = (uint8_t)((b[8] & 0x3fu) | 0x80u); /* variant of the RFC */
    size_t at = 0;
    for (size_t i = 0; i < sizeof(b); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            text[at++] = '-';
        }
        gv_hex_encode(text + at, gv_view_of(&b[i], 1));
        at += 2;
    }
}
