/* Feed: lines on their way to many solvers, each stored once.
 *
 *        first                          next
 *   ──┬─────┬─────┬── ... ──┬─────┬─────┬──►      a solver is a place: the number of a line and how much of it is out
 *     └ bytes lie together in one block that is written round and round
 *
 * A commitment with too little time left is not begun any more: the original's solver dies of one that
 * leaves it two seconds (GV_FEED_LEAST_S). Time is measured by the monotonic clock from the moment a line
 * was appended, so no step of the wall clock holds one back or sends it too late.
 * Thread: one owner. Storage is the caller's. */
#ifndef GV_APP_SEQUENCER_FEED_H
#define GV_APP_SEQUENCER_FEED_H

#include "firmware/base/bytes.h"
#include "firmware/base/time.h"

/* Seconds that a commitment must still have. */
#define GV_FEED_LEAST_S 3
/* One send takes at most this much. */
#define GV_FEED_RUN_MAX 16384u

struct gv_feed_line {
    uint64_t until_ms; /* not begun from here on; 0: always sent */
    uint32_t start;    /* of its bytes, counted from the first line ever, modulo 2^32 */
    uint32_t n;
};

struct gv_feed {
    char *block;
    uint32_t block_n;
    struct gv_feed_line *lines;
    uint32_t lines_n;
    uint64_t first; /* number of the oldest line held */
    uint64_t next;  /* number of the line to come */
    uint32_t end;   /* byte behind the newest, counted as `start` */
};

struct gv_feed_place {
    uint64_t line;
    uint32_t sent; /* bytes of it */
    uint32_t
        offered; /* TLS: what was peeked and not sent must be the same the next time; 0: it need not */
};

/** Empty, with lent storage. In: block_n: a power of two. */
void gv_feed_init(struct gv_feed *feed, char *block, uint32_t block_n, struct gv_feed_line *lines,
                  uint32_t lines_n);

/** Append whole lines, each with its '\n'. The oldest make room: who still needs them finds out by
 *  gv_feed_lost. In: text: not longer than the block (asserted). */
void gv_feed_append(struct gv_feed *feed, struct gv_view text, struct gv_utc utc,
                    struct gv_mono now);
/** Take over n bytes of whole lines that already stand at the beginning of an empty feed's block.
 *  In: no more lines than the feed has places for (asserted). */
void gv_feed_adopt(struct gv_feed *feed, size_t n, struct gv_utc utc, struct gv_mono now);

static inline struct gv_feed_place gv_feed_end(const struct gv_feed *feed)
{
    return (struct gv_feed_place){.line = feed->next};
}
/** Were bytes overwritten that this place still needs? */
static inline bool gv_feed_lost(const struct gv_feed *feed, const struct gv_feed_place *place)
{
    return place->line < feed->first;
}
/** Bytes from the place to the end. In: place: not lost. */
uint32_t gv_feed_behind(const struct gv_feed *feed, const struct gv_feed_place *place);
/** What to send next; empty at the end. Passes over what is too late. In: place: not lost. */
struct gv_view gv_feed_peek(const struct gv_feed *feed, struct gv_feed_place *place,
                            struct gv_mono now);
/** n bytes of what was peeked are out. */
void gv_feed_advance(const struct gv_feed *feed, struct gv_feed_place *place, size_t n);

#endif
