/* POST /api/v1/dutch/batch: several ladders in one request, each judged and listed by itself.
 *
 * {"items":[...]} is answered by {"items":[{"index","code","id"|"error"}]}, in order: a refused item stops no
 * other. The request's Idempotency-Key covers each item by its index, so a batch that broke off in the
 * middle is sent again as it was: what was listed is told again, the rest is done. */
#include "web/api/handlers.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/caller.h"
#include "web/api/create.h"
#include "web/api/errors.h"
#include "web/api/gate.h"

#include <string.h>

static const char *const members[] = {"items", NULL};

#define ITEM_ROOM 1536u /* a problem with its texts */
_Static_assert(GV_BATCH_MAX *ITEM_ROOM + 64u <= GV_REPLY_BYTES_MAX, "an answer fits its buffer");

struct batch {
    struct gv_exchange *x;
    const struct gv_family *family;
    struct gv_upload upload; /* its slot holds the text of all items */
    struct gv_idempotency idempotency;
    struct gv_json_out out;
};

/* The request's key and the item's place: what the item is known by when it is sent again. */
static struct gv_hash256 item_key(const struct batch *batch, uint32_t index)
{
    struct gv_sha256 sha;
    struct gv_hash256 key;
    gv_sha256_init(&sha);
    gv_sha256_add(&sha, gv_view_of(batch->idempotency.key.b, sizeof(batch->idempotency.key.b)));
    gv_sha256_add(&sha, gv_view_of(&index, sizeof(index)));
    gv_sha256_finish(&sha, &key);
    return key;
}

/* Number of the listing that a kept answer tells of: the last segment of its location. */
static uint64_t id_of(const struct gv_replay *replay)
{
    const char *slash = strrchr(replay->location, '/');
    uint64_t id = 0;
    const bool good = slash != NULL && gv_parse_u64(&id, gv_view_str(slash + 1), INT64_MAX);
    GV_ASSERT(good); /* we wrote it */
    return id;
}

/* Returns: GV_OK: it was listed before; GV_ERR_NOT_FOUND: it was not. */
static enum gv_err find_before(struct batch *batch, const struct gv_hash256 *key, uint64_t *id,
                               struct gv_fail *fail)
{
    struct gv_replay replay;
    const enum gv_err err =
        gv_engine_replay(gv_api_of(batch->x)->config.engine, key, &replay, fail);
    if (err != GV_OK) {
        return err;
    }
    if (!gv_hash256_equal(&replay.body, &batch->idempotency.body)) {
        return gv_fail(fail, GV_ERR_CONFLICT, "idempotency.body",
                       "this Idempotency-Key was used with another body");
    }
    *id = id_of(&replay);
    return GV_OK;
}

static enum gv_err list_item(struct batch *batch, gv_json_ref item, uint32_t index, uint64_t *id,
                             struct gv_fail *fail)
{
    const struct gv_hash256 key = item_key(batch, index);
    struct gv_upload upload;
    enum gv_err err = find_before(batch, &key, id, fail);
    if (err != GV_ERR_NOT_FOUND) {
        return err;
    }
    err = gv_upload_item(&upload, &batch->upload, fail);
    if (err != GV_OK) {
        return err;
    }
    gv_create_keep(&upload, batch->family, &key, &batch->idempotency.body);
    err = gv_create_dutch(&upload, item, batch->family, gv_caller_of(batch->x)->granted, id, fail);
    gv_upload_close(&upload);
    return err;
}

/* "/psbts/3" of item 2 is "/items/2/psbts/3" of the request. */
static void place_pointer(struct gv_fail *fail, uint32_t index)
{
    char inside[sizeof(fail->pointer)];
    memcpy(inside, fail->pointer, sizeof(inside));
    gv_format_cut(fail->pointer, sizeof(fail->pointer), "/items/%u%s", index, inside);
}

static void write_item(struct batch *batch, gv_json_ref item, uint32_t index)
{
    struct gv_json_out *out = &batch->out;
    struct gv_fail fail = {.err = GV_OK};
    uint64_t id = 0;
    const enum gv_err err = list_item(batch, item, index, &id, &fail);
    const int status = err == GV_OK ? 201 : gv_http_status_of(&fail);
    gv_jo_object(out);
    gv_jo_kint(out, "index", index);
    gv_jo_kint(out, "code", status);
    if (err == GV_OK) {
        gv_jo_kint(out, "id", (int64_t)id);
    } else {
        place_pointer(&fail, index);
        gv_jo_key(out, "error");
        gv_api_write_problem(out, batch->x, status, &fail);
    }
    gv_jo_object_end(out);
}

static enum gv_err read_items(struct batch *batch, gv_json_ref *items, struct gv_fail *fail)
{
    struct gv_json json;
    enum gv_err err = gv_upload_parse(&batch->upload, &json, fail);
    if (err == GV_OK) {
        err = gv_json_members(json.root, members, "", fail);
    }
    if (err != GV_OK) {
        return err;
    }
    *items = gv_json_get(json.root, "items");
    const size_t count = gv_json_len(*items);
    if (gv_json_type(*items) != GV_JSON_ARRAY || count == 0 || count > GV_BATCH_MAX) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/items", "dutch.batch",
                          "items must be a list of 1 to %u listings", GV_BATCH_MAX);
    }
    return GV_OK;
}

static void answer(struct batch *batch)
{
    struct gv_exchange *x = batch->x;
    struct gv_json_iter it;
    struct gv_fail fail;
    gv_json_ref items = NULL;
    uint32_t index = 0;
    if (read_items(batch, &items, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
        return;
    }
    if (!gv_gate_charge(x, (uint32_t)gv_json_len(items) - 1u)) {
        return;
    }
    gv_json_out_init(&batch->out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&batch->out);
    gv_jo_key(&batch->out, "items");
    gv_jo_array(&batch->out);
    for (gv_json_ref v = gv_json_first(&it, items); v != NULL; v = gv_json_next(&it), index++) {
        write_item(batch, v, index);
    }
    gv_jo_array_end(&batch->out);
    gv_jo_object_end(&batch->out);
    GV_ASSERT(!batch->out.full);
    gv_reply_status(x, 207);
    gv_reply_header(x, "Cache-Control", "no-store");
    gv_reply_body(x, gv_view_of(batch->out.p, batch->out.n), "application/json");
}

void gv_handle_batch(struct gv_exchange *x)
{
    struct batch batch = {.x = x, .family = x->route->extra};
    struct gv_view body;
    struct gv_fail fail = {.err = GV_OK};
    if (gv_upload_open(&batch.upload, x, &body, &fail) != GV_OK) {
        gv_api_fail(x, &fail);
    } else if (gv_idempotency_begin(&batch.idempotency, x, true, body)) {
        answer(&batch);
        gv_idempotency_end(&batch.idempotency, x);
    }
    gv_upload_close(&batch.upload);
}
