/* Updater: brings a release into the slot that does not run, and decides what becomes of it.
 *
 *   judge ──► clear the idle slot ──► write, hash, read back every part ──► record "trial" ──► try_once
 *                                                                                                │ restart
 *        fell back ◄── the chosen slot runs again ◄── gave up, crash, power cut ◄── trial ◄──────┘
 *        confirmed ◄── choose ◄── the daemon is ready for GV_TRIAL_READY_MS
 *
 * The slot that runs is never written, and what a start chooses changes only after the trial: a power cut at any moment
 * leaves a box that starts. The floor rises with the choice. Every step is repeated safely after a cut between two.
 * The steps are here; the program that runs as root (app/cli) lends slots, bytes and readiness.
 * Memory: the updater's own, GV_UPDATE_PIECE for reading back. Thread: one. */
#ifndef GV_APP_UPDATE_UPDATER_H
#define GV_APP_UPDATE_UPDATER_H

#include "app/update/record.h"

#define GV_UPDATE_PIECE   65536u
#define GV_TRIAL_READY_MS 20000u /* ready for so long without a break: proved */

/** Caller's storage; private but for state. */
struct gv_updater {
    struct gv_slots *slots;
    struct gv_update_state state;
    void (*tell)(void *ctx, const struct gv_update_state *state); /* may be NULL */
    void *tell_ctx;
    enum gv_slot target;
    bool open; /* a part of the target is */
    struct gv_bundle_reader reader;
    uint8_t piece[GV_UPDATE_PIECE];
};

/** What a start finds. */
enum gv_update_start {
    GV_UPDATE_START_PLAIN,     /* the chosen slot runs, nothing to do */
    GV_UPDATE_START_CONFIRMED, /* the choice was made, a power cut hid its record: made good */
    GV_UPDATE_START_FELL_BACK, /* a trial ended, or was cut before it began, without a choice: recorded */
    GV_UPDATE_START_TRIAL, /* this is a trial: gv_trial_look until it ends */
    GV_UPDATE_START_MISLABELLED, /* as a trial, but the release is another than the one on trial: it has failed */
    GV_UPDATE_START_STRAY, /* a slot runs that is neither chosen nor on trial: go back */
};

/** In: tell: hears of each change of the state. Keeps slots, tell, tell_ctx.
 *  Returns: GV_OK; what slots or record returned. */
GV_MUST_USE enum gv_err gv_updater_open(struct gv_updater *updater, struct gv_slots *slots,
                                        void (*tell)(void *ctx,
                                                     const struct gv_update_state *state),
                                        void *tell_ctx, struct gv_fail *fail);

/** At each start, first thing: tell what it is, and record what a cut or a fall back left open.
 *  In: own: of this program. Raises the floor to it when its slot is the chosen one. */
GV_MUST_USE enum gv_err gv_updater_start(struct gv_updater *updater, struct gv_version own,
                                         enum gv_update_start *start, struct gv_fail *fail);

/** Begin an installation. In: rules: their floor is replaced by the record's.
 *  Returns: GV_OK; GV_ERR_STATE "update.trial": a trial is under way. */
GV_MUST_USE enum gv_err gv_updater_begin(struct gv_updater *updater,
                                         const struct gv_bundle_rules *rules, struct gv_fail *fail);
/** The bundle's next bytes. Returns: as gv_bundle_put; what slots returned; GV_ERR_IO "update.readback". */
GV_MUST_USE enum gv_err gv_updater_put(struct gv_updater *updater, struct gv_view bytes,
                                       struct gv_fail *fail);
/** The bundle's end: the next start that is asked to try takes the new release.
 *  In: err: how reading it went; anything but GV_OK ends the installation and is told with `fail`. */
GV_MUST_USE enum gv_err gv_updater_end(struct gv_updater *updater, enum gv_err err,
                                       struct gv_fail *fail);

/** Make the slot that runs the chosen one, and raise the floor. */
GV_MUST_USE enum gv_err gv_updater_confirm(struct gv_updater *updater, struct gv_fail *fail);

/** A trial as time passes. Begin with the time, the limit, and zeros. */
struct gv_trial {
    uint64_t began_ms;
    uint64_t limit_ms; /* not proved by then: failed */
    uint64_t ready_ms; /* since when it is ready; valid with is_ready */
    bool is_ready;
};
enum gv_trial_verdict {
    GV_TRIAL_GOES_ON,
    GV_TRIAL_PROVED,
    GV_TRIAL_FAILED,
};
/** Pure. In: ready: what /ready says now; now_ms: monotonic, not below the last. */
enum gv_trial_verdict gv_trial_look(struct gv_trial *trial, bool ready, uint64_t now_ms);

#endif
