#include "app/account/user.h"

#include "firmware/base/text.h"

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool is_alphanumeric(uint8_t c)
{
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');
}

enum gv_err gv_user_name_check(struct gv_view name, struct gv_fail *fail)
{
    bool good = name.n >= 1 && name.n < GV_USER_NAME_MAX && is_alphanumeric(name.p[0]);
    for (size_t i = 0; good && i < name.n; i++) {
        const uint8_t c = name.p[i];
        good = is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
    }
    if (good) {
        return GV_OK;
    }
    return gv_fail_at(fail, GV_ERR_INVALID, "/name", "user.name",
                      "a name has 1 to %u letters, digits, dots, underscores or hyphens",
                      GV_USER_NAME_MAX - 1);
}

bool gv_user_name_same(struct gv_view a, struct gv_view b)
{
    bool same = a.n == b.n;
    for (size_t i = 0; same && i < a.n; i++) {
        same = lower(a.p[i]) == lower(b.p[i]);
    }
    return same;
}

void gv_user_id_format(char id[GV_USER_ID_LEN + 1], const uint8_t random[16])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t b[16];
    size_t n = 0;
    for (size_t i = 0; i < sizeof(b); i++) {
        b[i] = random[i];
    }
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40); /* version 4 */
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80); /* variant 1 */
    for (size_t i = 0; i < sizeof(b); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            id[n++] = '-';
        }
        id[n++] = digits[b[i] >> 4];
        id[n++] = digits[b[i] & 15];
    }
    id[n] = '\0';
}

uint64_t gv_user_version(const struct gv_user *user)
{
    return gv_version_of("%s %s %d %d", user->id, gv_role_name(user->role), user->totp_on,
                         user->disabled);
}
