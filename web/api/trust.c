/* What people install to trust the box: GET /ca.crt, and GET /ca.mobileconfig for iPhones and Macs. */
#include "web/api/api_state.h"
#include "web/api/handlers.h"

#include "firmware/base/crypto.h"
#include "firmware/base/text.h"

#include <string.h>

#define PEM_HEAD "-----BEGIN CERTIFICATE-----"
#define PEM_TAIL "-----END CERTIFICATE-----"
#define UUID_LEN 36u

/* False: there is none, and the client was told. */
static bool has_ca(struct gv_exchange *x)
{
    struct gv_fail fail;
    if (gv_api_of(x)->config.ca_pem.n > 0) {
        return true;
    }
    gv_fail(&fail, GV_ERR_NOT_FOUND, "tls.off", "TLS is off, so there is no certificate");
    gv_reply_fail(x, 404, &fail);
    return false;
}

void gv_handle_ca(struct gv_exchange *x)
{
    if (!has_ca(x)) {
        return;
    }
    gv_reply_header(x, "Content-Disposition", "attachment; filename=\"gavel-ca.crt\"");
    gv_reply_header(x, "Cache-Control", "no-cache");
    gv_reply_body(x, gv_api_of(x)->config.ca_pem, "application/x-x509-ca-cert");
}

/* Where `text` begins in `v`, v.n: nowhere. */
static size_t find(struct gv_view v, const char *text)
{
    const size_t n = strlen(text);
    for (size_t at = 0; at + n <= v.n; at++) {
        if (memcmp(v.p + at, text, n) == 0) {
            return at;
        }
    }
    return v.n;
}

/* The base64 lines of the first certificate; empty when it has none. */
static struct gv_view pem_body(struct gv_view pem)
{
    const size_t begin = find(pem, PEM_HEAD) + strlen(PEM_HEAD);
    const size_t end = find(pem, PEM_TAIL);
    return begin < end && end < pem.n ? gv_view_of(pem.p + begin, end - begin)
                                      : gv_view_of(pem.p, 0);
}

/* The same authority has the same names, so installing it twice replaces it.
 * Source: RFC 9562, version 8. */
static void make_uuid(char text[UUID_LEN + 1], struct gv_view pem, char purpose)
{
    struct gv_hash256 hash;
    struct gv_sha256 sha;
    gv_sha256_init(&sha);
    gv_sha256_add(&sha, gv_view_of(&purpose, 1));
    gv_sha256_add(&sha, pem);
    gv_sha256_finish(&sha, &hash);
    hash.b[6] = (uint8_t)((hash.b[6] & 0x0fu) | 0x80u);
    hash.b[8] = (uint8_t)((hash.b[8] & 0x3fu) | 0x80u);
    char *at = text;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *at++ = '-';
        }
        gv_hex_encode(at, gv_view_of(&hash.b[i], 1));
        at += 2;
    }
}

void gv_handle_ca_profile(struct gv_exchange *x)
{
    static const char profile[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
        "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
        "<plist version=\"1.0\"><dict>\n"
        "<key>PayloadType</key><string>Configuration</string>\n"
        "<key>PayloadVersion</key><integer>1</integer>\n"
        "<key>PayloadIdentifier</key><string>gavel.%s</string>\n"
        "<key>PayloadUUID</key><string>%s</string>\n"
        "<key>PayloadDisplayName</key><string>gavel certificate authority</string>\n"
        "<key>PayloadDescription</key><string>Lets this device trust your gavel box, and nothing "
        "outside your network.</string>\n"
        "<key>PayloadContent</key><array><dict>\n"
        "<key>PayloadType</key><string>com.apple.security.root</string>\n"
        "<key>PayloadVersion</key><integer>1</integer>\n"
        "<key>PayloadIdentifier</key><string>gavel.%s.ca</string>\n"
        "<key>PayloadUUID</key><string>%s</string>\n"
        "<key>PayloadDisplayName</key><string>gavel CA</string>\n"
        "<key>PayloadContent</key><data>%.*s</data>\n"
        "</dict></array>\n"
        "</dict></plist>\n";
    const struct gv_view pem = gv_api_of(x)->config.ca_pem;
    char *text = gv_api_worker_of(x)->reply;
    char outer[UUID_LEN + 1];
    char inner[UUID_LEN + 1];
    if (!has_ca(x)) {
        return;
    }
    const struct gv_view body = pem_body(pem);
    make_uuid(outer, pem, 'P');
    make_uuid(inner, pem, 'C');
    gv_format_cut(text, GV_REPLY_BYTES_MAX, profile, outer, outer, outer, inner, (int)body.n,
                  (const char *)body.p);
    gv_reply_header(x, "Content-Disposition", "attachment; filename=\"gavel-ca.mobileconfig\"");
    gv_reply_header(x, "Cache-Control", "no-cache");
    gv_reply_body(x, gv_view_str(text), "application/x-apple-aspen-config");
}
