#include "app/solver/strategy.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHANCE_PERCENT    70u
#define INPUT_LEAST       50u
#define INPUTS            150u
#define RATE_LEAST        0.8
#define RATE_SPAN         0.4
#define VALIDITY_LEAST_S  15u
#define VALIDITIES        45u
#define WORK_MARGIN_S     2
#define WORDS_MAX         5u
#define VALIDITY_S_MAX    86400u
#define SCRIPT_NUMBER_MAX ((UINT64_C(1) << 53) - 1)

/* SplitMix64. Source: G. L. Steele and others, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void gv_strategy_random(struct gv_strategy *strategy, const char *name)
{
    memset(strategy, 0, sizeof(*strategy));
    strategy->kind = GV_STRATEGY_RANDOM;
    for (; *name != '\0'; name++) {
        strategy->seed = strategy->seed * 257u + (unsigned char)*name;
    }
}

void gv_strategy_fixed(struct gv_strategy *strategy, const struct gv_strategy_terms *terms)
{
    memset(strategy, 0, sizeof(*strategy));
    strategy->kind = GV_STRATEGY_FIXED;
    strategy->fixed = *terms;
}

static void random_terms(const struct gv_strategy *strategy, uint64_t order_id,
                         struct gv_strategy_terms *terms)
{
    uint64_t state = strategy->seed ^ order_id;
    *terms = (struct gv_strategy_terms){
        .bids = next_random(&state) % 100u < CHANCE_PERCENT,
        .max_input = INPUT_LEAST + next_random(&state) % INPUTS,
        .rate = RATE_LEAST + RATE_SPAN * ((double)(next_random(&state) >> 11) * 0x1p-53),
        .validity_s = VALIDITY_LEAST_S + (uint32_t)(next_random(&state) % VALIDITIES),
        .delivers = true,
    };
}

static const struct gv_strategy_row *find_row(const struct gv_strategy *strategy, uint64_t order_id)
{
    const struct gv_strategy_row *any = NULL;
    for (uint32_t i = 0; i < strategy->rows_n; i++) {
        const struct gv_strategy_row *row = &strategy->rows[i];
        if (!row->any && row->order_id == order_id) {
            return row;
        }
        any = row->any && any == NULL ? row : any;
    }
    return any;
}

void gv_strategy_terms(const struct gv_strategy *strategy, uint64_t order_id,
                       struct gv_strategy_terms *terms)
{
    const struct gv_strategy_row *row;
    switch (strategy->kind) {
    case GV_STRATEGY_RANDOM:
        random_terms(strategy, order_id, terms);
        return;
    case GV_STRATEGY_FIXED:
        *terms = strategy->fixed;
        return;
    case GV_STRATEGY_SCRIPT:
        row = find_row(strategy, order_id);
        *terms = row != NULL ? row->terms : (struct gv_strategy_terms){.bids = false};
        return;
    }
    GV_ASSERT(!"a kind of strategy without terms");
}

uint32_t gv_strategy_work(const struct gv_strategy *strategy, uint64_t order_id, int64_t left_s)
{
    struct gv_strategy_terms terms;
    if (strategy->kind == GV_STRATEGY_RANDOM) {
        uint64_t state = ~(strategy->seed ^ order_id);
        const uint64_t most = left_s > WORK_MARGIN_S ? (uint64_t)(left_s - WORK_MARGIN_S) : 1u;
        return 1u + (uint32_t)(next_random(&state) % most);
    }
    gv_strategy_terms(strategy, order_id, &terms);
    return terms.work_s;
}

/* ---- scripts ---------------------------------------------------------------------------------------- */

bool gv_strategy_rate(double *rate, struct gv_view text)
{
    char number[32];
    if (text.n == 0 || text.n >= sizeof(number)) {
        return false;
    }
    memcpy(number, text.p, text.n);
    number[text.n] = '\0';
    if (strspn(number, "0123456789.eE+-") != text.n) {
        return false; /* no hexadecimal, no "nan" */
    }
    char *end;
    *rate = strtod(number, &end);
    return end == number + text.n && isfinite(*rate) && *rate > 0.0;
}

static uint32_t split(struct gv_view line, struct gv_view words[WORDS_MAX + 1u])
{
    uint32_t n = 0;
    size_t at = 0;
    while (at < line.n && line.p[at] != '#') {
        const size_t begin = at;
        while (at < line.n && strchr(" \t\r#", line.p[at]) == NULL) {
            at++;
        }
        if (at > begin && n <= WORDS_MAX) {
            words[n++] = gv_view_of(line.p + begin, at - begin);
        }
        at += at == begin;
    }
    return n;
}

static bool read_terms(struct gv_strategy_terms *terms, const struct gv_view *words)
{
    uint64_t validity_s, work_s;
    const bool never = gv_view_is(words[3], "never");
    const bool good = gv_parse_u64(&terms->max_input, words[0], SCRIPT_NUMBER_MAX) &&
                      gv_strategy_rate(&terms->rate, words[1]) &&
                      gv_parse_u64(&validity_s, words[2], VALIDITY_S_MAX) &&
                      (never || gv_parse_u64(&work_s, words[3], VALIDITY_S_MAX));
    if (good) {
        terms->bids = true;
        terms->validity_s = (uint32_t)validity_s;
        terms->delivers = !never;
        terms->work_s = never ? 0 : (uint32_t)work_s;
    }
    return good;
}

static bool read_row(struct gv_strategy_row *row, const struct gv_view *words, uint32_t words_n)
{
    memset(row, 0, sizeof(*row));
    row->any = gv_view_is(words[0], "*");
    if (!row->any && !gv_parse_u64(&row->order_id, words[0], UINT64_MAX)) {
        return false;
    }
    return (words_n == 2 && gv_view_is(words[1], "pass")) ||
           (words_n == WORDS_MAX && read_terms(&row->terms, words + 1));
}

enum gv_err gv_strategy_script(struct gv_strategy *strategy, struct gv_view text,
                               struct gv_fail *fail)
{
    memset(strategy, 0, sizeof(*strategy));
    strategy->kind = GV_STRATEGY_SCRIPT;
    for (unsigned number = 1; text.n > 0; number++) {
        const uint8_t *newline = memchr(text.p, '\n', text.n);
        const size_t n = newline != NULL ? (size_t)(newline - text.p) : text.n;
        struct gv_view words[WORDS_MAX + 1u];
        const uint32_t words_n = split(gv_view_of(text.p, n), words);
        if (words_n > 0 && strategy->rows_n == GV_STRATEGY_ROWS_MAX) {
            return gv_fail(fail, GV_ERR_TOO_LARGE, "solver.script", "more than %u lines",
                           GV_STRATEGY_ROWS_MAX);
        }
        if (words_n > 0 && !read_row(&strategy->rows[strategy->rows_n++], words, words_n)) {
            return gv_fail(fail, GV_ERR_INVALID, "solver.script",
                           "line %u: ORDER MAX_INPUT RATE VALIDITY_S WORK_S|never, or ORDER pass",
                           number);
        }
        const size_t used = n < text.n ? n + 1u : n;
        text = gv_view_of(text.p + used, text.n - used);
    }
    return GV_OK;
}
