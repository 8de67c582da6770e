#include "app/oracle/history.h"

#include "firmware/base/assert.h"

/* `rest` holds the confidence in its low 10 bits and, above, the number of times the ring has gone
 * round (its low 22 bits): a sample of another round is a hole. At one round an hour that repeats
 * after 478 years. */
#define CONFIDENCE_BITS 10u
#define CONFIDENCE_MAX  1000u
#define ROUND_MASK      0x3fffffu

uint32_t gv_oracle_history_length(enum gv_oracle_step step)
{
    switch (step) {
    case GV_ORACLE_STEP_SECOND:
        return GV_ORACLE_SECONDS;
    case GV_ORACLE_STEP_MINUTE:
        return GV_ORACLE_MINUTES;
    case GV_ORACLE_STEP_HOUR:
        return GV_ORACLE_HOURS;
    }
    GV_UNREACHABLE("a grain of its own");
}

static const struct gv_oracle_sample *ring_of(const struct gv_oracle_history *history,
                                              enum gv_oracle_step step)
{
    switch (step) {
    case GV_ORACLE_STEP_SECOND:
        return history->second;
    case GV_ORACLE_STEP_MINUTE:
        return history->minute;
    case GV_ORACLE_STEP_HOUR:
        return history->hour;
    }
    GV_UNREACHABLE("a grain of its own");
}

static uint32_t round_of(uint64_t number, uint32_t length)
{
    return (uint32_t)(number / length) & ROUND_MASK;
}

static void put(struct gv_oracle_sample *ring, enum gv_oracle_step step, int64_t at_s,
                const struct gv_oracle_past *past)
{
    const uint64_t number = (uint64_t)at_s / (uint64_t)step;
    const uint32_t length = gv_oracle_history_length(step);
    ring[number % length] = (struct gv_oracle_sample){
        .price_cents = past->price_cents,
        .rest = round_of(number, length) << CONFIDENCE_BITS | past->confidence_permille,
    };
}

static void check(int64_t at_s, const struct gv_oracle_past *past)
{
    GV_ASSERT(at_s >= 0);
    GV_ASSERT(past->price_cents != 0);
    GV_ASSERT(past->confidence_permille <= CONFIDENCE_MAX);
}

void gv_oracle_history_put(struct gv_oracle_history *history, int64_t at_s,
                           const struct gv_oracle_past *past)
{
    check(at_s, past);
    put(history->second, GV_ORACLE_STEP_SECOND, at_s, past);
    put(history->minute, GV_ORACLE_STEP_MINUTE, at_s, past);
    put(history->hour, GV_ORACLE_STEP_HOUR, at_s, past);
}

static void restore(struct gv_oracle_sample *ring, enum gv_oracle_step step, int64_t at_s,
                    const struct gv_oracle_past *past)
{
    const uint64_t number = (uint64_t)at_s / (uint64_t)step;
    const uint32_t length = gv_oracle_history_length(step);
    const struct gv_oracle_sample *sample = &ring[number % length];
    if (sample->price_cents == 0 || sample->rest >> CONFIDENCE_BITS <= round_of(number, length)) {
        put(ring, step, at_s, past);
    }
}

void gv_oracle_history_restore(struct gv_oracle_history *history, enum gv_oracle_step step,
                               int64_t at_s, const struct gv_oracle_past *past)
{
    check(at_s, past);
    if (step <= GV_ORACLE_STEP_SECOND) {
        restore(history->second, GV_ORACLE_STEP_SECOND, at_s, past);
    }
    if (step <= GV_ORACLE_STEP_MINUTE) {
        restore(history->minute, GV_ORACLE_STEP_MINUTE, at_s, past);
    }
    restore(history->hour, GV_ORACLE_STEP_HOUR, at_s, past);
}

bool gv_oracle_history_get(const struct gv_oracle_history *history, enum gv_oracle_step step,
                           int64_t at_s, struct gv_oracle_past *past)
{
    if (at_s < 0) {
        return false;
    }
    const uint64_t number = (uint64_t)at_s / (uint64_t)step;
    const uint32_t length = gv_oracle_history_length(step);
    const struct gv_oracle_sample *sample = &ring_of(history, step)[number % length];
    if (sample->price_cents == 0 || sample->rest >> CONFIDENCE_BITS != round_of(number, length)) {
        return false;
    }
    past->price_cents = sample->price_cents;
    past->confidence_permille = sample->rest & ((1u << CONFIDENCE_BITS) - 1u);
    return true;
}
