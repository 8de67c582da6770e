/* Submission: one checked ladder on its way into the engine.
 *
 * A worker acquires a slot, reads the body into it, checks everything that needs no shared state,
 * writes the served form of every rung behind each other, and hands the slot over with the create
 * command. While the engine works on it the slot is the engine's; it comes back with the answer.
 * Several ladders that are listed together, or not at all, share a slot: each is parked when it is
 * checked. GV_SUBMISSIONS_MAX slots; none free is 503. */
#ifndef GV_APP_ENGINE_SUBMISSION_H
#define GV_APP_ENGINE_SUBMISSION_H

#include "app/account/actor.h"
#include "app/auction/dutch/dutch.h"
#include "app/chain/watch.h"
#include "app/store/replay.h"
#include "firmware/base/json.h"
#include "firmware/base/pool.h"

struct gv_submission;

/** Writes what the client is told of the new listing into status, location and text. Pure; it may run
 *  on any thread and must tell the same each time. */
typedef void gv_answer_writer(const struct gv_submission *submission,
                              const struct gv_dutch_listing *listing, struct gv_replay *replay);

/** A ladder that waits for others: its rungs lie in `ladder`. */
struct gv_parked {
    struct gv_dutch_terms terms;
    struct gv_dutch_prior prior;
    struct gv_hash256 replay_key;
    uint64_t id; /* once it is listed */
    uint32_t watch_fired;
    bool watched;
    uint32_t rung_count;
    size_t table_at; /* in `ladder`: block, price and place of each rung */
};

struct gv_submission {
    struct gv_dutch_terms terms;
    struct gv_actor actor; /* for the audit log */
    size_t body_len;       /* bytes received into body; whoever reads sets it, release wipes them */
    uint32_t watch_fired;  /* gv_watch_fired when the outpoint was reserved */
    uint32_t rung_count;
    /* The answer is kept in the listing's transaction, under this key; NULL: it is not. */
    gv_answer_writer *answer;
    const void *answer_form; /* static; for the writer */
    struct gv_hash256 replay_key;
    struct gv_hash256 replay_body;
    struct gv_dutch_prior prior; /* what the client is warned of */
    bool watched; /* the slot holds that reservation until the engine takes it over */
    uint32_t parked_count;
    size_t parked_end;                        /* of what they use of `ladder` */
    struct gv_dutch_rung rungs[GV_RUNGS_MAX]; /* sorted by block */
    struct gv_view psbt_raw[GV_RUNGS_MAX];    /* decoded in place inside body, upload order */
    uint32_t psbt_at[GV_RUNGS_MAX];           /* offset into ladder, same order as rungs */
    uint16_t psbt_len[GV_RUNGS_MAX];
    uint16_t order[GV_RUNGS_MAX]; /* position in the upload */
    struct gv_parked parked[GV_BATCH_MAX];
    _Alignas(16) uint8_t ladder[GV_LADDER_BYTES_MAX]; /* served PSBTs, those of parked ones first */
    _Alignas(16) uint8_t json_arena[GV_BODY_ARENA_BYTES];
    char body[GV_BODY_MAX + GV_JSON_PADDING];
};

/** The one pool; gv_submissions_init at start-up. */
void gv_submissions_init(void);
/** NULL when all are busy. Not zeroed as a whole: the large members hold old bytes. */
GV_MUST_USE struct gv_submission *gv_submission_acquire(void);
/** Make room for the next ladder of the same body. Parked ones stay; the watch reference of one that
 *  is not must have been dropped or taken over. */
void gv_submission_next(struct gv_submission *submission);
/** Put the checked ladder aside, with its watch reference, and make room for the next.
 *  Returns: GV_OK; GV_ERR_FULL: `ladder` or `parked` has no room. */
GV_MUST_USE enum gv_err gv_submission_park(struct gv_submission *submission);
/** Make a parked ladder the present one: all but its watch reference, which stays with `parked`. */
void gv_submission_recall(struct gv_submission *submission, uint32_t i);
/** Drop every watch reference that nobody has taken over. */
void gv_submission_unwatch(struct gv_submission *submission, struct gv_watch *watch);
/** Wipes what was unrevealed and returns idle pages to the system. No watch reference may be left. */
void gv_submission_release(struct gv_submission *submission);

#endif
