#include "app/engine/submission.h"

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"
#include "firmware/base/mem.h"

#include <string.h>

#define PARKED_MAX (sizeof(((struct gv_submission *)NULL)->parked) / sizeof(struct gv_parked))
_Static_assert(GV_WATCH_MAX - GV_LISTINGS_MAX >= GV_SUBMISSIONS_MAX * (PARKED_MAX + 1u),
               "limits.h must count every outpoint that a slot may have reserved");

/* The pool deals out tickets, one per slot: acquiring from a pool of the slots themselves would
 * zero 20 MB. */
struct ticket {
    bool taken;
};

static struct gv_submission slots[GV_SUBMISSIONS_MAX];
GV_POOL_STORAGE(submissions, struct ticket, GV_SUBMISSIONS_MAX);

void gv_submissions_init(void)
{
    GV_POOL_INIT(submissions);
}

struct gv_submission *gv_submission_acquire(void)
{
    struct ticket *ticket = gv_pool_acquire(&submissions, 0);
    if (ticket == NULL) {
        return NULL;
    }
    ticket->taken = true;
    struct gv_submission *submission = &slots[gv_pool_index(&submissions, ticket)];
    memset(submission, 0, offsetof(struct gv_submission, rungs));
    submission->terms.locked = true; /* until a rung says otherwise */
    return submission;
}

/* End of the used part of `ladder`. */
static size_t ladder_used(const struct gv_submission *submission)
{
    size_t used = submission->parked_end;
    GV_ASSERT(submission->rung_count <= GV_RUNGS_MAX);
    for (uint32_t i = 0; i < submission->rung_count; i++) {
        size_t end = (size_t)submission->psbt_at[i] + submission->psbt_len[i];
        used = end > used ? end : used;
    }
    GV_ASSERT(used <= sizeof(submission->ladder));
    return used;
}

/* ---- several in one slot ------------------------------------------------------------------------- */

/* A rung of a parked ladder. Copied in and out: `ladder` is bytes. */
struct place {
    struct gv_dutch_rung rung;
    uint32_t psbt_at;
    uint16_t psbt_len;
};

void gv_submission_next(struct gv_submission *submission)
{
    GV_ASSERT(!submission->watched);
    gv_secure_zero(submission->ladder + submission->parked_end,
                   ladder_used(submission) - submission->parked_end);
    memset(&submission->terms, 0, sizeof(submission->terms));
    memset(&submission->prior, 0, sizeof(submission->prior));
    submission->terms.locked = true;
    submission->rung_count = 0;
}

enum gv_err gv_submission_park(struct gv_submission *submission)
{
    const size_t at = ladder_used(submission);
    const size_t n = submission->rung_count * sizeof(struct place);
    if (submission->parked_count == GV_BATCH_MAX || sizeof(submission->ladder) - at < n) {
        return GV_ERR_FULL;
    }
    for (uint32_t i = 0; i < submission->rung_count; i++) {
        const struct place place = {.rung = submission->rungs[i],
                                    .psbt_at = submission->psbt_at[i],
                                    .psbt_len = submission->psbt_len[i]};
        memcpy(submission->ladder + at + i * sizeof(place), &place, sizeof(place));
    }
    submission->parked[submission->parked_count] = (struct gv_parked){
        .terms = submission->terms,
        .prior = submission->prior,
        .replay_key = submission->replay_key,
        .watch_fired = submission->watch_fired,
        .watched = submission->watched,
        .rung_count = submission->rung_count,
        .table_at = at,
    };
    submission->parked_count++;
    submission->parked_end = at + n;
    submission->watched = false;
    gv_submission_next(submission);
    return GV_OK;
}

void gv_submission_recall(struct gv_submission *submission, uint32_t i)
{
    GV_ASSERT(i < submission->parked_count);
    GV_ASSERT(!submission->watched);
    const struct gv_parked *parked = &submission->parked[i];
    submission->terms = parked->terms;
    submission->prior = parked->prior;
    submission->replay_key = parked->replay_key;
    submission->watch_fired = parked->watch_fired;
    submission->rung_count = parked->rung_count;
    for (uint32_t r = 0; r < parked->rung_count; r++) {
        struct place place;
        memcpy(&place, submission->ladder + parked->table_at + r * sizeof(place), sizeof(place));
        submission->rungs[r] = place.rung;
        submission->psbt_at[r] = place.psbt_at;
        submission->psbt_len[r] = place.psbt_len;
    }
}

void gv_submission_unwatch(struct gv_submission *submission, struct gv_watch *watch)
{
    if (submission->watched) {
        gv_watch_drop(watch, &submission->terms.utxo);
        submission->watched = false;
    }
    for (uint32_t i = 0; i < submission->parked_count; i++) {
        struct gv_parked *parked = &submission->parked[i];
        if (parked->watched) {
            gv_watch_drop(watch, &parked->terms.utxo);
            parked->watched = false;
        }
    }
}

/* ---- end ------------------------------------------------------------------------------------------ */

void gv_submission_release(struct gv_submission *submission)
{
    GV_ASSERT(submission >= slots);
    GV_ASSERT(submission < slots + GV_SUBMISSIONS_MAX);
    GV_ASSERT(!submission->watched);
    GV_ASSERT(submission->body_len <= sizeof(submission->body));
    gv_secure_zero(submission->ladder, ladder_used(submission));
    gv_secure_zero(submission->body, submission->body_len);
    gv_mem_idle(submission, sizeof(*submission));
    struct ticket *ticket = &submissions_slots[submission - slots];
    GV_ASSERT(ticket->taken);
    gv_pool_release(&submissions, ticket);
}
