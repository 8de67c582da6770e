/* Update: what the page and gavelctl may ask the daemon. It takes a bundle in, judges it and asks for its installation; the
 * installing itself is done by a program that runs as root and judges everything again (updater.h).
 * Thread: any, each function. */
#ifndef GV_APP_UPDATE_UPDATE_H
#define GV_APP_UPDATE_UPDATE_H

#include "app/update/record.h"

struct gv_update_status {
    bool here;                    /* this box is updated here: it runs from a card with two slots */
    bool trusts;                  /* a release key is pinned */
    struct gv_update_state state; /* as the program that installs told it last; with `here` */
    bool asked;                   /* an installation is asked for and has not begun */
    bool has_staged;
    struct gv_version staged; /* a bundle that may be installed */
    uint64_t staged_bytes;
    struct gv_fail gate; /* err is GV_OK: an installation may begin now */
};

struct gv_update_ops {
    void (*status)(struct gv_update_status *status);
    /** Take a bundle in: begin, put in order, end; judged as it comes. One at a time.
     *  Returns: GV_OK; GV_ERR_STATE "update.not_here"; GV_ERR_CONFLICT "update.busy": one is coming in or being
     *           installed; GV_ERR_IO; as gv_bundle_put and gv_bundle_end. End: good = false throws it away. */
    enum gv_err (*upload_begin)(struct gv_fail *fail);
    enum gv_err (*upload_put)(void *ctx, struct gv_view bytes, struct gv_fail *fail);
    enum gv_err (*upload_end)(bool good, struct gv_fail *fail);
    /** Take the bundle that gavelctl has put into the folder `update` as "incoming".
     *  Returns: as above; only head and size are judged here. */
    enum gv_err (*adopt)(struct gv_fail *fail);
    /** Forget the staged bundle.
     *  Returns: GV_OK; GV_ERR_STATE "update.not_here"; GV_ERR_NOT_FOUND "update.none"; GV_ERR_CONFLICT "update.busy". */
    enum gv_err (*remove)(struct gv_fail *fail);
    /** Ask for the installation. Returns: as remove; GV_ERR_STATE: what the gate says. */
    enum gv_err (*apply)(struct gv_fail *fail);
    /** May the box restart now? Asked again before the restart into a new release.
     *  Returns: GV_OK; GV_ERR_STATE "update.live", "update.backup". */
    enum gv_err (*may_restart)(struct gv_fail *fail);
};

/** Folder below general.data_dir, and the names in it. */
#define GV_UPDATE_FOLDER   "update"
#define GV_UPDATE_BUNDLE   "bundle"   /* may be installed */
#define GV_UPDATE_INCOMING "incoming" /* of gavelctl */
#define GV_UPDATE_WANTED   "wanted"   /* its presence starts the installation */
/** Below update.folder: the text of gv_update_state, by the program that installs. */
#define GV_UPDATE_STATE "state"

#endif
