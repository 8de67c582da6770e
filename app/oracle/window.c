#include "app/oracle/window.h"

#include "firmware/base/assert.h"
#include "firmware/base/mem.h"

#include <string.h>

#define TX_MAX_LEAST 16u
/* Index 0 of every array, so that zeroed memory is an empty window. */
#define NOBODY 0u

_Static_assert(sizeof(struct gv_oracle_record) == 40, "the sum in window.h");
_Static_assert(sizeof(struct gv_oracle_input) == 20, "the sum in window.h");

/* ---- hashing ------------------------------------------------------------------------------------ */

static uint64_t load(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* The finaliser of MurmurHash3: every bit of the input changes every bit of the result. */
static uint64_t mix(uint64_t v)
{
    v = (v ^ (v >> 33)) * 0xff51afd7ed558ccdu;
    v = (v ^ (v >> 33)) * 0xc4ceb9fe1a85ec53u;
    return v ^ (v >> 33);
}

static uint32_t bucket_of(const struct gv_oracle_window *window, uint64_t hash)
{
    return (uint32_t)(((hash >> 32) * window->tx_max) >> 32);
}

static uint32_t *record_bucket(const struct gv_oracle_window *window, const uint8_t *txid)
{
    const uint64_t hash = mix(load(txid) ^ mix(load(txid + 8) ^ window->seed));
    return &window->record_bucket[bucket_of(window, hash)];
}

static uint64_t tag_of(const struct gv_oracle_window *window, const struct gv_outpoint *outpoint)
{
    const uint64_t rest = mix(load(outpoint->txid.b + 8) ^ window->seed ^ outpoint->vout);
    return mix(load(outpoint->txid.b) ^ rest);
}

static uint64_t tag_in(const struct gv_oracle_input *input)
{
    return (uint64_t)input->tag_high << 32 | input->tag_low;
}

static uint32_t *input_bucket(const struct gv_oracle_window *window, uint64_t tag)
{
    return &window->input_bucket[bucket_of(window, mix(tag))];
}

static uint32_t find(const struct gv_oracle_window *window, const struct gv_hash256 *txid)
{
    uint32_t at = *record_bucket(window, txid->b);
    while (at != NOBODY && memcmp(window->record[at].txid, txid->b, GV_ORACLE_TXID_BYTES) != 0) {
        at = window->record[at].chain;
    }
    return at;
}

/* ---- start ---------------------------------------------------------------------------------------- */

static void *carve(uint8_t **at, size_t bytes)
{
    void *const p = *at;
    *at += (bytes + 7u) / 8u * 8u;
    return p;
}

void gv_oracle_window_init(struct gv_oracle_window *window, void *memory, size_t bytes,
                           uint32_t tx_max, int64_t length_ms, uint64_t seed)
{
    uint8_t *at = memory;
    const uint32_t slots = GV_ORACLE_SLOTS_OF(tx_max);
    GV_ASSERT(tx_max >= TX_MAX_LEAST);
    GV_ASSERT(tx_max <= (uint32_t)1 << 30);
    GV_ASSERT(length_ms >= GV_ORACLE_HOUR_MS);
    GV_ASSERT(length_ms <= (int64_t)GV_ORACLE_HOURS_MAX * GV_ORACLE_HOUR_MS);
    GV_ASSERT((uintptr_t)memory % _Alignof(max_align_t) == 0);
    memset(window, 0, sizeof *window);
    window->length_ms = length_ms;
    window->now_ms = INT64_MIN;
    window->seed = seed;
    window->tx_max = tx_max;
    /* One more for both ends: what is held may begin and end inside a moment. */
    window->moment_ms = (uint64_t)length_ms / (GV_ORACLE_MOMENTS_OF(tx_max) - 2u) + 1u;

    struct gv_oracle_slot *const slot = carve(&at, slots * sizeof *slot);
    window->scratch.points_max = slots * GV_ORACLE_POINTS_PER_VALUE;
    window->scratch.point = carve(&at, window->scratch.points_max * sizeof(double));
    uint8_t *const indexes = at;
    window->record = carve(&at, (tx_max + 1u) * sizeof *window->record);
    window->counted =
        carve(&at, (GV_ORACLE_COUNTED_OF(tx_max) + 1u) * sizeof(struct gv_oracle_counted));
    window->input = carve(&at, (GV_ORACLE_INPUTS_OF(tx_max) + 1u) * sizeof *window->input);
    window->record_bucket = carve(&at, tx_max * sizeof(uint32_t));
    window->input_bucket = carve(&at, tx_max * sizeof(uint32_t));
    window->moment = carve(&at, GV_ORACLE_MOMENTS_OF(tx_max) * sizeof(uint32_t));
    window->moment_bits = carve(&at, GV_ORACLE_MOMENT_WORDS_OF(tx_max) * sizeof(uint32_t));
    GV_ASSERT((size_t)(at - (uint8_t *)memory) <= bytes);
    gv_mem_zero(indexes, (size_t)(at - indexes));
    gv_oracle_values_init(&window->values, slot, slots);
}

/* A free element of each array. In: there is one (make_room). */
static uint32_t take_record(struct gv_oracle_window *window)
{
    const uint32_t at = window->free_record;
    if (at == NOBODY) {
        return ++window->fresh_record;
    }
    window->free_record = window->record[at].chain;
    return at;
}

static uint32_t take_counted(struct gv_oracle_window *window)
{
    const uint32_t at = window->free_counted;
    if (at == NOBODY) {
        return ++window->fresh_counted;
    }
    window->free_counted = window->counted[at].record;
    return at;
}

static uint32_t take_input(struct gv_oracle_window *window)
{
    const uint32_t at = window->free_input;
    if (at == NOBODY) {
        return ++window->fresh_input;
    }
    window->free_input = window->input[at].chain;
    return at;
}

/* ---- counted records ------------------------------------------------------------------------------ */

static void index_input(struct gv_oracle_window *window, uint32_t counted,
                        const struct gv_outpoint *outpoint)
{
    const uint32_t at = take_input(window);
    struct gv_oracle_input *const input = &window->input[at];
    const uint64_t tag = tag_of(window, outpoint);
    uint32_t *const bucket = input_bucket(window, tag);
    window->input_count++;
    *input = (struct gv_oracle_input){.tag_high = (uint32_t)(tag >> 32),
                                      .tag_low = (uint32_t)tag,
                                      .counted = counted,
                                      .chain = *bucket,
                                      .sibling = window->counted[counted].input};
    *bucket = at;
    window->counted[counted].input = at;
}

static uint32_t first_slot(uint32_t counted)
{
    return (counted - 1u) * GV_ORACLE_OUTPUTS;
}

/* In: there is room (make_room). */
static void count(struct gv_oracle_window *window, uint32_t record, const struct gv_oracle_tx *tx)
{
    const uint32_t at = take_counted(window);
    window->counted[at] = (struct gv_oracle_counted){.record = record, .input = NOBODY};
    window->record[record].counted = at & 0x7fffffffu;
    window->counted_count++;
    for (uint32_t i = 0; i < tx->input_count; i++) {
        index_input(window, at, &tx->input[i]);
    }
    for (uint32_t i = 0; i < tx->value_count; i++) {
        gv_oracle_values_put(&window->values, first_slot(at) + i, tx->sats[i]);
    }
}

static void forget_inputs(struct gv_oracle_window *window, uint32_t counted)
{
    uint32_t at = window->counted[counted].input;
    while (at != NOBODY) {
        struct gv_oracle_input *const input = &window->input[at];
        const uint32_t sibling = input->sibling;
        uint32_t *from = input_bucket(window, tag_in(input));
        while (*from != at) {
            from = &window->input[*from].chain;
        }
        *from = input->chain;
        input->chain = window->free_input;
        window->free_input = at;
        window->input_count--;
        at = sibling;
    }
}

static void uncount(struct gv_oracle_window *window, uint32_t counted)
{
    forget_inputs(window, counted);
    for (uint32_t i = 0; i < GV_ORACLE_OUTPUTS; i++) {
        const uint32_t slot = first_slot(counted) + i;
        if (window->values.slot[slot].sats != 0) {
            gv_oracle_values_take(&window->values, slot);
        }
    }
    window->counted[counted].record = window->free_counted;
    window->free_counted = counted;
    window->counted_count--;
}

/* ---- records --------------------------------------------------------------------------------------- */

/* Place of a time among the moments. Adding 2^63 keeps the order and leaves nothing negative. */
static uint32_t moment_of(const struct gv_oracle_window *window, int64_t time_ms)
{
    const uint64_t shifted = (uint64_t)time_ms + (UINT64_C(1) << 63);
    return (uint32_t)(shifted / window->moment_ms % GV_ORACLE_MOMENTS_OF(window->tx_max));
}

static bool is_of_moment(const struct gv_oracle_window *window, uint32_t at, uint32_t moment)
{
    return at != NOBODY && moment_of(window, window->record[at].time_ms) == moment;
}

/* The last moment with somebody in it, up to this one and round the end of the array. In: there is one. */
static uint32_t last_moment(const struct gv_oracle_window *window, uint32_t moment)
{
    uint32_t word = moment / 32u;
    uint32_t bits = window->moment_bits[word] & (UINT32_MAX >> (31u - moment % 32u));
    while (bits == 0) {
        word = (word == 0 ? GV_ORACLE_MOMENT_WORDS_OF(window->tx_max) : word) - 1u;
        bits = window->moment_bits[word];
    }
    return word * 32u + 31u - (uint32_t)__builtin_clz(bits);
}

/* The newest record that is not newer than a time. */
static uint32_t elder_of(const struct gv_oracle_window *window, int64_t time_ms)
{
    if (window->newest == NOBODY || window->record[window->newest].time_ms <= time_ms) {
        return window->newest;
    }
    if (window->record[window->oldest].time_ms > time_ms) {
        return NOBODY;
    }
    uint32_t at = window->moment[last_moment(window, moment_of(window, time_ms))];
    while (window->record[at].time_ms > time_ms) {
        at = window->record[at].older;
    }
    return at;
}

/* This record is the newest of its moment. */
static void head_moment(struct gv_oracle_window *window, uint32_t moment, uint32_t at)
{
    window->moment[moment] = at;
    window->moment_bits[moment / 32u] |= 1u << moment % 32u;
}

/* Between its elders and its juniors. */
static void place(struct gv_oracle_window *window, uint32_t at)
{
    struct gv_oracle_record *const record = &window->record[at];
    const uint32_t moment = moment_of(window, record->time_ms);
    record->older = elder_of(window, record->time_ms);
    uint32_t *const from_older =
        record->older != NOBODY ? &window->record[record->older].newer : &window->oldest;
    record->newer = *from_older;
    *from_older = at;
    *(record->newer != NOBODY ? &window->record[record->newer].older : &window->newest) = at;
    if (!is_of_moment(window, record->newer, moment)) {
        head_moment(window, moment, at);
    }
}

static void unplace(struct gv_oracle_window *window, uint32_t at)
{
    const struct gv_oracle_record *const record = &window->record[at];
    const uint32_t moment = moment_of(window, record->time_ms);
    if (window->moment[moment] == at) {
        window->moment[moment] = record->older;
        if (!is_of_moment(window, record->older, moment)) {
            window->moment_bits[moment / 32u] &= ~(1u << moment % 32u);
        }
    }
    *(record->older != NOBODY ? &window->record[record->older].newer : &window->oldest) =
        record->newer;
    *(record->newer != NOBODY ? &window->record[record->newer].older : &window->newest) =
        record->older;
}

static uint32_t enter(struct gv_oracle_window *window, const struct gv_hash256 *txid,
                      int64_t time_ms)
{
    const uint32_t at = take_record(window);
    struct gv_oracle_record *const record = &window->record[at];
    uint32_t *const bucket = record_bucket(window, txid->b);
    memset(record, 0, sizeof *record);
    memcpy(record->txid, txid->b, GV_ORACLE_TXID_BYTES);
    record->time_ms = time_ms;
    record->chain = *bucket;
    *bucket = at;
    place(window, at);
    window->tx_count++;
    return at;
}

static void leave(struct gv_oracle_window *window, uint32_t at)
{
    struct gv_oracle_record *const record = &window->record[at];
    uint32_t *from = record_bucket(window, record->txid);
    if (record->counted != 0) {
        uncount(window, record->counted);
    }
    while (*from != at) {
        from = &window->record[*from].chain;
    }
    *from = record->chain;
    unplace(window, at);
    record->chain = window->free_record;
    window->free_record = at;
    window->tx_count--;
}

/* Drop the oldest until a transaction of that time fits. Returns: false when it would be the oldest
 * itself. In: counted: it needs a counted record and places for its inputs. */
static bool make_room(struct gv_oracle_window *window, const struct gv_oracle_tx *tx, bool counted,
                      int64_t time_ms)
{
    const uint32_t tx_max = window->tx_max;
    while (window->tx_count == tx_max ||
           (counted && (window->counted_count == GV_ORACLE_COUNTED_OF(tx_max) ||
                        GV_ORACLE_INPUTS_OF(tx_max) - window->input_count < tx->input_count))) {
        window->stats.displaced++;
        if (time_ms < window->record[window->oldest].time_ms) {
            return false;
        }
        leave(window, window->oldest);
    }
    return true;
}

/* ---- life ------------------------------------------------------------------------------------------ */

void gv_oracle_window_expire(struct gv_oracle_window *window, int64_t now_ms)
{
    if (now_ms <= window->now_ms) {
        return;
    }
    window->now_ms = now_ms;
    while (window->oldest != NOBODY &&
           window->record[window->oldest].time_ms <= now_ms - window->length_ms) {
        leave(window, window->oldest);
        window->stats.expired++;
    }
}

void gv_oracle_window_set_back(struct gv_oracle_window *window, int64_t back_ms)
{
    window->now_ms -= back_ms;
    memset(window->moment_bits, 0,
           GV_ORACLE_MOMENT_WORDS_OF(window->tx_max) * sizeof *window->moment_bits);
    for (uint32_t at = window->oldest; at != NOBODY; at = window->record[at].newer) {
        window->record[at].time_ms -= back_ms;
        head_moment(window, moment_of(window, window->record[at].time_ms), at);
    }
}

static bool seen(void *ctx, const struct gv_hash256 *txid)
{
    return find(ctx, txid) != NOBODY;
}

enum gv_oracle_arrival gv_oracle_window_add(struct gv_oracle_window *window,
                                            const struct gv_oracle_tx *tx, int64_t time_ms)
{
    gv_oracle_window_expire(window, time_ms);
    if (find(window, &tx->txid) != NOBODY) {
        window->stats.repeated++;
        return GV_ORACLE_KNOWN;
    }
    if (time_ms <= window->now_ms - window->length_ms) {
        window->stats.too_old++;
        return GV_ORACLE_TOO_OLD;
    }
    window->stats.received++;
    (void)gv_oracle_window_spend(window, &tx->txid, tx->input, tx->input_count);
    const bool child = tx->broken == 0 && gv_oracle_has_parent(tx, seen, window);
    if (!make_room(window, tx, tx->broken == 0 && !child, time_ms)) {
        return GV_ORACLE_TOO_OLD;
    }
    const uint32_t at = enter(window, &tx->txid, time_ms);
    if (tx->broken != 0) {
        return GV_ORACLE_BREAKS_RULE;
    }
    if (child) {
        return GV_ORACLE_HAS_PARENT;
    }
    count(window, at, tx);
    window->stats.passed++;
    return GV_ORACLE_COUNTED;
}

bool gv_oracle_window_evict(struct gv_oracle_window *window, const struct gv_hash256 *txid)
{
    const uint32_t at = find(window, txid);
    if (at == NOBODY || window->record[at].confirmed) {
        return false;
    }
    leave(window, at);
    window->stats.evicted++;
    return true;
}

/* The record of whoever spends an outpoint. */
static uint32_t spender_of(const struct gv_oracle_window *window,
                           const struct gv_outpoint *outpoint)
{
    const uint64_t tag = tag_of(window, outpoint);
    uint32_t at = *input_bucket(window, tag);
    while (at != NOBODY && tag_in(&window->input[at]) != tag) {
        at = window->input[at].chain;
    }
    return at == NOBODY ? NOBODY : window->counted[window->input[at].counted].record;
}

uint32_t gv_oracle_window_spend(struct gv_oracle_window *window, const struct gv_hash256 *spender,
                                const struct gv_outpoint *outpoint, uint32_t n)
{
    uint32_t removed = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t at = spender_of(window, &outpoint[i]);
        if (at != NOBODY &&
            memcmp(window->record[at].txid, spender->b, GV_ORACLE_TXID_BYTES) != 0) {
            leave(window, at);
            window->stats.replaced++;
            removed++;
        }
    }
    return removed;
}

bool gv_oracle_window_confirm(struct gv_oracle_window *window, const struct gv_hash256 *txid,
                              bool confirmed)
{
    const uint32_t at = find(window, txid);
    if (at == NOBODY) {
        return false;
    }
    window->record[at].confirmed = confirmed;
    return true;
}

bool gv_oracle_window_has(const struct gv_oracle_window *window, const struct gv_hash256 *txid)
{
    return find(window, txid) != NOBODY;
}

/* ---- reading ---------------------------------------------------------------------------------------- */

enum gv_err gv_oracle_window_estimate(struct gv_oracle_window *window,
                                      struct gv_oracle_estimate *estimate, struct gv_fail *fail)
{
    return gv_oracle_estimate(estimate, &window->values, &window->scratch, fail);
}

bool gv_oracle_window_next(const struct gv_oracle_window *window, uint32_t *at,
                           struct gv_oracle_payment *payment)
{
    while (*at != NOBODY) {
        const struct gv_oracle_record *const record = &window->record[*at];
        *at = record->older;
        if (record->counted != 0) {
            const uint32_t slot = first_slot(record->counted);
            payment->time_ms = record->time_ms;
            payment->value_count = 0;
            for (uint32_t i = 0; i < GV_ORACLE_OUTPUTS; i++) {
                if (window->values.slot[slot + i].sats != 0) {
                    payment->sats[payment->value_count++] = window->values.slot[slot + i].sats;
                }
            }
            return true;
        }
    }
    return false;
}
