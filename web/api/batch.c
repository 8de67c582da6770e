/* POST /api/v1/dutch/batch: several ladders in one request, in one upload slot.
 *
 * {"items":[...]} is answered by {"items":[{"index","code","id"|"error"}]}, in order. Each is judged and
 * listed by itself and a refused one stops no other; with "all_or_nothing" each is judged and parked, and
 * one engine command lists them all, unless something is wrong with one of them (the others are then 424).
 * The request's Idempotency-Key covers each item by its index, so a batch that broke off in the middle is
 * sent again as it was: what was listed is told again, the rest is done. */
#include "web/api/handlers.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "web/api/api_state.h"
#include "web/api/caller.h"
#include "web/api/conditional.h"
#include "web/api/create.h"
#include "web/api/errors.h"
#include "web/api/gate.h"

#include <string.h>

static const char *const members[] = {"items", "all_or_nothing", NULL};

#define ITEM_ROOM 1536u /* a problem with its texts */
_Static_assert(GV_BATCH_MAX *ITEM_ROOM + 64u <= GV_REPLY_BYTES_MAX, "an answer fits its buffer");

struct item {
    uint64_t id; /* 0: not listed */
    int status;
    struct gv_fail fail;
};

struct batch {
    struct gv_exchange *x;
    const struct gv_family *family;
    struct gv_upload upload; /* its slot holds the text of all items; NULL after a timeout */
    struct gv_idempotency idempotency;
    bool all_or_nothing;
    uint32_t count;
    struct item items[GV_BATCH_MAX];
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

/* What was listed when the batch was sent before. Returns: false: it was answered. */
static bool find_before(struct batch *batch)
{
    uint32_t known = 0;
    for (uint32_t i = 0; i < batch->count; i++) {
        const struct gv_hash256 key = item_key(batch, i);
        struct gv_replay replay;
        struct gv_fail fail;
        const enum gv_err err =
            gv_engine_replay(gv_api_of(batch->x)->config.engine, &key, &replay, &fail);
        if (err == GV_OK && gv_hash256_equal(&replay.body, &batch->idempotency.body)) {
            batch->items[i].id = id_of(&replay);
            known++;
        } else if (err == GV_OK) {
            gv_idempotency_refuse(batch->x);
            return false;
        } else if (err != GV_ERR_NOT_FOUND) {
            gv_api_fail(batch->x, &fail);
            return false;
        }
    }
    if (known == batch->count) {
        gv_reply_header(batch->x, "Idempotency-Replayed", "true");
    }
    return true;
}

/* ---- the answer ------------------------------------------------------------------------------------ */

static void write_item(struct gv_json_out *out, const struct batch *batch, uint32_t i)
{
    const struct item *item = &batch->items[i];
    gv_jo_object(out);
    gv_jo_kint(out, "index", i);
    gv_jo_kint(out, "code", item->status);
    if (item->status == 201) {
        gv_jo_kint(out, "id", (int64_t)item->id);
    } else {
        gv_jo_key(out, "error");
        gv_api_write_problem(out, batch->x, item->status, &item->fail);
    }
    gv_jo_object_end(out);
}

static void send(struct batch *batch)
{
    struct gv_exchange *x = batch->x;
    struct gv_json_out out;
    gv_json_out_init(&out, gv_api_worker_of(x)->reply, GV_REPLY_BYTES_MAX);
    gv_jo_object(&out);
    gv_jo_key(&out, "items");
    gv_jo_array(&out);
    for (uint32_t i = 0; i < batch->count; i++) {
        write_item(&out, batch, i);
    }
    gv_jo_array_end(&out);
    gv_jo_object_end(&out);
    GV_ASSERT(!out.full);
    gv_reply_status(x, 207);
    gv_api_json(x, &out);
}

/* ---- each by itself -------------------------------------------------------------------------------- */

static enum gv_err list_item(struct batch *batch, gv_json_ref v, uint32_t i)
{
    struct item *item = &batch->items[i];
    const struct gv_hash256 key = item_key(batch, i);
    const uint32_t granted = gv_caller_of(batch->x)->granted;
    if (batch->upload.submission == NULL) {
        return gv_fail(&item->fail, GV_ERR_UNAVAILABLE, "engine.busy",
                       "an item before this one was not answered in time; send the batch again");
    }
    gv_upload_next(&batch->upload);
    gv_create_keep(&batch->upload, batch->family, &key, &batch->idempotency.body);
    if (!batch->all_or_nothing) {
        return gv_create_dutch(&batch->upload, v, batch->family, granted, &item->id, &item->fail);
    }
    const enum gv_err err = gv_create_check(&batch->upload, v, batch->family, granted, &item->fail);
    if (err == GV_OK && gv_submission_park(batch->upload.submission) != GV_OK) {
        return gv_fail(&item->fail, GV_ERR_TOO_LARGE, "upload.ladder_full",
                       "this box takes no more PSBTs at a time; list the rest apart");
    }
    return err;
}

/* "/psbts/3" of item 2 is "/items/2/psbts/3" of the request. */
static void refuse_item(struct batch *batch, uint32_t i)
{
    struct gv_fail *fail = &batch->items[i].fail;
    char inside[sizeof(fail->pointer)];
    memcpy(inside, fail->pointer, sizeof(inside));
    gv_format_cut(fail->pointer, sizeof(fail->pointer), "/items/%u%s", i, inside);
    batch->items[i].status = gv_http_status_of(fail);
}

/* Returns: the items that were refused. */
static uint32_t list_items(struct batch *batch, gv_json_ref items)
{
    struct gv_json_iter it;
    gv_json_ref v = gv_json_first(&it, items);
    uint32_t refused = 0;
    for (uint32_t i = 0; i < batch->count; i++) {
        batch->items[i].status = 201;
        if (batch->items[i].id == 0 && list_item(batch, v, i) != GV_OK) {
            refuse_item(batch, i);
            refused++;
        }
        /* The items are in the slot, which is the engine's after a timeout. */
        v = batch->upload.submission != NULL ? gv_json_next(&it) : NULL;
    }
    return refused;
}

/* ---- all or nothing -------------------------------------------------------------------------------- */

/* The engine has the last word. Out: at: the item that it refuses; count: none is to blame. */
static enum gv_err list_parked(struct batch *batch, uint32_t *at, struct gv_fail *fail)
{
    struct gv_upload *upload = &batch->upload;
    const enum gv_err err =
        gv_engine_create_all(upload->api->config.engine, &upload->submission, at, fail);
    for (uint32_t i = 0; i < batch->count && err == GV_OK; i++) {
        batch->items[i].id = upload->submission->parked[i].id;
    }
    return err;
}

/* The others are not to blame, and not listed. */
static void give_up(struct batch *batch)
{
    for (uint32_t i = 0; i < batch->count; i++) {
        if (batch->items[i].status == 201) {
            batch->items[i].status = 424;
            gv_fail(&batch->items[i].fail, GV_ERR_CONFLICT, "dutch.batch_undone",
                    "nothing was listed: another item of the batch was refused");
        }
    }
}

static void list_all(struct batch *batch, gv_json_ref items)
{
    struct gv_fail fail = {.err = GV_OK};
    uint32_t at = 0;
    if (list_items(batch, items) > 0) {
        give_up(batch);
    } else if (list_parked(batch, &at, &fail) != GV_OK) {
        if (at == batch->count) {
            gv_api_fail(batch->x, &fail);
            return;
        }
        batch->items[at].fail = fail;
        refuse_item(batch, at);
        give_up(batch);
    }
    send(batch);
}

/* ---- the request ----------------------------------------------------------------------------------- */

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
    const gv_json_ref all = gv_json_get(json.root, "all_or_nothing");
    if (all != NULL && !gv_json_bool(all, &batch->all_or_nothing)) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/all_or_nothing", "json.type",
                          "all_or_nothing is true or false");
    }
    *items = gv_json_get(json.root, "items");
    const size_t count = gv_json_len(*items);
    if (gv_json_type(*items) != GV_JSON_ARRAY || count == 0 || count > GV_BATCH_MAX) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/items", "dutch.batch",
                          "items must be a list of 1 to %u listings", GV_BATCH_MAX);
    }
    batch->count = (uint32_t)count;
    return GV_OK;
}

static void answer(struct batch *batch)
{
    struct gv_fail fail;
    gv_json_ref items = NULL;
    if (read_items(batch, &items, &fail) != GV_OK) {
        gv_api_fail(batch->x, &fail);
        return;
    }
    if (!gv_gate_charge(batch->x, batch->count - 1u) || !find_before(batch)) {
        return;
    }
    batch->all_or_nothing = batch->all_or_nothing && batch->items[0].id == 0; /* else it is done */
    if (batch->all_or_nothing) {
        list_all(batch, items);
    } else {
        (void)list_items(batch, items);
        send(batch);
    }
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
