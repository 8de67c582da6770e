/* Envelope: what is around every event of gavel.v1, and the frames the live thread says by itself.
 * Internal to web/live. Thread: any (pure). */
#ifndef GV_WEB_LIVE_ENVELOPE_H
#define GV_WEB_LIVE_ENVELOPE_H

#include "web/live/live.h"

/* "auction:72057594037927935" with NUL, and longer names of topics. */
#define GV_LIVE_CHANNEL_TEXT_MAX 48u

/** The channel of a name. Returns: false when no client can name it. */
GV_MUST_USE bool gv_channel_parse(uint64_t *channel, const struct gv_live_config *config,
                                  struct gv_view name);
void gv_channel_name(char name[GV_LIVE_CHANNEL_TEXT_MAX], const struct gv_live_config *config,
                     uint64_t channel);

struct gv_envelope {
    const char *channel;
    const char *type;
    uint64_t seq;
    uint64_t wall_ms;
};
/** {"v":1,..,"data":DATA}. Returns: length; 0 when it does not fit. */
size_t gv_envelope_write(const struct gv_envelope *envelope, struct gv_view data, char *buf,
                         size_t cap);

/** What a client that asked for the time is told, RFC 5905 section 8: it sent at t0 by its own clock, we
 *  received at t1 and answer at t2. has_t0: the client said one. */
struct gv_time_answer {
    bool has_t0;
    uint64_t t0;
    uint64_t t1;
    uint64_t t2;
};
/** Whole frames. Returns: length. */
size_t gv_envelope_time(const struct gv_time_answer *answer, uint64_t seq, char *buf, size_t cap);
size_t gv_envelope_error(const struct gv_fail *fail, uint64_t seq, uint64_t wall_ms, char *buf,
                         size_t cap);

#endif
