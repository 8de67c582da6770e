#include "app/config/card.h"

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"
#include "firmware/base/text.h"

#include <string.h>

#define AT(member) offsetof(struct gv_card, member), sizeof(((struct gv_card *)NULL)->member)

#define PASSWORD_HEX    64u
#define PASSWORD_MIN    8u
#define KEY_BASE64_MIN  40u
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

struct row {
    const char *key;
    size_t offset;
    size_t cap;
    bool (*good)(const char *value);
    const char *rule;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_alnum(char c)
{
    return is_digit(c) || is_lower(c) || is_upper(c);
}

static bool is_printable(const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value < 0x20 || *value > 0x7e) {
            return false;
        }
    }
    return true;
}

/* ---- the rules of each value; none is empty ------------------------------------------------------- */

/* Any bytes: it is copied as hex digits. */
static bool good_name(const char *value)
{
    (void)value;
    return true;
}

static bool good_password(const char *value)
{
    const size_t n = strlen(value);
    if (n == PASSWORD_HEX) {
        return strspn(value, "0123456789abcdefABCDEF") == n;
    }
    return n >= PASSWORD_MIN && is_printable(value);
}

static bool good_country(const char *value)
{
    return strlen(value) == 2 && is_upper(value[0]) && is_upper(value[1]);
}

static bool good_host(const char *value)
{
    const size_t n = strlen(value);
    for (size_t i = 0; i < n; i++) {
        if (!is_lower(value[i]) && !is_digit(value[i]) && value[i] != '-') {
            return false;
        }
    }
    return value[0] != '-' && value[n - 1] != '-';
}

/* "type base64 comment" of authorized_keys without options, which could run programs. */
static bool good_key(const char *value)
{
    static const char *const types[] = {"ssh-ed25519 ", "ssh-rsa ", "ecdsa-sha2-nistp256 ",
                                        "sk-ssh-ed25519@openssh.com "};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const size_t type_len = strlen(types[i]);
        if (strncmp(value, types[i], type_len) == 0) {
            const char *p = value + type_len;
            while (is_alnum(*p) || *p == '+' || *p == '/' || *p == '=') {
                p++;
            }
            return (size_t)(p - value) >= type_len + KEY_BASE64_MIN && (*p == '\0' || *p == ' ') &&
                   is_printable(p);
        }
    }
    return false;
}

static bool good_node(const char *value)
{
    return strcmp(value, "main") == 0 || strcmp(value, "test") == 0 ||
           strcmp(value, "signet") == 0 || strcmp(value, "regtest") == 0;
}

static const struct row rows[] = {
    {"wifi_name", AT(wifi_name), good_name, "1 to 32 bytes"},
    {"wifi_password", AT(wifi_password), good_password, "8 to 63 characters, or 64 hex digits"},
    {"wifi_country", AT(wifi_country), good_country, "two capital letters, as DE"},
    {"host_name", AT(host_name), good_host, "1 to 63 small letters, digits and inner hyphens"},
    {"ssh_key", AT(ssh_key), good_key, "one public key as ssh-keygen writes it"},
    {"node", AT(node), good_node, "main, test, signet or regtest"},
};

/* ---- lines ----------------------------------------------------------------------------------------- */

static struct gv_view trimmed(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }
    while (end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) {
        end--;
    }
    return gv_view_of(p, (size_t)(end - p));
}

static enum gv_err set_value(struct gv_card *card, struct gv_view key, struct gv_view value,
                             unsigned line, struct gv_fail *fail)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        char *out = (char *)card + row->offset;
        if (!gv_view_is(key, row->key)) {
            continue;
        }
        if (value.n == 0) { /* as if the line were not there */
            return GV_OK;
        }
        if (out[0] != '\0') {
            return gv_fail(fail, GV_ERR_INVALID, "card.twice", "line %u: %s was there before", line,
                           row->key);
        }
        if (value.n < row->cap && memchr(value.p, '\0', value.n) == NULL) {
            memcpy(out, value.p, value.n);
            if (row->good(out)) {
                return GV_OK;
            }
        }
        return gv_fail(fail, GV_ERR_INVALID, "card.value", "line %u: %s: %s", line, row->key,
                       row->rule);
    }
    return gv_fail(fail, GV_ERR_INVALID, "card.key", "line %u: no such setting", line);
}

static enum gv_err read_line(struct gv_card *card, struct gv_view text, unsigned line,
                             struct gv_fail *fail)
{
    const char *p = (const char *)text.p;
    const struct gv_view whole = trimmed(p, p + text.n);
    if (whole.n == 0 || whole.p[0] == '#') {
        return GV_OK;
    }
    const char *start = (const char *)whole.p;
    const char *end = start + whole.n;
    const char *equals = memchr(start, '=', whole.n);
    if (equals == NULL) {
        return gv_fail(fail, GV_ERR_INVALID, "card.line", "line %u: no \"=\"", line);
    }
    return set_value(card, trimmed(start, equals), trimmed(equals + 1, end), line, fail);
}

/* What only makes sense together. */
static enum gv_err check_wifi(const struct gv_card *card, struct gv_fail *fail)
{
    const bool any = card->wifi_password[0] != '\0' || card->wifi_country[0] != '\0';
    if (card->wifi_name[0] == '\0') {
        return any ? gv_fail(fail, GV_ERR_INVALID, "card.wifi", "wifi_name is missing") : GV_OK;
    }
    /* An open network would let everybody near the box read what its owner types. */
    if (card->wifi_password[0] == '\0' || card->wifi_country[0] == '\0') {
        return gv_fail(fail, GV_ERR_INVALID, "card.wifi",
                       "wifi_name needs wifi_password and wifi_country");
    }
    return GV_OK;
}

enum gv_err gv_card_read(struct gv_card *card, struct gv_view text, struct gv_fail *fail)
{
    struct gv_card next;
    memset(&next, 0, sizeof(next));
    if (text.n > GV_CARD_TEXT_MAX) {
        return gv_fail(fail, GV_ERR_INVALID, "card.size", "more than %u bytes", GV_CARD_TEXT_MAX);
    }
    const char *p = (const char *)text.p;
    const char *end = p + text.n;
    if (text.n >= 3 && memcmp(p, BYTE_ORDER_MARK, 3) == 0) {
        p += 3;
    }
    enum gv_err err = GV_OK;
    for (unsigned line = 1; p < end && err == GV_OK; line++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        stop = stop == NULL ? end : stop;
        err = read_line(&next, gv_view_of(p, (size_t)(stop - p)), line, fail);
        p = stop + (stop < end);
    }
    if (err == GV_OK) {
        err = check_wifi(&next, fail);
    }
    if (err == GV_OK) {
        *card = next;
    }
    gv_secure_zero(&next, sizeof(next));
    return err;
}

void gv_card_wifi(const struct gv_card *card, char text[GV_CARD_WIFI_MAX])
{
    char name[2u * GV_CARD_NAME_MAX + 1u];
    /* A quoted password ends at the last quote of its line, so quotes within need no mark. */
    const char *quote = strlen(card->wifi_password) == PASSWORD_HEX ? "" : "\"";
    GV_ASSERT(card->wifi_name[0] != '\0');
    gv_hex_encode(name, gv_view_str(card->wifi_name));
    GV_ASSERT(gv_format(text, GV_CARD_WIFI_MAX,
                        "ctrl_interface=/run/wpa_supplicant\ncountry=%s\n"
                        "network={\n\tssid=%s\n\tpsk=%s%s%s\n\tkey_mgmt=WPA-PSK SAE\n"
                        "\tieee80211w=1\n\tscan_ssid=1\n}\n",
                        card->wifi_country, name, quote, card->wifi_password, quote));
}
