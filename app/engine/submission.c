#include "app/engine/submission.h"

#include "firmware/base/assert.h"
#include "firmware/base/crypto.h"
#include "firmware/base/mem.h"

#include <string.h>

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
    return submission;
}

/* End of the used part of `ladder`. */
static size_t ladder_used(const struct gv_submission *submission)
{
    size_t used = 0;
    GV_ASSERT(submission->rung_count <= GV_RUNGS_MAX);
    for (uint32_t i = 0; i < submission->rung_count; i++) {
        size_t end = (size_t)submission->psbt_at[i] + submission->psbt_len[i];
        used = end > used ? end : used;
    }
    GV_ASSERT(used <= sizeof(submission->ladder));
    return used;
}

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
