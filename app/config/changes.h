/* Changes: settings that the owner makes through the box itself, kept beside the file.
 *
 *   GET  ◄── each ──┐
 *   PATCH ─► draft ─► put ... ─► commit ─► write (a whole INI text) ─► applied (what is live)
 *
 * What is stored ranks above the file and its drop-ins and below environment and command line: a
 * key that those force cannot be changed here. A commit is all or nothing, checks the rules across
 * settings for the next start, and is refused when somebody else committed since the draft was
 * taken. Settings that are not live hold from the next start on; until then they are `pending`.
 * Limits: the text has at most GV_CHANGES_TEXT_MAX bytes. Thread: any (own mutex), after init. */
#ifndef GV_APP_CONFIG_CHANGES_H
#define GV_APP_CONFIG_CHANGES_H

#include "app/config/settings.h"

#include <pthread.h>

/* Every setting at its longest with its key, and the sections. */
#define GV_CHANGES_TEXT_MAX ((size_t)GV_SETTINGS_COUNT * (2u * GV_CONFIG_TEXT_MAX + 64u))

struct gv_changes_config {
    const struct gv_config *running; /* as the program was started; kept */
    const struct gv_config *below;   /* defaults, file and drop-ins alone; kept */
    /** Make `text` what the next start reads; durable when it returns GV_OK. */
    enum gv_err (*write)(void *ctx, struct gv_view text, struct gv_fail *fail);
    /** Take over what is live. May be NULL. */
    void (*applied)(void *ctx, const struct gv_config *next);
    void *ctx;
};

struct gv_changes {
    pthread_mutex_t lock;
    struct gv_changes_config config;
    struct gv_config next; /* what the next start will run with */
    uint64_t version;
};

struct gv_draft {
    struct gv_config next;
    uint64_t version;
    bool password_given; /* node.password was put, not only kept */
    bool cookie_given;   /* node.cookie_file was */
};

/** Begin with what the program was started with. */
void gv_changes_init(struct gv_changes *changes, const struct gv_changes_config *config);

/** A number that changes with what is stored, and is the same after a restart. */
uint64_t gv_changes_version(struct gv_changes *changes);

void gv_changes_draft(struct gv_changes *changes, struct gv_draft *draft);
/** Change one key. In: value: NULL takes the stored value away.
 *  Returns: GV_OK; GV_ERR_INVALID "config.unknown_key", "config.value", "config.range";
 *  GV_ERR_CONFLICT "config.forced" (environment or command line), "config.read_only". */
GV_MUST_USE enum gv_err gv_draft_put(struct gv_changes *changes, struct gv_draft *draft,
                                     const char *key, const char *value, struct gv_fail *fail);
/** Store the draft. Out: keys: names of what changed, separated by blanks, cut at cap.
 *  Returns: GV_OK; GV_ERR_STATE "config.changed" (another commit came first); GV_ERR_INVALID (rules
 *  across settings, or a value the file cannot hold), "config.secret_again" (a kept password or cookie
 *  would be sent to another address: it must be given again); what write returned. */
GV_MUST_USE enum gv_err gv_changes_commit(struct gv_changes *changes, const struct gv_draft *draft,
                                          char *keys, size_t cap, struct gv_fail *fail);

/** One setting as people see it. */
struct gv_setting_view {
    const struct gv_setting *setting;
    enum gv_config_source source;
    bool forced;  /* by environment or command line, or not to be stored at all */
    bool pending; /* differs from what runs */
    bool is_set;  /* a secret that has a value */
    char value[2 * GV_CONFIG_TEXT_MAX]; /* for the next start; "" for secrets */
};
void gv_changes_each(struct gv_changes *changes,
                     void (*visit)(void *ctx, const struct gv_setting_view *view), void *ctx);

/** Wipe the secrets of a draft. */
void gv_draft_wipe(struct gv_draft *draft);

#endif
