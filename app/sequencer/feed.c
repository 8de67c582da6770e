#include "app/sequencer/feed.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

void gv_feed_init(struct gv_feed *feed, char *block, uint32_t block_n, struct gv_feed_line *lines,
                  uint32_t lines_n)
{
    GV_ASSERT((block_n & (block_n - 1u)) == 0); /* so that counting bytes may wrap */
    *feed = (struct gv_feed){
        .block = block,
        .block_n = block_n,
        .lines = lines,
        .lines_n = lines_n,
    };
}

static struct gv_feed_line *line_at(const struct gv_feed *feed, uint64_t number)
{
    return &feed->lines[number % feed->lines_n];
}

/* ---- appending ------------------------------------------------------------------------------------- */

/* The deadline of a commitment: its last member, as wire_write.c writes it. */
static bool find_deadline(struct gv_view line, uint64_t *deadline_s)
{
    static const char head[] = "{\"CommitmentNotification\":";
    static const char tail[] = "}}\n";
    const size_t head_n = sizeof(head) - 1;
    const size_t tail_n = sizeof(tail) - 1;
    if (line.n < head_n + tail_n || memcmp(line.p, head, head_n) != 0 ||
        memcmp(line.p + line.n - tail_n, tail, tail_n) != 0) {
        return false;
    }
    const uint8_t *end = line.p + line.n - tail_n;
    const uint8_t *digits = end;
    while (digits > line.p + head_n && digits[-1] >= '0' && digits[-1] <= '9') {
        digits--;
    }
    return gv_parse_u64(deadline_s, gv_view_of(digits, (size_t)(end - digits)), INT64_MAX / 1000);
}

static uint64_t sendable_until(struct gv_view line, struct gv_utc utc, struct gv_mono now)
{
    uint64_t deadline_s;
    if (!find_deadline(line, &deadline_s)) {
        return 0;
    }
    const int64_t left_s = (int64_t)deadline_s - utc.s - GV_FEED_LEAST_S;
    return left_s >= 0 ? now.ms + (uint64_t)left_s * 1000u + 1u : 1u; /* 1: long ago */
}

static void make_room(struct gv_feed *feed, size_t n)
{
    while (feed->first < feed->next &&
           (feed->next - feed->first == feed->lines_n ||
            feed->end - line_at(feed, feed->first)->start + n > feed->block_n)) {
        feed->first++;
    }
}

static void copy_in(struct gv_feed *feed, struct gv_view line)
{
    const size_t at = feed->end % feed->block_n;
    const size_t to_end = feed->block_n - at;
    const size_t n = line.n < to_end ? line.n : to_end;
    memcpy(feed->block + at, line.p, n);
    memcpy(feed->block, line.p + n, line.n - n);
}

static void note_line(struct gv_feed *feed, struct gv_view line, struct gv_utc utc,
                      struct gv_mono now)
{
    *line_at(feed, feed->next) = (struct gv_feed_line){
        .start = feed->end,
        .until_ms = sendable_until(line, utc, now),
        .n = (uint32_t)line.n,
    };
    feed->next++;
    feed->end += (uint32_t)line.n;
}

/* Cut the first line off. In: text: not empty. */
static struct gv_view cut_line(struct gv_view *text)
{
    const uint8_t *newline = memchr(text->p, '\n', text->n);
    GV_ASSERT(newline != NULL);
    const struct gv_view line = gv_view_of(text->p, (size_t)(newline - text->p) + 1u);
    *text = gv_view_of(line.p + line.n, text->n - line.n);
    return line;
}

void gv_feed_append(struct gv_feed *feed, struct gv_view text, struct gv_utc utc,
                    struct gv_mono now)
{
    GV_ASSERT(text.n <= feed->block_n);
    while (text.n > 0) {
        const struct gv_view line = cut_line(&text);
        make_room(feed, line.n);
        copy_in(feed, line);
        note_line(feed, line, utc, now);
    }
}

void gv_feed_adopt(struct gv_feed *feed, size_t n, struct gv_utc utc, struct gv_mono now)
{
    struct gv_view text = gv_view_of(feed->block, n);
    GV_ASSERT(feed->next == 0);
    GV_ASSERT(n <= feed->block_n);
    while (text.n > 0) {
        GV_ASSERT(feed->next < feed->lines_n);
        note_line(feed, cut_line(&text), utc, now);
    }
}

/* ---- reading --------------------------------------------------------------------------------------- */

uint32_t gv_feed_behind(const struct gv_feed *feed, const struct gv_feed_place *place)
{
    GV_ASSERT(!gv_feed_lost(feed, place));
    return place->line == feed->next ? 0
                                     : feed->end - line_at(feed, place->line)->start - place->sent;
}

static bool too_late(const struct gv_feed_line *line, struct gv_mono now)
{
    return line->until_ms != 0 && now.ms >= line->until_ms;
}

struct gv_view gv_feed_peek(const struct gv_feed *feed, struct gv_feed_place *place,
                            struct gv_mono now)
{
    GV_ASSERT(!gv_feed_lost(feed, place));
    if (place->offered > 0) {
        const uint32_t start = line_at(feed, place->line)->start + place->sent;
        return gv_view_of(feed->block + start % feed->block_n, place->offered);
    }
    while (place->line < feed->next && place->sent == 0 &&
           too_late(line_at(feed, place->line), now)) {
        place->line++;
    }
    if (place->line == feed->next) {
        return gv_view_of(feed->block, 0);
    }
    const size_t at = (line_at(feed, place->line)->start + place->sent) % feed->block_n;
    const size_t room = feed->block_n - at;
    size_t n = line_at(feed, place->line)->n - place->sent;
    for (uint64_t number = place->line + 1u; number < feed->next && n < room; number++) {
        const struct gv_feed_line *line = line_at(feed, number);
        if (n + line->n > GV_FEED_RUN_MAX || too_late(line, now)) {
            break;
        }
        n += line->n;
    }
    n = n < room ? n : room;
    return gv_view_of(feed->block + at, n < GV_FEED_RUN_MAX ? n : GV_FEED_RUN_MAX);
}

void gv_feed_advance(const struct gv_feed *feed, struct gv_feed_place *place, size_t n)
{
    place->offered = 0;
    while (n > 0) {
        GV_ASSERT(place->line < feed->next);
        const size_t left = line_at(feed, place->line)->n - place->sent;
        if (n < left) {
            place->sent += (uint32_t)n;
            return;
        }
        n -= left;
        place->line++;
        place->sent = 0;
    }
}
