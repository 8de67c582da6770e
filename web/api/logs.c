/* GET /api/v1/logs: the newest lines of the log ring, filtered. */
#include "web/api/handlers.h"

#include "firmware/base/json.h"
#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/errors.h"

#include <string.h>
#include <strings.h>

#define LINES_STANDARD 100u
/* A line as JSON is its text and 120 bytes; text of printable ASCII at most doubles by escapes. */
#define LINES_MAX     500u
#define LINE_JSON_MAX (2u * GV_LOG_LINE_MAX + 160u)
#define WORD_MAX      64u

struct filter {
    enum gv_log_level level; /* and above */
    char module[GV_LOG_MODULE_MAX];
    char word[WORD_MAX];
    uint64_t since; /* number of a line */
    uint64_t limit;
};

/* ---- the query -------------------------------------------------------------------------------- */

/* Absent is "". */
static enum gv_err read_text(const struct gv_exchange *x, const char *name, char *out, size_t cap,
                             struct gv_fail *fail)
{
    size_t n = 0;
    out[0] = '\0';
    const enum gv_err err = gv_web_query(x->request, name, out, cap, &n, fail);
    return err == GV_ERR_NOT_FOUND ? GV_OK : err;
}

static enum gv_err read_number(const struct gv_exchange *x, const char *name, uint64_t max,
                               uint64_t *out, struct gv_fail *fail)
{
    char text[24];
    const enum gv_err err = read_text(x, name, text, sizeof(text), fail);
    if (err == GV_OK && text[0] != '\0' && !gv_parse_u64(out, gv_view_str(text), max)) {
        return gv_fail(fail, GV_ERR_INVALID, "query.number", "%s must be a whole number up to %llu",
                       name, (unsigned long long)max);
    }
    return err;
}

static enum gv_err read_filter(const struct gv_exchange *x, struct filter *filter,
                               struct gv_fail *fail)
{
    char level[16];
    *filter = (struct filter){.level = GV_LOG_TRACE, .limit = LINES_STANDARD};
    enum gv_err err = read_text(x, "level", level, sizeof(level), fail);
    if (err == GV_OK && level[0] != '\0' && gv_log_level_parse(&filter->level, level) != GV_OK) {
        err = gv_fail(fail, GV_ERR_INVALID, "query.level",
                      "level is trace, debug, info, unusual or broken");
    }
    if (err == GV_OK) {
        err = read_text(x, "module", filter->module, sizeof(filter->module), fail);
    }
    if (err == GV_OK) {
        err = read_text(x, "q", filter->word, sizeof(filter->word), fail);
    }
    if (err == GV_OK) {
        err = read_number(x, "since", UINT64_MAX - 1, &filter->since, fail);
    }
    return err == GV_OK ? read_number(x, "limit", LINES_MAX, &filter->limit, fail) : err;
}

/* ---- the lines -------------------------------------------------------------------------------- */

static bool has_word(const char *text, const char *word)
{
    const size_t n = strlen(word);
    for (; *text != '\0'; text++) {
        if (strncasecmp(text, word, n) == 0) {
            return true;
        }
    }
    return n == 0;
}

static bool wanted(const struct filter *filter, const struct gv_log_line *line)
{
    return line->level >= filter->level &&
           (filter->module[0] == '\0' || strcmp(filter->module, line->module) == 0) &&
           (has_word(line->text, filter->word) || has_word(line->module, filter->word));
}

static void write_line(struct gv_json_out *out, const struct gv_log_line *line)
{
    char second[GV_ISO_MAX];
    char at[GV_ISO_MAX + 8];
    gv_utc_format((struct gv_utc){line->at_ms / 1000}, second);
    gv_format_cut(at, sizeof(at), "%.19s.%03dZ", second, (int)(line->at_ms % 1000));
    gv_jo_object(out);
    gv_jo_kint(out, "number", (int64_t)line->number);
    gv_jo_kstring(out, "at", at);
    gv_jo_kstring(out, "level", gv_log_level_name(line->level));
    gv_jo_kstring(out, "module", line->module);
    gv_jo_kstring(out, "text", line->text);
    gv_jo_object_end(out);
}

/* The number behind which the last `limit` wanted lines stand. */
static uint64_t find_start(const struct filter *filter)
{
    struct gv_log_line line;
    struct gv_log_cursor cursor = {.after = filter->since};
    uint64_t last[LINES_MAX] = {0};
    uint64_t n = 0;
    while (gv_log_next(&cursor, &line)) {
        if (wanted(filter, &line)) {
            last[n % filter->limit] = line.number;
            n++;
        }
    }
    return n > filter->limit ? last[n % filter->limit] - 1 : filter->since;
}

static enum gv_err send_lines(struct gv_exchange *x, const struct filter *filter,
                              struct gv_json_out *out)
{
    struct gv_log_line line;
    struct gv_log_cursor cursor = {.after = filter->limit == 0 ? 0 : find_start(filter)};
    enum gv_err err = GV_OK;
    uint64_t n = 0;
    while (n < filter->limit && err == GV_OK && gv_log_next(&cursor, &line)) {
        if (wanted(filter, &line)) {
            write_line(out, &line);
            n++;
        }
        if (out->cap - out->n < LINE_JSON_MAX) {
            err = gv_reply_chunk(x, gv_view_of(out->p, out->n));
            out->n = 0;
        }
    }
    gv_jo_array_end(out);
    gv_jo_kint(out, "last", (int64_t)cursor.after);
    return err;
}

void gv_handle_logs(struct gv_exchange *x)
{
    struct filter filter;
    struct gv_fail fail = {.err = GV_OK};
    struct gv_json_out out;
    if (read_filter(x, &filter, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    gv_reply_header(x, "Cache-Control", "no-store");
    gv_reply_begin_chunked(x, "application/json");
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    enum gv_err err = send_lines(x, &filter, &out);
    gv_jo_object_end(&out);
    if (err == GV_OK && gv_reply_chunk(x, gv_view_of(out.p, out.n)) == GV_OK) {
        gv_reply_end(x);
    }
}
