#include "web/live/envelope.h"

#include "firmware/base/assert.h"
#include "firmware/base/json.h"
#include "firmware/base/text.h"
#include "firmware/base/time.h"

#include <inttypes.h>
#include <string.h>

/* ---- Names ------------------------------------------------------------------------------------ */

/* "42" behind "auction:". */
static bool parse_id(uint64_t *id, bool has_id, struct gv_view rest)
{
    *id = 0;
    if (!has_id || rest.n == 0) {
        return !has_id && rest.n == 0;
    }
    const bool digits = rest.p[0] == ':' && gv_parse_u64(id, gv_view_of(rest.p + 1, rest.n - 1),
                                                         (UINT64_C(1) << 56) - 1u);
    return digits && *id > 0;
}

bool gv_channel_parse(uint64_t *channel, const struct gv_live_config *config, struct gv_view name)
{
    for (unsigned i = 0; i < config->topics_n; i++) {
        const struct gv_live_topic *topic = &config->topics[i];
        const size_t n = strlen(topic->name);
        uint64_t id = 0;
        if (!topic->is_raw && name.n >= n && memcmp(name.p, topic->name, n) == 0 &&
            parse_id(&id, topic->has_id, gv_view_of(name.p + n, name.n - n))) {
            *channel = gv_live_channel(i, id);
            return true;
        }
    }
    return false;
}

void gv_channel_name(char name[GV_LIVE_CHANNEL_TEXT_MAX], const struct gv_live_config *config,
                     uint64_t channel)
{
    const unsigned index = gv_live_channel_topic(channel);
    GV_ASSERT(index < config->topics_n);
    const struct gv_live_topic *topic = &config->topics[index];
    if (topic->has_id) {
        gv_format_cut(name, GV_LIVE_CHANNEL_TEXT_MAX, "%s:%" PRIu64, topic->name,
                      gv_live_channel_id(channel));
    } else {
        gv_format_cut(name, GV_LIVE_CHANNEL_TEXT_MAX, "%s", topic->name);
    }
}

/* ---- Frames ----------------------------------------------------------------------------------- */

/* "2026-11-20T21:31:17.120Z" */
static void write_time(struct gv_json_out *out, uint64_t wall_ms)
{
    char text[GV_ISO_MAX];
    char with_ms[GV_ISO_MAX + 4];
    gv_utc_format((struct gv_utc){.s = (int64_t)(wall_ms / 1000u)}, text);
    const size_t n = strlen(text);
    gv_format_cut(with_ms, sizeof(with_ms), "%.*s.%03uZ", n > 0 ? (int)n - 1 : 0, text,
                  (unsigned)(wall_ms % 1000u));
    gv_jo_kstring(out, "ts", with_ms);
}

static void open_envelope(struct gv_json_out *out, const struct gv_envelope *envelope)
{
    gv_jo_object(out);
    gv_jo_kint(out, "v", 1);
    gv_jo_kstring(out, "ch", envelope->channel);
    gv_jo_kint(out, "seq", (int64_t)envelope->seq);
    gv_jo_kstring(out, "type", envelope->type);
    write_time(out, envelope->wall_ms);
    gv_jo_key(out, "data");
}

static size_t length_of(const struct gv_json_out *out)
{
    return out->full ? 0 : out->n;
}

size_t gv_envelope_write(const struct gv_envelope *envelope, struct gv_view data, char *buf,
                         size_t cap)
{
    struct gv_json_out out;
    gv_json_out_init(&out, buf, cap);
    open_envelope(&out, envelope);
    gv_jo_raw(&out, (const char *)data.p, data.n);
    gv_jo_object_end(&out);
    return length_of(&out);
}

size_t gv_envelope_time(const struct gv_time_answer *answer, uint64_t seq, char *buf, size_t cap)
{
    const struct gv_envelope envelope = {
        .channel = "system", .type = "time", .seq = seq, .wall_ms = answer->t2};
    struct gv_json_out out;
    gv_json_out_init(&out, buf, cap);
    open_envelope(&out, &envelope);
    gv_jo_object(&out);
    if (answer->has_t0) {
        gv_jo_kint(&out, "t0", (int64_t)answer->t0);
    } else {
        gv_jo_knull(&out, "t0");
    }
    gv_jo_kint(&out, "t1", (int64_t)answer->t1);
    gv_jo_kint(&out, "t2", (int64_t)answer->t2);
    gv_jo_kint(&out, "server_time_ms", (int64_t)answer->t2);
    gv_jo_object_end(&out);
    gv_jo_object_end(&out);
    return length_of(&out);
}

size_t gv_envelope_error(const struct gv_fail *fail, uint64_t seq, uint64_t wall_ms, char *buf,
                         size_t cap)
{
    const struct gv_envelope envelope = {
        .channel = "system", .type = "error", .seq = seq, .wall_ms = wall_ms};
    struct gv_json_out out;
    gv_json_out_init(&out, buf, cap);
    open_envelope(&out, &envelope);
    gv_jo_object(&out);
    gv_jo_kstring(&out, "code", fail->code);
    gv_jo_kstring(&out, "detail", fail->text);
    gv_jo_object_end(&out);
    gv_jo_object_end(&out);
    return length_of(&out);
}
