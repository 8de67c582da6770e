/* Session: a person who is logged in, as a seat in a table of 16.
 *
 * The cookie holds 32 random bytes; what is kept is their SHA-256, so neither the database nor a
 * copy of it opens anything. The token against forged writes (X-CSRF-Token) is a MAC made with the
 * cookie's own bytes: whoever has not the cookie cannot make it, and it needs no storage.
 * A session ends after 30 minutes without a request and 12 hours after its login. When all seats
 * are taken, the one unused for longest is given to the newcomer. Pure. Thread: any. */
#ifndef GV_APP_ACCOUNT_SESSION_H
#define GV_APP_ACCOUNT_SESSION_H

#include "app/account/actor.h"
#include "app/account/user.h"
#include "firmware/base/crypto.h"

#define GV_SESSIONS_MAX      16u
#define GV_SESSION_IDLE_S    1800
#define GV_SESSION_LIFE_S    43200
#define GV_SESSION_ID_LEN    8u
#define GV_SESSION_AGENT_MAX 96u
#define GV_SID_LEN           32u
#define GV_SID_TEXT_LEN      43u /* base64url */
#define GV_SID_COOKIE        "gavel_sid"
#define GV_CSRF_TEXT_LEN     43u

struct gv_session {
    char id[GV_SESSION_ID_LEN + 1]; /* "": the seat is free; names it in lists, opens nothing */
    struct gv_hash256 hash;         /* of the cookie's text */
    char user_id[GV_USER_ID_LEN + 1];
    char address[GV_ADDRESS_TEXT_MAX];
    char agent[GV_SESSION_AGENT_MAX]; /* printable ASCII, cut */
    struct gv_utc created_at;
    struct gv_utc last_seen_at;
};

struct gv_sessions {
    struct gv_session seats[GV_SESSIONS_MAX];
};

/** The session is there and has not ended. A clock that went back (no battery, then NTP) ends none. */
GV_MUST_USE bool gv_session_alive(const struct gv_session *session, struct gv_utc now);
/** When it ends if nothing more is requested. */
struct gv_utc gv_session_ends(const struct gv_session *session);
/** The live session of a cookie's text, compared in constant time over all seats; NULL: none. */
struct gv_session *gv_session_find(struct gv_sessions *sessions, struct gv_view sid,
                                   struct gv_utc now);
/** By its public id; NULL: none, also when id is "". */
struct gv_session *gv_session_by_id(struct gv_sessions *sessions, struct gv_view id);
/** Where a newcomer sits: a free seat, an ended session's, or the one unused for longest of whoever then
 *  had most. Nobody can log in so often that others, the owner among them, are thrown out for it.
 *  In: user_id: the newcomer's. */
struct gv_session *gv_session_seat(struct gv_sessions *sessions, const char *user_id,
                                   struct gv_utc now);

/** Text of the cookie for 32 random bytes. */
void gv_sid_text(char text[GV_SID_TEXT_LEN + 2], const uint8_t random[GV_SID_LEN]);
/** The token that must come with writes of this cookie. */
void gv_csrf_text(char text[GV_CSRF_TEXT_LEN + 2], struct gv_view sid);
/** Compares in constant time. */
GV_MUST_USE bool gv_csrf_check(struct gv_view token, struct gv_view sid);

/** Printable ASCII of a User-Agent header, cut to GV_SESSION_AGENT_MAX. */
void gv_session_agent(char agent[GV_SESSION_AGENT_MAX], struct gv_view header);

/** The value of a cookie in a Cookie header. Source: RFC 6265 section 4.2.
 *  Returns: GV_OK; GV_ERR_NOT_FOUND; GV_ERR_INVALID when it is there twice: another program on
 *  this host has set one of them, and nobody can tell which. */
GV_MUST_USE enum gv_err gv_cookie_find(struct gv_view header, const char *name,
                                       struct gv_view *value);

#endif
