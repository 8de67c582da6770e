#include "app/counterparty/counterparty.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

/* Base address, path, and 50 outpoints of 64 + 1 + 10 characters with commas. */
#define URL_MAX           (256u + 64u + GV_CP_OUTPOINTS_MAX * 76u)
#define OUTPOINT_TEXT_MAX 80u
#define HEIGHT_MAX        499999999u

/* What the headers of an answer say about the server that made it. */
struct standing {
    bool has_height;
    uint32_t height;
    bool has_ready;
    bool ready;
    bool has_ledger_state;
    bool following;
};

void gv_counterparty_init(struct gv_counterparty *cp, struct gv_http *http,
                          const struct gv_counterparty_config *config)
{
    cp->http = http;
    cp->config = config;
}

/* ---- transport --------------------------------------------------------------------------------- */

static enum gv_err bad_answer(struct gv_fail *fail, const char *what)
{
    return gv_fail(fail, GV_ERR_UNAVAILABLE, "counterparty.bad_answer",
                   "the Counterparty API's answer is not understood: %s", what);
}

static char lower(uint8_t c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* The value when the line is "<name>: value" (name in lower case here, any case there). */
static bool header_value(struct gv_view line, const char *name, struct gv_view *value)
{
    size_t n = strlen(name);
    if (line.n <= n || line.p[n] != ':') {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (lower(line.p[i]) != name[i]) {
            return false;
        }
    }
    size_t from = n + 1;
    size_t to = line.n;
    while (from < to && line.p[from] == ' ') {
        from++;
    }
    while (to > from && line.p[to - 1] == ' ') {
        to--;
    }
    *value = gv_view_of(line.p + from, to - from);
    return true;
}

static void take_header(void *ctx, struct gv_view line)
{
    struct standing *standing = ctx;
    struct gv_view value;
    if (header_value(line, "x-counterparty-height", &value)) {
        uint64_t height = 0;
        standing->has_height = gv_parse_u64(&height, value, HEIGHT_MAX);
        standing->height = (uint32_t)height;
    } else if (header_value(line, "x-counterparty-ready", &value)) {
        standing->has_ready = true;
        standing->ready = gv_view_is(value, "True");
    } else if (header_value(line, "x-ledger-state", &value)) {
        standing->has_ledger_state = true;
        standing->following = gv_view_is(value, "Following");
    }
}

static enum gv_err judge_transport(enum gv_err err, const struct gv_fail *detail,
                                   struct gv_fail *fail)
{
    const char *text = detail->text[0] != '\0' ? detail->text : gv_err_text(err);
    if (err == GV_ERR_TIMEOUT) {
        return gv_fail(fail, err, "counterparty.timeout", "the Counterparty API: %s", text);
    }
    if (err == GV_ERR_CRYPTO) {
        return gv_fail(fail, err, "counterparty.certificate", "the Counterparty API: %s", text);
    }
    if (err == GV_ERR_TOO_LARGE) {
        return bad_answer(fail, "it is over the size limit");
    }
    return gv_fail(fail, GV_ERR_UNAVAILABLE, "counterparty.unreachable", "the Counterparty API: %s",
                   text);
}

/* GET base + path. Out: result: the "result" member; root: the whole answer. */
static enum gv_err ask(struct gv_counterparty *cp, const char *path, struct standing *standing,
                       gv_json_ref *root, gv_json_ref *result, struct gv_fail *fail)
{
    char url[URL_MAX];
    size_t base = strlen(cp->config->url);
    while (base > 0 && cp->config->url[base - 1] == '/') {
        base--;
    }
    bool fits = gv_format(url, sizeof(url), "%.*s%s", (int)base, cp->config->url, path);
    GV_ASSERT(fits);

    *standing = (struct standing){.has_height = false};
    struct gv_http_buffer buffer = {.p = cp->answer, .n = 0, .cap = GV_CP_ANSWER_MAX};
    const struct gv_http_request request = {
        .url = url,
        .method = "GET",
        .connect_timeout_ms = cp->config->connect_timeout_ms,
        .timeout_ms = cp->config->timeout_ms,
        .sink = gv_http_buffer_sink,
        .sink_ctx = &buffer,
        .header_sink = take_header,
        .header_ctx = standing,
    };
    int status = 0;
    struct gv_fail detail = {.err = GV_OK, .text = ""};
    enum gv_err err = gv_http_perform(cp->http, &request, &status, &detail);
    if (err != GV_OK) {
        return judge_transport(err, &detail, fail);
    }
    if (status == 503) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "counterparty.not_ready",
                       "the Counterparty API is not ready (HTTP 503)");
    }
    if (status != 200) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "counterparty.bad_answer",
                       "the Counterparty API answers with HTTP status %d", status);
    }
    struct gv_arena arena;
    gv_arena_init(&arena, cp->arena, sizeof(cp->arena));
    struct gv_json json;
    if (gv_json_parse(&json, &arena, cp->answer, buffer.n, NULL) != GV_OK ||
        gv_json_unique(json.root, "", NULL) != GV_OK) {
        return bad_answer(fail, "it is not JSON");
    }
    *root = json.root;
    *result = gv_json_get(json.root, "result");
    return *result != NULL ? GV_OK : bad_answer(fail, "it has no result");
}

/* ---- standing ----------------------------------------------------------------------------------- */

static enum gv_err not_ready(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_UNAVAILABLE, "counterparty.not_ready",
                   "the Counterparty API is not following the chain at this moment");
}

/* A fact counts only from a server that follows the chain and has parsed min_height. */
static enum gv_err judge_standing(const struct standing *standing, uint32_t min_height,
                                  struct gv_fail *fail)
{
    if (!standing->has_height || !standing->has_ready) {
        return bad_answer(fail, "it does not tell its height and readiness");
    }
    if (!standing->ready || (standing->has_ledger_state && !standing->following)) {
        return not_ready(fail);
    }
    if (standing->height < min_height) {
        return gv_fail(fail, GV_ERR_UNAVAILABLE, "counterparty.behind",
                       "the Counterparty API is at block %u and has to be at %u",
                       (unsigned)standing->height, (unsigned)min_height);
    }
    return GV_OK;
}

enum gv_err gv_cp_state(struct gv_counterparty *cp, struct gv_cp_state *state, struct gv_fail *fail)
{
    struct standing standing;
    gv_json_ref root = NULL;
    gv_json_ref result = NULL;
    enum gv_err err = ask(cp, "/v2/", &standing, &root, &result, fail);
    if (err != GV_OK) {
        return err;
    }
    bool server_ready = false;
    int64_t height = 0;
    struct gv_view ledger_state;
    struct gv_view network;
    if (!gv_json_bool(gv_json_get(result, "server_ready"), &server_ready) ||
        !gv_json_int(gv_json_get(result, "counterparty_height"), &height) || height < 0 ||
        height > (int64_t)HEIGHT_MAX ||
        !gv_json_string(gv_json_get(result, "ledger_state"), &ledger_state) ||
        !gv_json_string(gv_json_get(result, "network"), &network) ||
        network.n >= sizeof(state->network)) {
        return bad_answer(fail, "server_ready, counterparty_height, ledger_state or network");
    }
    memset(state, 0, sizeof(*state));
    state->ready = server_ready && gv_view_is(ledger_state, "Following");
    state->height = (uint32_t)height;
    memcpy(state->network, network.p, network.n);
    return GV_OK;
}

/* The ledger's state stands in a header of every answer; a proxy that drops it costs one more
 * request. */
static enum gv_err confirm_following(struct gv_counterparty *cp, const struct standing *standing,
                                     struct gv_fail *fail)
{
    if (standing->has_ledger_state) {
        return GV_OK;
    }
    struct gv_cp_state state = {.ready = false};
    enum gv_err err = gv_cp_state(cp, &state, fail);
    if (err == GV_OK && !state.ready) {
        err = not_ready(fail);
    }
    return err;
}

/* ---- balances ----------------------------------------------------------------------------------- */

static void format_outpoint(char text[OUTPOINT_TEXT_MAX], const struct gv_outpoint *outpoint)
{
    gv_hex_encode_reversed(text, gv_view_of(outpoint->txid.b, sizeof(outpoint->txid.b)));
    gv_format_cut(text + 64, OUTPOINT_TEXT_MAX - 64, ":%u", (unsigned)outpoint->vout);
}

static bool copy_name(char *out, size_t cap, struct gv_view text)
{
    if (text.n == 0 || text.n >= cap) {
        return false;
    }
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return true;
}

/* asset_longname is null for all but subassets. */
static bool read_longname(gv_json_ref row, struct gv_cp_balance *balance)
{
    gv_json_ref longname = gv_json_get(row, "asset_longname");
    struct gv_view text;
    if (gv_json_type(longname) == GV_JSON_NULL) {
        return true;
    }
    return gv_json_string(longname, &text) &&
           copy_name(balance->longname, sizeof(balance->longname), text);
}

static enum gv_err read_balance(gv_json_ref row, const char *utxo, struct gv_cp_balance *balance,
                                struct gv_fail *fail)
{
    memset(balance, 0, sizeof(*balance));
    gv_json_ref info = gv_json_get(row, "asset_info");
    struct gv_view text = {.p = NULL, .n = 0};
    if (gv_json_unique(row, "", NULL) != GV_OK || gv_json_unique(info, "", NULL) != GV_OK) {
        return bad_answer(fail, "the balance or its asset_info");
    }
    if (!gv_json_string(gv_json_get(row, "utxo"), &text) || !gv_view_is(text, utxo)) {
        return bad_answer(fail, "the balance of another outpoint");
    }
    if (!gv_json_string(gv_json_get(row, "asset"), &text) ||
        !copy_name(balance->asset, sizeof(balance->asset), text) || !read_longname(row, balance)) {
        return bad_answer(fail, "asset or asset_longname");
    }
    if (!gv_json_int(gv_json_get(row, "quantity"), &balance->quantity) || balance->quantity <= 0) {
        return bad_answer(fail, "quantity is not a positive whole number");
    }
    if (!gv_json_bool(gv_json_get(info, "divisible"), &balance->divisible)) {
        return bad_answer(fail, "asset_info.divisible");
    }
    return GV_OK;
}

/* One to max rows on exactly one page. */
static enum gv_err judge_rows(gv_json_ref root, gv_json_ref rows, uint32_t max,
                              struct gv_fail *fail)
{
    if (gv_json_type(rows) != GV_JSON_ARRAY) {
        return bad_answer(fail, "the balances are not a list");
    }
    enum gv_json_type cursor = gv_json_type(gv_json_get(root, "next_cursor"));
    if (cursor == GV_JSON_ABSENT) {
        return bad_answer(fail, "next_cursor is missing");
    }
    size_t n = gv_json_len(rows);
    if (n > max || (n > 0 && cursor != GV_JSON_NULL)) {
        return gv_fail(fail, GV_ERR_CONFLICT, "counterparty.several_assets",
                       "the outpoint holds several assets: they would all move together");
    }
    if (n == 0 && cursor != GV_JSON_NULL) {
        return bad_answer(fail, "an empty page with a successor");
    }
    if (n == 0) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "counterparty.no_asset",
                       "the outpoint holds no asset");
    }
    return GV_OK;
}

static enum gv_err read_balances(gv_json_ref rows, const char *utxo, struct gv_cp_balance *balances,
                                 uint32_t *count, struct gv_fail *fail)
{
    struct gv_json_iter it;
    enum gv_err err = GV_OK;
    for (gv_json_ref row = gv_json_first(&it, rows); row != NULL && err == GV_OK;
         row = gv_json_next(&it)) {
        err = read_balance(row, utxo, &balances[*count], fail);
        (*count)++;
    }
    return err;
}

enum gv_err gv_cp_balances(struct gv_counterparty *cp, const struct gv_outpoint *outpoint,
                           uint32_t min_height, struct gv_cp_balance *balances, uint32_t max,
                           uint32_t *count, struct gv_fail *fail)
{
    *count = 0;
    char utxo[OUTPOINT_TEXT_MAX];
    char path[OUTPOINT_TEXT_MAX + 64];
    format_outpoint(utxo, outpoint);
    gv_format_cut(path, sizeof(path), "/v2/utxos/%s/balances?verbose=true", utxo);
    struct standing standing;
    gv_json_ref root = NULL;
    gv_json_ref rows = NULL;
    enum gv_err err = ask(cp, path, &standing, &root, &rows, fail);
    if (err == GV_OK) {
        err = judge_standing(&standing, min_height, fail);
    }
    if (err == GV_OK) {
        err = judge_rows(root, rows, max, fail);
    }
    if (err == GV_OK) {
        err = read_balances(rows, utxo, balances, count, fail);
    }
    /* Last, because it may overwrite the answer. */
    if (err == GV_OK || err == GV_ERR_NOT_FOUND || err == GV_ERR_CONFLICT) {
        enum gv_err following = confirm_following(cp, &standing, fail);
        err = following != GV_OK ? following : err;
    }
    return err;
}

enum gv_err gv_cp_with_balances(struct gv_counterparty *cp, const struct gv_outpoint *outpoints,
                                uint32_t count, uint32_t min_height, bool *carries,
                                struct gv_fail *fail)
{
    GV_ASSERT(count > 0);
    GV_ASSERT(count <= GV_CP_OUTPOINTS_MAX);
    char path[32 + GV_CP_OUTPOINTS_MAX * 76u] = "/v2/utxos/withbalances?utxos=";
    size_t n = strlen(path);
    for (uint32_t i = 0; i < count; i++) {
        char utxo[OUTPOINT_TEXT_MAX];
        format_outpoint(utxo, &outpoints[i]);
        bool fits = gv_format(path + n, sizeof(path) - n, "%s%s", i == 0 ? "" : ",", utxo);
        GV_ASSERT(fits);
        n += strlen(path + n);
    }
    struct standing standing;
    gv_json_ref root = NULL;
    gv_json_ref result = NULL;
    enum gv_err err = ask(cp, path, &standing, &root, &result, fail);
    if (err == GV_OK) {
        err = judge_standing(&standing, min_height, fail);
    }
    if (err == GV_OK && gv_json_unique(result, "/result", NULL) != GV_OK) {
        err = bad_answer(fail, "the list of outpoints");
    }
    for (uint32_t i = 0; i < count && err == GV_OK; i++) {
        char utxo[OUTPOINT_TEXT_MAX];
        format_outpoint(utxo, &outpoints[i]);
        if (!gv_json_bool(gv_json_get(result, utxo), &carries[i])) {
            err = bad_answer(fail, "an outpoint is missing");
        }
    }
    if (err == GV_OK) {
        err = confirm_following(cp, &standing, fail);
    }
    return err;
}
