#include "app/oracle/values.h"

#include "firmware/base/assert.h"
#include "firmware/base/mem.h"

#include <string.h>

/* A merge sort of up to 2^32 amounts holds at most one run of each rank. */
#define RANKS 32u
/* Runs shorter than this are not merged as they are. */
#define RUN_LEAST 48u

void gv_oracle_values_init(struct gv_oracle_values *values, struct gv_oracle_slot *slot,
                           uint32_t capacity)
{
    memset(values, 0, sizeof *values);
    values->slot = slot;
    values->capacity = capacity;
    gv_mem_zero(slot, capacity * sizeof *slot);
    for (uint32_t bin = 0; bin < GV_ORACLE_BINS; bin++) {
        values->head[bin] = GV_ORACLE_NONE;
    }
}

void gv_oracle_values_put(struct gv_oracle_values *values, uint32_t slot, uint64_t sats)
{
    GV_ASSERT(slot < values->capacity);
    GV_ASSERT(values->slot[slot].sats == 0);
    GV_ASSERT(sats > GV_ORACLE_SAT_ABOVE);
    GV_ASSERT(sats < GV_ORACLE_SAT_BELOW);
    const uint32_t bin = gv_oracle_bin_of(sats);
    values->slot[slot].sats = sats;
    values->counts[bin]++;
    values->count++;
    if (gv_oracle_is_round(sats)) {
        return;
    }
    const uint32_t first = values->head[bin];
    values->slot[slot].next = first;
    values->slot[slot].prev = GV_ORACLE_NONE;
    if (first != GV_ORACLE_NONE) {
        values->slot[first].prev = slot;
        values->unsorted[bin] = values->unsorted[bin] || values->slot[first].sats > sats;
    }
    values->head[bin] = slot;
    values->chained[bin]++;
}

void gv_oracle_values_take(struct gv_oracle_values *values, uint32_t slot)
{
    GV_ASSERT(slot < values->capacity);
    const uint64_t sats = values->slot[slot].sats;
    GV_ASSERT(sats != 0);
    const uint32_t bin = gv_oracle_bin_of(sats);
    values->slot[slot].sats = 0;
    values->counts[bin]--;
    values->count--;
    if (gv_oracle_is_round(sats)) {
        return;
    }
    const struct gv_oracle_slot taken = values->slot[slot];
    if (taken.prev != GV_ORACLE_NONE) {
        values->slot[taken.prev].next = taken.next;
    } else {
        values->head[bin] = taken.next;
    }
    if (taken.next != GV_ORACLE_NONE) {
        values->slot[taken.next].prev = taken.prev;
    }
    values->chained[bin]--;
}

/* ---- order ------------------------------------------------------------------------------------- */

/* Two chains in descending order become one. */
static uint32_t merge(struct gv_oracle_values *values, uint32_t a, uint32_t b)
{
    uint32_t head = GV_ORACLE_NONE;
    uint32_t *tail = &head;
    while (a != GV_ORACLE_NONE && b != GV_ORACLE_NONE) {
        uint32_t *const larger = values->slot[a].sats >= values->slot[b].sats ? &a : &b;
        *tail = *larger;
        tail = &values->slot[*larger].next;
        *larger = *tail;
    }
    *tail = a != GV_ORACLE_NONE ? a : b;
    return head;
}

/* Last slot of the descending run that a chain begins with. Out: its length. */
static uint32_t run_end(const struct gv_oracle_values *values, uint32_t chain, uint32_t *length)
{
    uint32_t last = chain;
    uint32_t next = values->slot[last].next;
    for (*length = 1; next != GV_ORACLE_NONE && values->slot[next].sats <= values->slot[last].sats;
         ++*length) {
        last = next;
        next = values->slot[last].next;
    }
    return last;
}

/* Cut the first RUN_LEAST amounts off a chain and put them in order: so few are sorted faster in an
 * array than by merging runs of two. */
static uint32_t cut_sorted(struct gv_oracle_values *values, uint32_t *chain)
{
    struct {
        uint64_t sats;
        uint32_t slot;
    } sorted[RUN_LEAST];
    uint32_t n = 0;
    GV_ASSERT(*chain != GV_ORACLE_NONE);
    for (; *chain != GV_ORACLE_NONE && n < RUN_LEAST; n++) {
        const uint64_t sats = values->slot[*chain].sats;
        uint32_t place = n;
        for (; place > 0 && sorted[place - 1].sats < sats; place--) {
            sorted[place] = sorted[place - 1];
        }
        sorted[place].sats = sats;
        sorted[place].slot = *chain;
        *chain = values->slot[*chain].next;
    }
    for (uint32_t i = 0; i < n; i++) {
        values->slot[sorted[i].slot].next = i + 1 < n ? sorted[i + 1].slot : GV_ORACLE_NONE;
    }
    return sorted[0].slot;
}

/* Cut a run off the front of a chain: the one that is there, when it is worth while. */
static uint32_t cut_run(struct gv_oracle_values *values, uint32_t *chain)
{
    const uint32_t first = *chain;
    uint32_t length = 0;
    const uint32_t last = run_end(values, first, &length);
    if (length < RUN_LEAST && values->slot[last].next != GV_ORACLE_NONE) {
        return cut_sorted(values, chain);
    }
    *chain = values->slot[last].next;
    values->slot[last].next = GV_ORACLE_NONE;
    return first;
}

/* Natural merge sort of a chain: in place, n log(runs) steps whatever the amounts are, and one pass
 * when a few new ones stand before a long sorted rest. */
static void sort_bin(struct gv_oracle_values *values, uint32_t bin)
{
    uint32_t rank[RANKS];
    uint32_t used = 0;
    uint32_t chain = values->head[bin];
    while (chain != GV_ORACLE_NONE) {
        uint32_t run = cut_run(values, &chain);
        uint32_t i = 0;
        for (; i < used && rank[i] != GV_ORACLE_NONE; i++) {
            run = merge(values, rank[i], run);
            rank[i] = GV_ORACLE_NONE;
        }
        if (i == used) {
            GV_ASSERT(used < RANKS);
            used++;
        }
        rank[i] = run;
    }
    uint32_t sorted = GV_ORACLE_NONE;
    for (uint32_t i = 0; i < used; i++) {
        sorted = merge(values, rank[i], sorted);
    }
    values->head[bin] = sorted;
    uint32_t prev = GV_ORACLE_NONE;
    for (uint32_t at = sorted; at != GV_ORACLE_NONE; at = values->slot[at].next) {
        values->slot[at].prev = prev;
        prev = at;
    }
    values->unsorted[bin] = false;
}

/* ---- reading ------------------------------------------------------------------------------------ */

/* Amounts at or above first_sat in its own bin. */
static uint32_t count_from(struct gv_oracle_values *values, uint64_t first_sat)
{
    struct gv_oracle_walk walk;
    uint32_t n = 0;
    const uint32_t bin = gv_oracle_bin_of(first_sat);
    const uint64_t last_sat =
        bin + 1 < GV_ORACLE_BINS ? gv_oracle_first_sat[bin + 1] - 1 : GV_ORACLE_SAT_BELOW;
    gv_oracle_walk_begin(&walk, values, first_sat, last_sat);
    while (gv_oracle_walk_next(&walk) != 0) {
        n++;
    }
    return n;
}

uint32_t gv_oracle_values_between(struct gv_oracle_values *values, uint64_t first_sat,
                                  uint64_t last_sat)
{
    if (first_sat > last_sat) {
        return 0;
    }
    const uint32_t first_bin = gv_oracle_bin_of(first_sat);
    const uint32_t end_bin = gv_oracle_bin_of(last_sat + 1);
    uint32_t n = count_from(values, first_sat);
    for (uint32_t bin = first_bin + 1; bin <= end_bin; bin++) {
        n += values->chained[bin];
    }
    return n - count_from(values, last_sat + 1);
}

void gv_oracle_walk_begin(struct gv_oracle_walk *walk, struct gv_oracle_values *values,
                          uint64_t first_sat, uint64_t last_sat)
{
    walk->values = values;
    walk->first_sat = first_sat;
    walk->bin = gv_oracle_bin_of(last_sat);
    if (values->unsorted[walk->bin]) {
        sort_bin(values, walk->bin);
    }
    walk->slot = values->head[walk->bin];
    while (walk->slot != GV_ORACLE_NONE && values->slot[walk->slot].sats > last_sat) {
        walk->slot = values->slot[walk->slot].next;
    }
}

uint64_t gv_oracle_walk_next(struct gv_oracle_walk *walk)
{
    struct gv_oracle_values *const values = walk->values;
    while (walk->slot == GV_ORACLE_NONE) {
        if (gv_oracle_first_sat[walk->bin] <= walk->first_sat) {
            return 0;
        }
        walk->bin--;
        if (values->unsorted[walk->bin]) {
            sort_bin(values, walk->bin);
        }
        walk->slot = values->head[walk->bin];
    }
    const uint64_t sats = values->slot[walk->slot].sats;
    if (sats < walk->first_sat) {
        return 0;
    }
    walk->slot = values->slot[walk->slot].next;
    if (walk->slot != GV_ORACLE_NONE) {
        /* Slots of a chain lie anywhere. Whoever merges walks comes back here after the others. */
        __builtin_prefetch(&values->slot[walk->slot]);
    }
    return sats;
}
