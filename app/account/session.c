#include "app/account/session.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

/* ---- the table ------------------------------------------------------------------------------------ */

bool gv_session_alive(const struct gv_session *session, struct gv_utc now)
{
    return session->id[0] != '\0' && now.s < gv_session_ends(session).s;
}

struct gv_utc gv_session_ends(const struct gv_session *session)
{
    const int64_t idle = session->last_seen_at.s + GV_SESSION_IDLE_S;
    const int64_t life = session->created_at.s + GV_SESSION_LIFE_S;
    return (struct gv_utc){idle < life ? idle : life};
}

struct gv_session *gv_session_find(struct gv_sessions *sessions, struct gv_view sid,
                                   struct gv_utc now)
{
    struct gv_session *found = NULL;
    struct gv_hash256 hash;
    gv_sha256_of(&hash, sid);
    for (size_t i = 0; i < GV_SESSIONS_MAX; i++) {
        struct gv_session *seat = &sessions->seats[i];
        const bool same = gv_constant_time_equal(hash.b, seat->hash.b, sizeof(hash.b));
        if (same && gv_session_alive(seat, now)) {
            found = seat;
        }
    }
    return found;
}

struct gv_session *gv_session_by_id(struct gv_sessions *sessions, struct gv_view id)
{
    for (size_t i = 0; id.n > 0 && i < GV_SESSIONS_MAX; i++) {
        if (gv_view_is(id, sessions->seats[i].id)) {
            return &sessions->seats[i];
        }
    }
    return NULL;
}

/* Seats of this user, with the one that the newcomer is about to take. */
static unsigned seats_of(const struct gv_sessions *sessions, const char *user_id,
                         const char *newcomer_id)
{
    unsigned n = strcmp(user_id, newcomer_id) == 0 ? 1 : 0;
    for (size_t i = 0; i < GV_SESSIONS_MAX; i++) {
        n += strcmp(sessions->seats[i].user_id, user_id) == 0 ? 1u : 0u;
    }
    return n;
}

struct gv_session *gv_session_seat(struct gv_sessions *sessions, const char *user_id,
                                   struct gv_utc now)
{
    struct gv_session *best = &sessions->seats[0];
    unsigned best_n = 0;
    for (size_t i = 0; i < GV_SESSIONS_MAX; i++) {
        struct gv_session *seat = &sessions->seats[i];
        if (!gv_session_alive(seat, now)) {
            return seat;
        }
        const unsigned n = seats_of(sessions, seat->user_id, user_id);
        if (n > best_n || (n == best_n && seat->last_seen_at.s < best->last_seen_at.s)) {
            best = seat;
            best_n = n;
        }
    }
    return best;
}

/* ---- cookie and token ----------------------------------------------------------------------------- */

void gv_sid_text(char text[GV_SID_TEXT_LEN + 2], const uint8_t random[GV_SID_LEN])
{
    const size_t n = gv_base64url_encode(text, gv_view_of(random, GV_SID_LEN));
    GV_ASSERT(n == GV_SID_TEXT_LEN);
}

void gv_csrf_text(char text[GV_CSRF_TEXT_LEN + 2], struct gv_view sid)
{
    struct gv_hash256 mac;
    gv_hmac_sha256(&mac, sid, gv_view_str("gavel/csrf"));
    const size_t n = gv_base64url_encode(text, gv_view_of(mac.b, sizeof(mac.b)));
    GV_ASSERT(n == GV_CSRF_TEXT_LEN);
    gv_secure_zero(&mac, sizeof(mac));
}

bool gv_csrf_check(struct gv_view token, struct gv_view sid)
{
    char expected[GV_CSRF_TEXT_LEN + 2];
    gv_csrf_text(expected, sid);
    const bool same =
        token.n == GV_CSRF_TEXT_LEN && gv_constant_time_equal(expected, token.p, token.n);
    gv_secure_zero(expected, sizeof(expected));
    return same;
}

void gv_session_agent(char agent[GV_SESSION_AGENT_MAX], struct gv_view header)
{
    size_t n = 0;
    for (size_t i = 0; i < header.n && n < GV_SESSION_AGENT_MAX - 1; i++) {
        if (header.p[i] >= ' ' && header.p[i] <= '~') {
            agent[n++] = (char)header.p[i];
        }
    }
    agent[n] = '\0';
}

/* ---- Cookie header -------------------------------------------------------------------------------- */

static struct gv_view trimmed(struct gv_view v)
{
    while (v.n > 0 && (v.p[0] == ' ' || v.p[0] == '\t')) {
        v = gv_view_of(v.p + 1, v.n - 1);
    }
    while (v.n > 0 && (v.p[v.n - 1] == ' ' || v.p[v.n - 1] == '\t')) {
        v.n--;
    }
    return v;
}

enum gv_err gv_cookie_find(struct gv_view header, const char *name, struct gv_view *value)
{
    unsigned seen = 0;
    while (header.n > 0) {
        const uint8_t *end = memchr(header.p, ';', header.n);
        const size_t n = end != NULL ? (size_t)(end - header.p) : header.n;
        const struct gv_view pair = gv_view_of(header.p, n);
        const uint8_t *equals = n > 0 ? memchr(pair.p, '=', n) : NULL;
        if (equals != NULL) {
            const size_t name_n = (size_t)(equals - pair.p);
            if (gv_view_is(trimmed(gv_view_of(pair.p, name_n)), name)) {
                *value = trimmed(gv_view_of(equals + 1, n - name_n - 1));
                seen++;
            }
        }
        const size_t taken = end != NULL ? n + 1 : n;
        header = gv_view_of(header.p + taken, header.n - taken);
    }
    if (seen > 1) {
        return GV_ERR_INVALID;
    }
    return seen == 1 ? GV_OK : GV_ERR_NOT_FOUND;
}
