/* What the live stream says to owners and operators alone: how the box does, and that the log has grown.
 * Lines of the log are no frames: many come at once, and a listener wants few of them. He is told the number
 * of the newest one and reads what he wants, by GET /api/v1/logs. */
#include "web/api/stream.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "web/api/caller.h"
#include "web/api/system.h"
#include "web/api/token.h"
#include "web/server/ticks.h"

#include <string.h>

#define BOX_EVERY_MS 5000u

void gv_private_init(struct gv_api *api)
{
    const int rc = pthread_mutex_init(&api->box.lock, NULL);
    GV_ASSERT(rc == 0);
    api->box.n = 0;
}

/* ---- who may listen --------------------------------------------------------------------------- */

/* A subject is the eight signs of a session's or a key's id; the top bit, which no sign has, tells a key. */
#define KEY_MARK (UINT64_C(1) << 63)
_Static_assert(GV_SESSION_ID_LEN == sizeof(uint64_t), "an id is a subject");
_Static_assert(GV_KEY_ID_LEN == sizeof(uint64_t), "an id is a subject");

static uint64_t subject_of(const struct gv_caller *caller)
{
    uint64_t subject = 0;
    switch (caller->kind) {
    case GV_CALLER_NOBODY:
    case GV_CALLER_GUEST: /* another issuer's word ends when it says, not when we do */
        return 0;
    case GV_CALLER_KEY:
        memcpy(&subject, caller->key_id, sizeof(subject));
        return subject | KEY_MARK;
    case GV_CALLER_SESSION:
        memcpy(&subject, caller->identity.session, sizeof(subject));
        return subject;
    }
    GV_UNREACHABLE("caller outside its enumeration");
}

/* What whoever was once let in may do now. */
static uint32_t granted_to(const struct gv_api *api, uint64_t subject)
{
    struct gv_identity identity;
    const uint64_t id = subject & ~KEY_MARK;
    const struct gv_view text = gv_view_of(&id, sizeof(id));
    if ((subject & KEY_MARK) != 0) {
        return gv_key_scopes(gv_engine_key_known(api->config.engine, text));
    }
    return gv_engine_session_look(api->config.engine, text, &identity) == GV_OK
               ? gv_role_scopes(identity.role)
               : 0;
}

uint64_t gv_api_hears(void *ctx, uint64_t channel, const struct gv_live_credentials *credentials)
{
    static _Alignas(16) uint8_t memory[GV_TOKEN_ARENA_BYTES]; /* of the live thread */
    struct gv_api *api = ctx;
    struct gv_caller caller = {.kind = GV_CALLER_NOBODY};
    uint64_t subject = credentials->subject;
    if (credentials->x != NULL) {
        subject = subject_of(gv_caller_of(credentials->x));
    } else if (credentials->token.n > 0) {
        struct gv_arena arena;
        gv_arena_init(&arena, memory, sizeof(memory));
        gv_caller_of_text(api, &arena, credentials->token, &caller);
        subject = subject_of(&caller);
    }
    const bool may = channel == 0 || (granted_to(api, subject) & GV_SCOPE_OPERATE) != 0;
    return may ? subject : 0;
}

/* ---- what they hear --------------------------------------------------------------------------- */

static size_t write_newest(char *buf, size_t cap, uint64_t newest)
{
    struct gv_json_out out;
    gv_json_out_init(&out, buf, cap);
    gv_jo_object(&out);
    gv_jo_kint(&out, "last", (int64_t)newest);
    gv_jo_object_end(&out);
    return out.n;
}

size_t gv_private_snapshot(struct gv_api *api, enum gv_topic topic, char *buf, size_t cap)
{
    if (topic == GV_TOPIC_LOGS) {
        return write_newest(buf, cap, gv_log_newest());
    }
    pthread_mutex_lock(&api->box.lock);
    const size_t n = api->box.n <= cap ? api->box.n : 0;
    memcpy(buf, api->box.text, n);
    pthread_mutex_unlock(&api->box.lock);
    return n; /* 0: the first who listens is told with the next tick */
}

static void tell_log(struct gv_api *api)
{
    char data[40];
    const uint64_t newest = gv_log_newest();
    if (gv_live_hearers(api->live, GV_TOPIC_LOGS) == 0 || newest == api->box.log_told) {
        return;
    }
    api->box.log_told = newest;
    gv_stream_publish(api, gv_live_channel(GV_TOPIC_LOGS, 0), "grown", GV_NEWEST_OF_LOGS,
                      gv_view_of(data, write_newest(data, sizeof(data), newest)));
}

/* Files are read for it, so not by the live thread; and for nobody it is not made. */
static void tell_box(struct gv_api *api)
{
    struct gv_json_out out;
    const uint64_t now_ms = gv_now_ms();
    const bool heard = gv_live_hearers(api->live, GV_TOPIC_BOX) > 0;
    if (heard && api->box.n > 0 && now_ms - api->box.told_ms < BOX_EVERY_MS) {
        return;
    }
    pthread_mutex_lock(&api->box.lock);
    api->box.n = 0;
    if (heard) {
        gv_json_out_init(&out, api->box.text, sizeof(api->box.text));
        gv_system_write(api, &out);
        api->box.n = out.full ? 0 : out.n;
        api->box.told_ms = now_ms;
    }
    pthread_mutex_unlock(&api->box.lock);
    gv_stream_publish(api, gv_live_channel(GV_TOPIC_BOX, 0), "box", GV_NEWEST_OF_BOX,
                      gv_view_of(api->box.text, api->box.n));
}

void gv_private_tick(struct gv_api *api)
{
    if (api->live != NULL) {
        tell_log(api);
        tell_box(api);
    }
}
