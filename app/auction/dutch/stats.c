#include "app/auction/dutch/stats.h"

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"
#include "firmware/base/text.h"

#include <string.h>

/* A name's digest, so that nobody can choose two names that are counted as one. */
static uint64_t asset_key(const char *name)
{
    struct gv_hash256 digest;
    uint64_t key;
    gv_sha256_of(&digest, gv_view_str(name));
    memcpy(&key, digest.b, sizeof(key));
    return key;
}

void gv_dutch_fact(struct gv_dutch_fact *fact, const struct gv_dutch_listing *listing,
                   enum gv_dutch_status status)
{
    const struct gv_dutch_spend *spend = &listing->spend;
    const uint32_t start = listing->terms.start_block;
    *fact = (struct gv_dutch_fact){
        .asset = asset_key(listing->terms.asset_name),
        .id = listing->id,
        .at_s = listing->created_at.s,
        .status = status,
        .sale = spend->state == GV_SPEND_CONFIRMED && spend->outcome == GV_OUTCOME_SOLD,
    };
    if (fact->sale) {
        fact->at_s = spend->block_time.s;
        fact->price_sat = spend->sold_price.v;
        fact->blocks = spend->block > start ? spend->block - start : 0; /* a leak sells before */
    }
}

/* ---- order ----------------------------------------------------------------------------------------- */

/* What is compared first and second; sales come before everything else where only they matter. */
static uint64_t first_of(const struct gv_dutch_fact *fact, enum gv_dutch_order order)
{
    return order == GV_DUTCH_BY_ASSET ? fact->asset : !fact->sale;
}

static uint64_t second_of(const struct gv_dutch_fact *fact, enum gv_dutch_order order)
{
    switch (order) {
    case GV_DUTCH_BY_PRICE:
        return fact->price_sat;
    case GV_DUTCH_BY_BLOCKS:
        return fact->blocks;
    case GV_DUTCH_BY_ASSET:
        return fact->id;
    case GV_DUTCH_BY_TIME:
        return (uint64_t)fact->at_s;
    }
    GV_UNREACHABLE("order outside its enumeration");
}

static bool comes_before(const struct gv_dutch_fact *a, const struct gv_dutch_fact *b,
                         enum gv_dutch_order order)
{
    const uint64_t x = first_of(a, order);
    const uint64_t y = first_of(b, order);
    return x != y ? x < y : second_of(a, order) < second_of(b, order);
}

/* Let facts[root] sink until no child comes behind it. */
static void sink(struct gv_dutch_fact *facts, uint32_t root, uint32_t n, enum gv_dutch_order order)
{
    const struct gv_dutch_fact fact = facts[root];
    for (uint32_t child = 2u * root + 1u; child < n; child = 2u * root + 1u) {
        if (child + 1u < n && comes_before(&facts[child], &facts[child + 1u], order)) {
            child++;
        }
        if (!comes_before(&fact, &facts[child], order)) {
            break;
        }
        facts[root] = facts[child];
        root = child;
    }
    facts[root] = fact;
}

/* Heapsort (Williams, 1964). */
void gv_dutch_facts_sort(struct gv_dutch_fact *facts, uint32_t n, enum gv_dutch_order order)
{
    for (uint32_t root = n / 2u; root > 0; root--) {
        sink(facts, root - 1u, n, order);
    }
    for (uint32_t end = n; end > 1; end--) {
        const struct gv_dutch_fact last = facts[0];
        facts[0] = facts[end - 1u];
        facts[end - 1u] = last;
        sink(facts, 0, end - 1u, order);
    }
}

/* ---- sums ------------------------------------------------------------------------------------------- */

static void count(struct gv_dutch_sums *sums, const struct gv_dutch_fact *facts, uint32_t n,
                  uint64_t *blocks)
{
    for (uint32_t i = 0; i < n; i++) {
        sums->by_status[facts[i].status]++;
        if (facts[i].sale) {
            sums->sales++;
            sums->volume_sat += facts[i].price_sat; /* below 2^51 each */
            *blocks += facts[i].blocks;
        }
    }
}

static uint64_t middle(uint64_t low, uint64_t high)
{
    return low + (high - low) / 2u;
}

void gv_dutch_sums(struct gv_dutch_sums *sums, struct gv_dutch_fact *facts, uint32_t n)
{
    uint64_t blocks = 0;
    *sums = (struct gv_dutch_sums){.sales = 0};
    count(sums, facts, n, &blocks);
    const uint32_t ended =
        sums->sales + sums->by_status[GV_DUTCH_CLOSED] + sums->by_status[GV_DUTCH_EXPIRED];
    sums->has_success = ended > 0;
    sums->success_permille = ended > 0 ? (uint32_t)((uint64_t)sums->sales * 1000u / ended) : 0;
    if (sums->sales == 0) {
        return;
    }
    const uint32_t low = (sums->sales - 1u) / 2u;
    const uint32_t high = sums->sales / 2u;
    sums->mean_sat = sums->volume_sat / sums->sales;
    sums->mean_blocks = (uint32_t)(blocks / sums->sales);
    gv_dutch_facts_sort(facts, n, GV_DUTCH_BY_PRICE);
    sums->median_sat = middle(facts[low].price_sat, facts[high].price_sat);
    gv_dutch_facts_sort(facts, n, GV_DUTCH_BY_BLOCKS);
    sums->median_blocks = (uint32_t)middle(facts[low].blocks, facts[high].blocks);
}
