/* Any bytes as a change of settings, as a JSON object of keys: refused with a rule and nothing changed, or what is
 * written for the next start is read as exactly these settings, which are shown as JSON. */
#include "app/config/changes_json.h"
#include "firmware/base/assert.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 262144u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gv_changes changes;
static struct gv_config standard;
static struct gv_config back;

/* What the next start makes of the text. */
static enum gv_err read_back(void *ctx, struct gv_view text, struct gv_fail *fail)
{
    (void)ctx;
    gv_config_defaults(&back);
    return gv_config_read(&back, GV_SOURCE_STORED, "settings.conf", text, fail);
}

static void check_committed(void)
{
    static char shown[SHOWN_MAX];
    struct gv_json_out out;
    for (size_t i = 0; i < GV_SETTINGS_COUNT; i++) {
        char next[2 * GV_CONFIG_TEXT_MAX];
        char read[2 * GV_CONFIG_TEXT_MAX];
        gv_setting_text(&changes.next, &gv_settings[i], next, sizeof(next));
        gv_setting_text(&back, &gv_settings[i], read, sizeof(read));
        GV_ASSERT(strcmp(next, read) == 0);
        GV_ASSERT(changes.next.sources[i] == back.sources[i]);
    }
    gv_json_out_init(&out, shown, sizeof(shown));
    gv_changes_write_json(&changes, NULL, &out);
    GV_ASSERT(!out.full);
}

static enum gv_err change(gv_json_ref object, struct gv_fail *fail)
{
    char keys[256];
    struct gv_draft draft;
    enum gv_err err = GV_OK;
    gv_changes_draft(&changes, &draft);
    for (size_t i = 0; i < GV_SETTINGS_COUNT && err == GV_OK; i++) {
        const gv_json_ref value = gv_json_get(object, gv_settings[i].key);
        if (value != NULL) {
            err = gv_draft_put_json(&changes, &draft, gv_settings[i].key, value, fail);
        }
    }
    return err != GV_OK ? err : gv_changes_commit(&changes, &draft, keys, sizeof(keys), fail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(16) uint8_t memory[65536];
    const struct gv_changes_config config = {
        .running = &standard, .below = &standard, .write = read_back};
    struct gv_arena arena;
    struct gv_json json;
    struct gv_fail fail = {.err = GV_OK};
    char *text = malloc(size + GV_JSON_PADDING); /* exactly what the parser may write to */
    GV_ASSERT(text != NULL);
    memcpy(text, data, size);
    gv_arena_init(&arena, memory, sizeof(memory));
    gv_config_defaults(&standard);
    gv_changes_init(&changes, &config);
    if (gv_json_parse(&json, &arena, text, size, NULL) == GV_OK) {
        if (change(json.root, &fail) == GV_OK) {
            check_committed();
        } else {
            GV_ASSERT(fail.code[0] != '\0' && fail.text[0] != '\0');
            GV_ASSERT(memcmp(&changes.next, &standard, sizeof(standard)) == 0);
        }
    }
    pthread_mutex_destroy(&changes.lock);
    free(text);
    return 0;
}
