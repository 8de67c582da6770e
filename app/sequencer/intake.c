/* Bids and claims: from bytes to items, and from items to the engine. */
#include "app/sequencer/state.h"

#include "firmware/base/assert.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <string.h>

GV_POOL_STORAGE(
    order_long_lines, struct long_line { char text[GV_ORDER_LINE_MAX + GV_JSON_PADDING]; },
    GV_SEQUENCER_LONG_LINES);

static struct gv_order_item items[2][GV_SEQUENCER_BATCH];
static _Alignas(16) uint8_t arena_memory[GV_SEQUENCER_ARENA_BYTES];

_Static_assert(sizeof(struct gv_order_item) <= GV_SEQUENCER_ITEM_BYTES, "see limits.h");
_Static_assert(GV_SEQUENCER_BATCH <= GV_ORDER_INTAKE_MAX, "the engine takes a whole batch");

void gv_intake_init(struct gv_sequencer *s)
{
    GV_POOL_INIT(order_long_lines);
    for (unsigned i = 0; i < 2; i++) {
        s->intakes[i] = (struct gv_order_intake){.items = items[i]};
    }
}

void gv_intake_deinit(void)
{
    gv_pool_deinit(&order_long_lines);
}

void gv_intake_drop_line(struct gv_connection *c)
{
    if (c->line != c->line_short) {
        gv_pool_release(&order_long_lines, c->line);
        c->line = c->line_short;
    }
}

/* ---- judging a line ------------------------------------------------------------------------------- */

/* Space for one more item; waits for the engine when both halves are full: nothing could be told
 * meanwhile but a tick, which is told while waiting. */
static struct gv_order_item *next_item(struct gv_sequencer *s)
{
    bool may_help = true;
    while (may_help && s->intakes[s->filling].count == GV_SEQUENCER_BATCH) {
        may_help = gv_sequencer_make_room(s);
    }
    struct gv_order_intake *intake = &s->intakes[s->filling];
    return intake->count < GV_SEQUENCER_BATCH ? &intake->items[intake->count] : NULL;
}

static bool of_this_port(const struct gv_connection *c, enum gv_order_line_kind kind)
{
    return kind == (c->port == GV_SEQUENCER_BIDS ? GV_ORDER_LINE_BID : GV_ORDER_LINE_CLAIM);
}

/* An authenticated port refuses for itself: on the plain ones the engine decides what a proof is for. A claim
 * goes on all the same, as what it is: the engine writes the first of a round down. */
static void refuse_unproven(struct gv_sequencer *s, struct gv_connection *c,
                            const struct gv_order_item *item)
{
    const bool is_claim = item->kind == GV_ORDER_LINE_CLAIM;
    gv_log(is_claim ? GV_LOG_UNUSUAL : GV_LOG_DEBUG, "orders",
           "%s refused: not proven solver=%s order=%llu peer=%s", is_claim ? "claim" : "bid",
           is_claim ? item->claim.solver.text : item->bid.bid.solver.text,
           (unsigned long long)(is_claim ? item->claim.order_id : item->bid.bid.order_id),
           c->peer.text);
    gv_connection_refuse(s, c, GV_SEQUENCER_UNPROVEN);
}

static void take_item(struct gv_sequencer *s, struct gv_connection *c,
                      const struct gv_order_line *line)
{
    struct gv_order_item *item = next_item(s);
    if (item == NULL) {
        gv_connection_refuse(s, c, GV_SEQUENCER_FULL);
        return;
    }
    item->kind = line->kind;
    if (line->kind == GV_ORDER_LINE_BID) {
        item->bid = line->bid;
    } else {
        item->claim = line->claim;
    }
    const bool copied = gv_text_copy(item->peer, sizeof(item->peer), c->peer.text);
    GV_ASSERT(copied);
    item->proven = s->config.house.proven(s->config.house.ctx, item);
    item->must_be_proven = s->config.listeners[c->listener].authenticated;
    if (item->must_be_proven && !item->proven) {
        refuse_unproven(s, c, item);
        if (item->kind == GV_ORDER_LINE_BID) {
            return;
        }
    }
    s->intakes[s->filling].count++;
    s->stats.lines[c->port]++;
}

/* One line without its '\n'. */
static void take_line(struct gv_sequencer *s, struct gv_connection *c, char *text, size_t n)
{
    struct gv_order_line line;
    struct gv_arena arena;
    struct gv_fail fail;
    gv_arena_init(&arena, arena_memory, sizeof(arena_memory));
    if (gv_order_line_parse(&line, &arena, text, n, &fail) != GV_OK) {
        gv_log(GV_LOG_DEBUG, "orders", "line refused code=%s", fail.code);
        gv_connection_refuse(s, c, GV_SEQUENCER_SYNTAX);
    } else if (line.kind == GV_ORDER_LINE_BLANK) {
        gv_connection_refuse(s, c, GV_SEQUENCER_BLANK);
    } else if (!of_this_port(c, line.kind)) {
        gv_connection_refuse(s, c, GV_SEQUENCER_PORT);
    } else {
        take_item(s, c, &line);
    }
}

/* ---- reading --------------------------------------------------------------------------------------- */

/* The parser writes over the bytes behind a line: they are put back for the next one. */
static void take_line_of_many(struct gv_sequencer *s, struct gv_connection *c, size_t n)
{
    char behind[GV_JSON_PADDING];
    memcpy(behind, c->line + n, sizeof(behind));
    take_line(s, c, c->line, n);
    memcpy(c->line + n, behind, sizeof(behind));
}

/* Take the whole lines out of what was read. */
static void take_lines(struct gv_sequencer *s, struct gv_connection *c)
{
    char *newline;
    while (!c->dead && (newline = memchr(c->line, '\n', c->n)) != NULL) {
        const size_t n = (size_t)(newline - c->line);
        take_line_of_many(s, c, n);
        if (!s->config.many_lines) {
            gv_connection_end(s, c);
        }
        c->n -= (uint32_t)n + 1u;
        memmove(c->line, newline + 1, c->n);
    }
}

/* Make room for more of a line. Returns: bytes of room; 0: the line is too long. */
static size_t room_for_more(struct gv_connection *c)
{
    const bool is_short = c->line == c->line_short;
    const size_t cap = is_short ? GV_SEQUENCER_LINE_SHORT : GV_ORDER_LINE_MAX;
    if (c->n < cap) {
        return cap - c->n;
    }
    struct long_line *longer = is_short ? gv_pool_acquire(&order_long_lines, 0) : NULL;
    if (longer == NULL) {
        return 0;
    }
    memcpy(longer->text, c->line_short, c->n);
    c->line = longer->text;
    return GV_ORDER_LINE_MAX - c->n;
}

/* The other side has ended, perhaps behind a line without '\n'. */
static void take_end(struct gv_sequencer *s, struct gv_connection *c)
{
    if (c->n > 0) {
        take_line(s, c, c->line, c->n);
    }
    gv_connection_end(s, c);
}

void gv_intake_read(struct gv_sequencer *s, struct gv_connection *c)
{
    while (!c->dead) {
        const size_t room = room_for_more(c);
        size_t got;
        if (room == 0) {
            gv_connection_refuse(s, c, GV_SEQUENCER_TOO_LONG);
            return;
        }
        const enum gv_err err = gv_net_recv(&c->net, c->line + c->n, room, &got);
        if (err == GV_ERR_AGAIN) {
            return;
        }
        if (err != GV_OK) {
            take_end(s, c);
            return;
        }
        c->n += (uint32_t)got;
        take_lines(s, c);
        if (got < room && !gv_net_pending(&c->net)) {
            return; /* what is left will be told */
        }
    }
}

/* ---- the engine ------------------------------------------------------------------------------------ */

bool gv_intake_post(struct gv_sequencer *s)
{
    struct gv_order_intake *intake = &s->intakes[s->filling];
    if (intake->count == 0 || s->intake_lent[1u - s->filling].out) {
        return false;
    }
    struct gv_lent *lent = &s->intake_lent[s->filling];
    struct gv_fail fail;
    gv_lend(lent, &intake->call);
    const enum gv_err err = s->config.house.intake(s->config.house.ctx, intake, &fail);
    if (err == GV_OK) {
        s->filling = 1u - s->filling;
        s->stats.batches++;
        return true;
    }
    lent->out = false;
    if (err != GV_ERR_FULL) { /* full: the next turn tries again */
        s->stats.refused[GV_SEQUENCER_STORAGE] += intake->count;
        intake->count = 0;
    }
    return false;
}

void gv_intake_collect(struct gv_sequencer *s)
{
    for (unsigned i = 0; i < 2; i++) {
        struct gv_order_intake *intake = &s->intakes[i];
        if (!s->intake_lent[i].out || !gv_lent_back(&s->intake_lent[i])) {
            continue;
        }
        if (intake->call.err != GV_OK) {
            s->stats.refused[GV_SEQUENCER_STORAGE] += intake->count;
            gv_log(GV_LOG_BROKEN, "orders", "lines not stored count=%u code=%s",
                   (unsigned)intake->count, intake->call.fail.code);
        }
        intake->count = 0;
    }
}
