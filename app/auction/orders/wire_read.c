/* The reading half of wire.h. */
#include "app/auction/orders/wire.h"
#include "firmware/base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The members of one struct, as an object or as an array in the order of `names`. */
struct members {
    gv_json_ref value;
    bool is_array;
};

static enum gv_err fail_member(struct gv_fail *fail, const char *name)
{
    return gv_fail(fail, GV_ERR_INVALID, "orders.member",
                   "the member \"%s\" is missing or of the wrong type", name);
}

/* In: least: members that an array must have; most: and may have (optional ones come last). */
static enum gv_err members_of(struct members *members, gv_json_ref value, size_t least, size_t most,
                              struct gv_fail *fail)
{
    members->value = value;
    members->is_array = gv_json_type(value) == GV_JSON_ARRAY;
    if (!members->is_array) {
        return gv_json_unique(value, "", fail);
    }
    const size_t count = gv_json_len(value);
    if (count < least || count > most) {
        return gv_fail(fail, GV_ERR_INVALID, "orders.member",
                       "the array has %zu members instead of %zu", count, least);
    }
    return GV_OK;
}

static gv_json_ref member(const struct members *members, size_t place, const char *name)
{
    if (!members->is_array) {
        return gv_json_get(members->value, name);
    }
    struct gv_json_iter it;
    gv_json_ref v = gv_json_first(&it, members->value);
    for (size_t i = 0; i < place && v != NULL; i++) {
        v = gv_json_next(&it);
    }
    return v;
}

static enum gv_err read_u64(uint64_t *out, const struct members *members, size_t place,
                            const char *name, struct gv_fail *fail)
{
    struct gv_view text;
    if (!gv_json_number_text(member(members, place, name), &text) ||
        !gv_parse_u64(out, text, UINT64_MAX)) {
        return fail_member(fail, name);
    }
    return GV_OK;
}

/* Seconds that fit the signed time of the book. */
static enum gv_err read_time(int64_t *out, const struct members *members, size_t place,
                             const char *name, struct gv_fail *fail)
{
    uint64_t v = 0;
    const enum gv_err err = read_u64(&v, members, place, name, fail);
    if (err == GV_OK) {
        /* Later than any clock will tell is as good as the end of time. */
        *out = v > GV_ORDER_AMOUNT_MAX ? (int64_t)GV_ORDER_AMOUNT_MAX : (int64_t)v;
    }
    return err;
}

static enum gv_err read_solver(struct gv_solver_id *out, const struct members *members,
                               size_t place, struct gv_fail *fail)
{
    struct gv_view text;
    if (!gv_json_string(member(members, place, "solver_id"), &text)) {
        return fail_member(fail, "solver_id");
    }
    return gv_solver_id_parse(out, text, fail);
}

static enum gv_err read_auth(char out[GV_ORDER_AUTH_MAX], const struct members *members,
                             size_t place, struct gv_fail *fail)
{
    struct gv_view text = {.p = NULL, .n = 0};
    const gv_json_ref v = member(members, place, "auth");
    if (v != NULL && (!gv_json_string(v, &text) || text.n >= GV_ORDER_AUTH_MAX)) {
        return fail_member(fail, "auth");
    }
    memset(out, 0, GV_ORDER_AUTH_MAX);
    if (text.n > 0) {
        memcpy(out, text.p, text.n);
    }
    return GV_OK;
}

static enum gv_err read_rate(struct gv_order_wire_bid *out, const struct members *members,
                             size_t place, struct gv_fail *fail)
{
    struct gv_view text;
    if (!gv_json_number_text(member(members, place, "conversion_rate"), &text) ||
        text.n >= GV_ORDER_RATE_MAX) {
        return fail_member(fail, "conversion_rate");
    }
    memset(out->rate_text, 0, sizeof(out->rate_text));
    memcpy(out->rate_text, text.p, text.n);
    out->bid.rate = strtod(out->rate_text, NULL);
    return isfinite(out->bid.rate) ? GV_OK : fail_member(fail, "conversion_rate");
}

/* ---- the messages ---------------------------------------------------------------------------------- */

static enum gv_err read_bid(struct gv_order_wire_bid *out, gv_json_ref value, struct gv_fail *fail)
{
    struct members m;
    memset(out, 0, sizeof(*out));
    enum gv_err err = members_of(&m, value, 5, 6, fail);
    if (err == GV_OK) {
        err = read_u64(&out->bid.order_id, &m, 0, "order_id", fail);
    }
    if (err == GV_OK) {
        err = read_solver(&out->bid.solver, &m, 1, fail);
    }
    if (err == GV_OK) {
        err = read_u64(&out->bid.max_input, &m, 2, "max_input", fail);
    }
    if (err == GV_OK) {
        err = read_rate(out, &m, 3, fail);
    }
    if (err == GV_OK) {
        err = read_time(&out->bid.valid_till_s, &m, 4, "valid_till", fail);
    }
    return err == GV_OK ? read_auth(out->auth, &m, 5, fail) : err;
}

static enum gv_err read_claim(struct gv_order_wire_claim *out, gv_json_ref value,
                              struct gv_fail *fail)
{
    struct members m;
    enum gv_err err = members_of(&m, value, 2, 3, fail);
    if (err == GV_OK) {
        err = read_u64(&out->order_id, &m, 0, "order_id", fail);
    }
    if (err == GV_OK) {
        err = read_solver(&out->solver, &m, 1, fail);
    }
    return err == GV_OK ? read_auth(out->auth, &m, 2, fail) : err;
}

static enum gv_err read_commitment(struct gv_order_wire_commitment *out, gv_json_ref value,
                                   struct gv_fail *fail)
{
    struct members m;
    memset(out, 0, sizeof(*out));
    enum gv_err err = members_of(&m, value, 5, 5, fail);
    if (err == GV_OK) {
        err = read_u64(&out->order_id, &m, 0, "order_id", fail);
    }
    if (err == GV_OK) {
        err = read_solver(&out->commitment.solver, &m, 1, fail);
    }
    if (err == GV_OK) {
        err = read_u64(&out->commitment.input, &m, 2, "input_amount", fail);
    }
    if (err == GV_OK) {
        err = read_u64(&out->commitment.output, &m, 3, "min_output_amount", fail);
    }
    return err == GV_OK ? read_time(&out->commitment.deadline_s, &m, 4, "deadline", fail) : err;
}

enum gv_err gv_order_wire_order_read(struct gv_order_wire_order *order, gv_json_ref v,
                                     struct gv_fail *fail)
{
    struct members m;
    enum gv_err err = members_of(&m, v, 3, 3, fail);
    if (err == GV_OK) {
        err = read_u64(&order->id, &m, 0, "id", fail);
    }
    if (err == GV_OK && !gv_json_string(member(&m, 1, "description"), &order->description)) {
        err = fail_member(fail, "description");
    }
    return err == GV_OK ? read_u64(&order->created_s, &m, 2, "creation_time", fail) : err;
}

/* ---- the line ---------------------------------------------------------------------------------------- */

static bool is_blank(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strchr(" \t\r\n", text[i]) == NULL || text[i] == '\0') {
            return false;
        }
    }
    return true;
}

static enum gv_err fail_message(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_INVALID, "orders.message",
                   "the line is no message of the order auction");
}

static enum gv_err read_message(struct gv_order_line *line, gv_json_ref root, struct gv_fail *fail)
{
    if (gv_json_type(root) != GV_JSON_OBJECT || gv_json_len(root) != 1) {
        return fail_message(fail);
    }
    gv_json_ref v = gv_json_get(root, "SubmitBid");
    if (v != NULL) {
        line->kind = GV_ORDER_LINE_BID;
        return read_bid(&line->bid, v, fail);
    }
    v = gv_json_get(root, "FulfillmentComplete");
    if (v != NULL) {
        line->kind = GV_ORDER_LINE_CLAIM;
        return read_claim(&line->claim, v, fail);
    }
    v = gv_json_get(root, "CommitmentNotification");
    if (v != NULL) {
        line->kind = GV_ORDER_LINE_COMMITMENT;
        return read_commitment(&line->commitment, v, fail);
    }
    v = gv_json_get(root, "NewOrderBatch");
    if (gv_json_type(v) == GV_JSON_ARRAY) {
        line->kind = GV_ORDER_LINE_BATCH;
        line->batch.count = gv_json_len(v);
        line->batch.orders = v;
        return GV_OK;
    }
    struct gv_view text;
    v = gv_json_get(root, "AuctionClosedNoWinner");
    line->kind = GV_ORDER_LINE_CLOSED;
    if (gv_json_number_text(v, &text) && gv_parse_u64(&line->closed, text, UINT64_MAX)) {
        return GV_OK;
    }
    return fail_message(fail);
}

enum gv_err gv_order_line_parse(struct gv_order_line *line, struct gv_arena *arena, char *text,
                                size_t text_len, struct gv_fail *fail)
{
    struct gv_json json;
    memset(line, 0, sizeof(*line));
    if (is_blank(text, text_len)) {
        line->kind = GV_ORDER_LINE_BLANK;
        return GV_OK;
    }
    const enum gv_err err = gv_json_parse(&json, arena, text, text_len, fail);
    return err == GV_OK ? read_message(line, json.root, fail) : err;
}
