/* Settings: the one table from which come the file's keys, the environment's names, the defaults
 * and the help. Private to app/config.
 * Thread: any (constant). */
#ifndef GV_APP_CONFIG_SETTINGS_H
#define GV_APP_CONFIG_SETTINGS_H

#include "app/config/config.h"

enum gv_setting_kind {
    GV_SETTING_TEXT,      /* any printable text; char[cap] */
    GV_SETTING_PATH,      /* not empty; char[cap] */
    GV_SETTING_URL,       /* http:// or https:// without credentials; char[cap] */
    GV_SETTING_ENDPOINTS, /* "", "off", or tcp:// and ipc:// endpoints by comma; char[cap] */
    GV_SETTING_SUBNETS,   /* "" or IP networks by comma; char[cap] */
    GV_SETTING_ORIGINS,   /* "" or http:// and https:// origins by comma; char[cap] */
    GV_SETTING_NUMBER,    /* min..max; uint32_t */
    GV_SETTING_SWITCH,    /* on/off, true/false, yes/no, 1/0; bool */
    GV_SETTING_LOG_LEVEL, /* enum gv_log_level */
    GV_SETTING_NETWORK,   /* enum gv_network */
};

enum {
    GV_SETTING_SECRET = 1u << 0, /* never shown, not even in messages about itself */
    GV_SETTING_LIVE = 1u << 1,   /* takes effect at once; every other one at the next start */
    /* From file, environment or command line only. What names a path that the program writes or removes
     * is for who has a shell on the box: a page, a key or a restored file could aim it at another. */
    GV_SETTING_BOOT = 1u << 2,
};

struct gv_setting {
    const char *key; /* "section.key" */
    enum gv_setting_kind kind;
    size_t offset; /* in struct gv_config */
    size_t cap;    /* of char arrays */
    const char *standard;
    uint32_t min, max; /* GV_SETTING_NUMBER */
    unsigned flags;
    const char *alias; /* name in the original's environment; NULL: none */
    const char *help;
};

extern const struct gv_setting gv_settings[GV_SETTINGS_COUNT];

/** Returns: the row, or NULL when there is no such key. */
const struct gv_setting *gv_setting_find(const char *key);
/** Judge and store one value. Returns: GV_OK; GV_ERR_INVALID "config.value", "config.range";
 *  GV_ERR_CONFLICT "config.read_only": the source may not give this one. */
GV_MUST_USE enum gv_err gv_setting_store(struct gv_config *config, enum gv_config_source source,
                                         const struct gv_setting *setting, const char *value,
                                         struct gv_fail *fail);
/** Copy value and source of one setting. */
void gv_setting_copy(struct gv_config *to, const struct gv_config *from,
                     const struct gv_setting *setting);
static inline size_t gv_setting_index(const struct gv_setting *setting)
{
    return (size_t)(setting - gv_settings);
}
/** The stored value as text (secrets included: the caller hides them). */
void gv_setting_text(const struct gv_config *config, const struct gv_setting *setting, char *out,
                     size_t cap);

#endif
