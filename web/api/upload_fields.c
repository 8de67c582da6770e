#include "web/api/upload.h"

#include "firmware/base/text.h"

#include <string.h>

static const char *const members[] = {
    "asset_name",       "asset_qty",      "utxo_txid",
    "utxo_vout",        "start_block",    "end_block",
    "start_price_sats", "end_price_sats", "price_decrement",
    "blocks_after_end", "psbts",          NULL,
};
/* Instead of name and quantity: a list of them. */
static const char *const bundle_members[] = {
    "assets",
    "utxo_txid",
    "utxo_vout",
    "start_block",
    "end_block",
    "start_price_sats",
    "end_price_sats",
    "price_decrement",
    "blocks_after_end",
    "psbts",
    NULL,
};
static const char *const asset_members[] = {"asset_name", "asset_qty", NULL};
/* All there are. */
static const char *const all_members[] = {
    "asset_name",
    "asset_qty",
    "assets",
    "utxo_txid",
    "utxo_vout",
    "start_block",
    "end_block",
    "start_price_sats",
    "end_price_sats",
    "price_decrement",
    "blocks_after_end",
    "reserve_price_sats",
    "psbts",
    NULL,
};
static const char *const rung_members[] = {"block_number", "price_sats", "psbt_data", NULL};

static enum gv_err type_error(struct gv_fail *fail, const char *pointer, const char *what)
{
    return gv_fail_at(fail, GV_ERR_INVALID, pointer, "json.type", "%s must be %s", pointer + 1,
                      what);
}

static enum gv_err check_present(gv_json_ref object, const char *const *names, const char *pointer,
                                 struct gv_fail *fail)
{
    for (; *names != NULL; names++) {
        if (gv_json_get(object, *names) == NULL) {
            char at[64];
            gv_format_cut(at, sizeof(at), "%s/%s", pointer, *names);
            return gv_fail_at(fail, GV_ERR_INVALID, at, "json.missing",
                              "required field %s is missing%s%s", *names,
                              pointer[0] != '\0' ? " in " : "", pointer);
        }
    }
    return GV_OK;
}

static enum gv_err check_members(gv_json_ref object, const char *const *names, const char *pointer,
                                 bool strict, struct gv_fail *fail)
{
    return strict ? gv_json_members(object, names, pointer, fail)
                  : gv_json_unique(object, pointer, fail);
}

/* ---- single fields ------------------------------------------------------------------------------ */

/* In: at: pointer of the object that holds name and quantity, "" for the root. */
static enum gv_err read_asset(struct gv_upload *upload, gv_json_ref object, const char *at,
                              struct gv_fail *fail)
{
    struct gv_view name;
    struct gv_view qty;
    int64_t any;
    char pointer[48];
    gv_format_cut(pointer, sizeof(pointer), "%s/asset_name", at);
    if (!gv_json_string(gv_json_get(object, "asset_name"), &name)) {
        return type_error(fail, pointer, "a text");
    }
    struct gv_fail why;
    if (gv_asset_name_check(name, &why) != GV_OK) {
        return gv_fail_at(fail, GV_ERR_INVALID, pointer, why.code, "%s", why.text);
    }
    gv_format_cut(pointer, sizeof(pointer), "%s/asset_qty", at);
    if (!gv_json_number_text(gv_json_get(object, "asset_qty"), &qty)) {
        return type_error(fail, pointer, "a number");
    }
    /* What no asset can have is refused before anybody is asked about this one. */
    if (gv_asset_qty_parse(&any, qty, true, NULL) != GV_OK &&
        gv_asset_qty_parse(&any, qty, false, &why) != GV_OK) {
        return gv_fail_at(fail, GV_ERR_INVALID, pointer, why.code, "%s", why.text);
    }
    upload->assets[upload->asset_count].name = name;
    upload->assets[upload->asset_count].qty = qty;
    upload->asset_count++;
    return GV_OK;
}

static enum gv_err read_bundle(struct gv_upload *upload, gv_json_ref root, struct gv_fail *fail)
{
    const gv_json_ref assets = gv_json_get(root, "assets");
    const size_t count = gv_json_len(assets);
    struct gv_json_iter it;
    uint32_t i = 0;
    upload->is_bundle = true;
    for (size_t m = 0; asset_members[m] != NULL; m++) {
        char pointer[48];
        gv_format_cut(pointer, sizeof(pointer), "/%s", asset_members[m]);
        if (gv_json_get(root, asset_members[m]) != NULL) {
            return gv_fail_at(fail, GV_ERR_INVALID, pointer, "dutch.bundle",
                              "give either assets or asset_name and asset_qty");
        }
    }
    if (gv_json_type(assets) != GV_JSON_ARRAY || count == 0 || count > GV_BUNDLE_MAX) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/assets", "dutch.bundle",
                          "assets must be a list of 1 to %u assets", GV_BUNDLE_MAX);
    }
    for (gv_json_ref v = gv_json_first(&it, assets); v != NULL; v = gv_json_next(&it), i++) {
        char pointer[24];
        gv_format_cut(pointer, sizeof(pointer), "/assets/%u", i);
        enum gv_err err = gv_json_members(v, asset_members, pointer, fail);
        if (err == GV_OK) {
            err = read_asset(upload, v, pointer, fail);
        }
        if (err != GV_OK) {
            return err;
        }
    }
    return GV_OK;
}

/* The first asset's name shows in the terms even before the indexer was asked. */
static enum gv_err read_assets(struct gv_upload *upload, gv_json_ref root, bool strict,
                               struct gv_fail *fail)
{
    struct gv_dutch_terms *terms = &upload->submission->terms;
    upload->asset_count = 0;
    const enum gv_err err = strict && gv_json_get(root, "assets") != NULL
                                ? read_bundle(upload, root, fail)
                                : read_asset(upload, root, "", fail);
    if (err != GV_OK) {
        return err;
    }
    const struct gv_view name = upload->assets[0].name;
    memcpy(terms->asset_name, name.p, name.n); /* the grammar keeps names below the limit */
    terms->asset_name[name.n] = '\0';
    return GV_OK;
}

static enum gv_err read_outpoint(struct gv_upload *upload, gv_json_ref root, struct gv_fail *fail)
{
    struct gv_outpoint *utxo = &upload->submission->terms.utxo;
    struct gv_view txid;
    int64_t vout;
    bool capital = false;
    if (!gv_json_string(gv_json_get(root, "utxo_txid"), &txid)) {
        return type_error(fail, "/utxo_txid", "a text");
    }
    for (size_t i = 0; i < txid.n; i++) {
        capital = capital || (txid.p[i] >= 'A' && txid.p[i] <= 'F');
    }
    if (capital || gv_hex_decode_reversed(utxo->txid.b, sizeof(utxo->txid.b), (const char *)txid.p,
                                          txid.n) != GV_OK) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/utxo_txid", "utxo.txid",
                          "utxo_txid must be 64 lower-case hex digits");
    }
    if (!gv_json_int(gv_json_get(root, "utxo_vout"), &vout)) {
        return type_error(fail, "/utxo_vout", "an integer");
    }
    if (vout < 0 || vout > UINT32_MAX) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/utxo_vout", "dutch.range",
                          "utxo_vout must be an integer from 0 to 4294967295");
    }
    utxo->vout = (uint32_t)vout;
    return GV_OK;
}

/* In: strict: the original knew no reserve, and its clients may use the name for something else. */
static enum gv_err read_numbers(struct gv_upload *upload, gv_json_ref root, bool strict,
                                struct gv_fail *fail)
{
    struct gv_dutch_numbers *n = &upload->numbers;
    const struct {
        const char *pointer;
        int64_t *out;
    } rows[] = {
        {"/start_block", &n->start_block},           {"/end_block", &n->end_block},
        {"/blocks_after_end", &n->blocks_after_end}, {"/start_price_sats", &n->start_price},
        {"/end_price_sats", &n->end_price},          {"/price_decrement", &n->price_decrement},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!gv_json_int(gv_json_get(root, rows[i].pointer + 1), rows[i].out)) {
            return type_error(fail, rows[i].pointer, "an integer");
        }
    }
    const gv_json_ref reserve = strict ? gv_json_get(root, "reserve_price_sats") : NULL;
    if (reserve != NULL && !gv_json_int(reserve, &n->reserve)) {
        return type_error(fail, "/reserve_price_sats", "an integer");
    }
    return gv_dutch_check_numbers(n, fail);
}

/* ---- the ladder ---------------------------------------------------------------------------------- */

static enum gv_err rung_error(struct gv_fail *fail, uint32_t i, const char *member,
                              const char *code, const char *text)
{
    char pointer[48];
    gv_format_cut(pointer, sizeof(pointer), "/psbts/%u/%s", i, member);
    return gv_fail_at(fail, GV_ERR_INVALID, pointer, code, "PSBT %u of the list: %s", i, text);
}

/* Decodes in place: the text is inside the body, and its bytes are shorter. */
static enum gv_err read_psbt(struct gv_upload *upload, gv_json_ref v, uint32_t i,
                             struct gv_fail *fail)
{
    char *body = upload->submission->body;
    struct gv_view text;
    size_t n = 0;
    if (!gv_json_string(v, &text)) {
        return rung_error(fail, i, "psbt_data", "json.type", "psbt_data must be a text");
    }
    const size_t at = (size_t)((const char *)text.p - body);
    uint8_t *place = (uint8_t *)body + at;
    struct gv_fail why;
    if (gv_psbt_decode_text(place, &n, GV_PSBT_CHECK_BYTES_MAX, text, &why) != GV_OK) {
        return rung_error(fail, i, "psbt_data", why.code, why.text);
    }
    upload->submission->psbt_raw[i] = gv_view_of(place, n);
    return GV_OK;
}

static enum gv_err read_rung(struct gv_upload *upload, gv_json_ref v, uint32_t i, bool strict,
                             struct gv_fail *fail)
{
    char pointer[48];
    int64_t block, price;
    gv_format_cut(pointer, sizeof(pointer), "/psbts/%u", i);
    enum gv_err err =
        gv_json_type(v) == GV_JSON_OBJECT ? GV_OK : type_error(fail, pointer, "an object");
    if (err == GV_OK) {
        err = check_members(v, rung_members, pointer, strict, fail);
    }
    if (err == GV_OK) {
        err = check_present(v, rung_members, pointer, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    if (!gv_json_int(gv_json_get(v, "block_number"), &block) || block < 1 || block > UINT32_MAX) {
        return rung_error(fail, i, "block_number", "dutch.range",
                          "block_number must be a positive integer");
    }
    if (!gv_json_int(gv_json_get(v, "price_sats"), &price) || price < 1 ||
        price > (int64_t)GV_SAT_MAX) {
        return rung_error(fail, i, "price_sats", "dutch.range",
                          "price_sats must be an integer from 1 to 2100000000000000");
    }
    upload->submission->rungs[i].block = (uint32_t)block;
    upload->submission->rungs[i].price.v = (uint64_t)price;
    return read_psbt(upload, gv_json_get(v, "psbt_data"), i, fail);
}

enum gv_err gv_upload_rungs(struct gv_upload *upload, gv_json_ref psbts, bool strict,
                            struct gv_fail *fail)
{
    struct gv_submission *submission = upload->submission;
    struct gv_json_iter it;
    const size_t count = gv_json_len(psbts);
    if (gv_json_type(psbts) != GV_JSON_ARRAY || count == 0) {
        return type_error(fail, "/psbts", "a list that is not empty");
    }
    if (count > GV_RUNGS_MAX) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/psbts", "dutch.too_long",
                          "psbts may hold at most %u elements", GV_RUNGS_MAX);
    }
    uint32_t i = 0;
    for (gv_json_ref v = gv_json_first(&it, psbts); v != NULL; v = gv_json_next(&it), i++) {
        const enum gv_err err = read_rung(upload, v, i, strict, fail);
        if (err != GV_OK) {
            return err;
        }
    }
    submission->rung_count = i;
    return GV_OK;
}

static enum gv_err read_ladder(struct gv_upload *upload, gv_json_ref psbts, bool strict,
                               struct gv_fail *fail)
{
    struct gv_submission *submission = upload->submission;
    const enum gv_err err = gv_upload_rungs(upload, psbts, strict, fail);
    return err != GV_OK ? err
                        : gv_dutch_check_ladder(&upload->numbers, submission->rungs,
                                                submission->order, submission->rung_count, fail);
}

static void keep_numbers(struct gv_upload *upload)
{
    struct gv_dutch_terms *terms = &upload->submission->terms;
    const struct gv_dutch_numbers *n = &upload->numbers;
    terms->start_block = (uint32_t)n->start_block;
    terms->end_block = (uint32_t)n->end_block;
    terms->blocks_after_end = (uint32_t)n->blocks_after_end;
    terms->start_price.v = (uint64_t)n->start_price;
    terms->end_price.v = (uint64_t)gv_dutch_floor(n);
    terms->reserve.v = (uint64_t)n->reserve;
    terms->price_decrement.v = (uint64_t)n->price_decrement;
}

enum gv_err gv_upload_fields(struct gv_upload *upload, gv_json_ref root, bool strict,
                             struct gv_fail *fail)
{
    if (gv_json_type(root) != GV_JSON_OBJECT || gv_json_len(root) == 0) {
        return gv_fail(fail, GV_ERR_INVALID, "json.not_object",
                       "No data provided: the body must be a JSON object");
    }
    enum gv_err err = check_members(root, all_members, "", strict, fail);
    if (err == GV_OK) {
        const bool bundle = strict && gv_json_get(root, "assets") != NULL;
        err = check_present(root, bundle ? bundle_members : members, "", fail);
    }
    if (err == GV_OK) {
        err = read_assets(upload, root, strict, fail);
    }
    if (err == GV_OK) {
        err = read_outpoint(upload, root, fail);
    }
    if (err == GV_OK) {
        err = read_numbers(upload, root, strict, fail);
    }
    if (err == GV_OK) {
        err = read_ladder(upload, gv_json_get(root, "psbts"), strict, fail);
    }
    if (err == GV_OK) {
        keep_numbers(upload);
    }
    return err;
}
