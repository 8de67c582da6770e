#include "app/update/record.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <string.h>

static const char *const phases[] = {"idle", "installing", "checking", "waiting", "trial"};
#define PHASES (sizeof(phases) / sizeof(phases[0]))

const char *gv_update_phase_name(enum gv_update_phase phase)
{
    return phases[phase];
}

/* ---- writing ------------------------------------------------------------------------------------ */

void gv_update_record_format(const struct gv_update_record *record, char text[GV_SLOT_RECORD_MAX])
{
    char version[GV_VERSION_MAX];
    char trial[64] = "";
    char last[64] = "";
    bool fits = true;
    if (record->has_trial) {
        gv_version_format(record->trial, version);
        fits = gv_format(trial, sizeof(trial), "trial %s %c\n", version,
                         gv_slot_letter(record->trial_slot));
    }
    if (fits && record->has_last) {
        gv_version_format(record->last, version);
        fits = gv_format(last, sizeof(last), "last %s %s\n", version,
                         record->last_confirmed ? "confirmed" : "fell-back");
    }
    gv_version_format(record->floor, version);
    fits = fits && gv_format(text, GV_SLOT_RECORD_MAX, "floor %s\n%s%s", version, trial, last);
    GV_ASSERT(fits);
}

void gv_update_state_format(const struct gv_update_state *state, char text[GV_UPDATE_STATE_MAX])
{
    char record[GV_SLOT_RECORD_MAX];
    char failed[GV_FAIL_CODE_MAX + GV_FAIL_TEXT_MAX + 16] = "";
    gv_update_record_format(&state->record, record);
    if (state->fail.err != GV_OK) {
        gv_format_cut(failed, sizeof(failed), "failed %s %s\n", state->fail.code, state->fail.text);
    }
    const bool fits = gv_format(
        text, GV_UPDATE_STATE_MAX, "%sslot %c\nphase %s\nbytes %" PRIu64 " %" PRIu64 "\n%s", record,
        gv_slot_letter(state->slot), phases[state->phase], state->done, state->all, failed);
    GV_ASSERT(fits);
}

/* ---- reading ------------------------------------------------------------------------------------ */

/* Takes the next word of a line. Returns: an empty view when there is none. */
static struct gv_view take(struct gv_view *line)
{
    const uint8_t *space = line->n > 0 ? memchr(line->p, ' ', line->n) : NULL;
    const size_t n = space == NULL ? line->n : (size_t)(space - line->p);
    const struct gv_view word = gv_view_of(line->p, n);
    const size_t past = space == NULL ? n : n + 1;
    *line = gv_view_of(line->p + past, line->n - past);
    return word;
}

static bool read_slot(enum gv_slot *slot, struct gv_view word)
{
    *slot = gv_view_is(word, "b") ? GV_SLOT_B : GV_SLOT_A;
    return gv_view_is(word, "a") || gv_view_is(word, "b");
}

static bool read_trial(struct gv_update_record *record, struct gv_view line)
{
    record->has_trial = true;
    return gv_version_parse(&record->trial, take(&line)) &&
           read_slot(&record->trial_slot, take(&line)) && line.n == 0;
}

static bool read_last(struct gv_update_record *record, struct gv_view line)
{
    record->has_last = gv_version_parse(&record->last, take(&line));
    record->last_confirmed = gv_view_is(line, "confirmed");
    return record->has_last && (record->last_confirmed || gv_view_is(line, "fell-back"));
}

static bool read_phase(struct gv_update_state *state, struct gv_view line)
{
    for (unsigned i = 0; i < PHASES; i++) {
        if (gv_view_is(line, phases[i])) {
            state->phase = (enum gv_update_phase)i;
            return true;
        }
    }
    return false;
}

static bool read_failed(struct gv_update_state *state, struct gv_view line)
{
    const struct gv_view code = take(&line);
    if (code.n == 0 || code.n >= GV_FAIL_CODE_MAX || line.n >= GV_FAIL_TEXT_MAX ||
        !gv_text_is_plain(line)) {
        return false;
    }
    char name[GV_FAIL_CODE_MAX];
    memcpy(name, code.p, code.n);
    name[code.n] = '\0';
    (void)gv_fail(&state->fail, GV_ERR_STATE, name, "%.*s", (int)line.n, (const char *)line.p);
    return true;
}

static bool read_line(struct gv_update_state *state, struct gv_view line)
{
    const struct gv_view key = take(&line);
    if (gv_view_is(key, "floor")) {
        return gv_version_parse(&state->record.floor, line);
    }
    if (gv_view_is(key, "trial")) {
        return read_trial(&state->record, line);
    }
    if (gv_view_is(key, "last")) {
        return read_last(&state->record, line);
    }
    if (gv_view_is(key, "slot")) {
        return read_slot(&state->slot, line);
    }
    if (gv_view_is(key, "phase")) {
        return read_phase(state, line);
    }
    if (gv_view_is(key, "bytes")) {
        const struct gv_view done = take(&line);
        return gv_parse_u64(&state->done, done, GV_BUNDLE_BYTES_MAX) &&
               gv_parse_u64(&state->all, line, GV_BUNDLE_BYTES_MAX);
    }
    return gv_view_is(key, "failed") && read_failed(state, line);
}

enum gv_err gv_update_state_parse(struct gv_update_state *state, const char *text,
                                  struct gv_fail *fail)
{
    struct gv_update_state read = {.fail = {.err = GV_OK}};
    while (*text != '\0') {
        const size_t n = strcspn(text, "\n");
        if (text[n] != '\n' || !read_line(&read, gv_view_of(text, n))) {
            return gv_fail(fail, GV_ERR_INVALID, "update.record",
                           "the record of updates cannot be read");
        }
        text += n + 1;
    }
    *state = read;
    return GV_OK;
}

enum gv_err gv_update_record_parse(struct gv_update_record *record, const char *text,
                                   struct gv_fail *fail)
{
    struct gv_update_state state;
    const enum gv_err err = gv_update_state_parse(&state, text, fail);
    if (err == GV_OK) {
        *record = state.record;
    }
    return err;
}
