/* Record: what the updater remembers over power cuts, and what it tells the daemon, as a few lines of text.
 *
 *   floor 0.1.0                 newest release that proved itself on this box
 *   trial 0.2.0 b               written whole into slot b, and not proved yet
 *   last 0.2.0 confirmed        how the last trial ended: "confirmed" or "fell-back"
 * and in what is told only, because it is true of one moment:
 *   slot a                      that runs
 *   phase installing            see gv_update_phase
 *   bytes 1000 194000000        done and all of a phase that has an end
 *   failed update.hash TEXT     why the last installation ended
 * Thread: any; pure. */
#ifndef GV_APP_UPDATE_RECORD_H
#define GV_APP_UPDATE_RECORD_H

#include "app/update/bundle.h"

#define GV_UPDATE_STATE_MAX 1024u /* bytes of the text that is told */

enum gv_update_phase {
    GV_UPDATE_IDLE,
    GV_UPDATE_INSTALLING, /* the other slot is being written */
    GV_UPDATE_CHECKING,   /* and read back */
    GV_UPDATE_WAITING,    /* for a moment in which a restart harms nobody */
    GV_UPDATE_TRIAL,      /* the new release runs and must prove itself */
};

struct gv_update_record {
    struct gv_version floor;
    bool has_trial;
    struct gv_version trial;
    enum gv_slot trial_slot;
    bool has_last;
    struct gv_version last;
    bool last_confirmed;
};

struct gv_update_state {
    struct gv_update_record record;
    enum gv_slot slot;
    enum gv_update_phase phase;
    uint64_t done;
    uint64_t all;        /* 0: no end to show */
    struct gv_fail fail; /* err is GV_OK: the last installation did not fail */
};

/** Out: text: below GV_SLOT_RECORD_MAX bytes. */
void gv_update_record_format(const struct gv_update_record *record, char text[GV_SLOT_RECORD_MAX]);
/** No text is an empty record. Returns: GV_OK; GV_ERR_INVALID "update.record". Out: record: set only on GV_OK. */
GV_MUST_USE enum gv_err gv_update_record_parse(struct gv_update_record *record, const char *text,
                                               struct gv_fail *fail);

void gv_update_state_format(const struct gv_update_state *state, char text[GV_UPDATE_STATE_MAX]);
/** Returns: GV_OK; GV_ERR_INVALID "update.record". Out: state: set only on GV_OK. */
GV_MUST_USE enum gv_err gv_update_state_parse(struct gv_update_state *state, const char *text,
                                              struct gv_fail *fail);

/** "idle", "installing", ... Returns: a static string. */
const char *gv_update_phase_name(enum gv_update_phase phase);

#endif
