/* The writing half of wire.h. */
#include "app/auction/orders/wire.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <stdlib.h>
#include <string.h>

/* Digits that always tell one double from every other. Source: IEEE 754, 5.12.2. */
#define DIGITS_MAX 17

/* Decimal digits and exponent of v: 0.d1d2d3... x 10^point. */
struct decimal {
    char digits[DIGITS_MAX + 1];
    int count;
    int point;
    bool negative;
};

static void shortest(struct decimal *out, double v)
{
    char text[GV_ORDER_RATE_MAX];
    for (int digits = 1; digits <= DIGITS_MAX; digits++) {
        const bool fits = gv_format(text, sizeof(text), "%.*e", digits - 1, v);
        GV_ASSERT(fits);
        if (strtod(text, NULL) == v) {
            break;
        }
    }
    const char *e = strchr(text, 'e');
    GV_ASSERT(e != NULL);
    memset(out, 0, sizeof(*out));
    out->negative = text[0] == '-';
    for (const char *p = text; p < e; p++) {
        if (*p >= '0' && *p <= '9') {
            out->digits[out->count++] = *p;
        }
    }
    out->point = (int)strtol(e + 1, NULL, 10) + 1;
}

/* Where the original's writer changes from plain digits to an exponent. */
#define POINT_LEAST (-4)
#define POINT_MOST  16

void gv_order_rate_format(char text[GV_ORDER_RATE_MAX], double v)
{
    struct decimal d;
    shortest(&d, v);
    const char *sign = d.negative ? "-" : "";
    bool fits;
    if (v == 0.0) {
        fits = gv_format(text, GV_ORDER_RATE_MAX, "%s0.0", sign);
    } else if (d.point < POINT_LEAST || d.point > POINT_MOST) {
        fits = gv_format(text, GV_ORDER_RATE_MAX, "%s%c%s%se%d", sign, d.digits[0],
                         d.count > 1 ? "." : "", d.digits + 1, d.point - 1);
    } else if (d.point <= 0) {
        fits = gv_format(text, GV_ORDER_RATE_MAX, "%s0.%.*s%s", sign, -d.point, "0000", d.digits);
    } else if (d.count <= d.point) {
        fits = gv_format(text, GV_ORDER_RATE_MAX, "%s%s%.*s.0", sign, d.digits, d.point - d.count,
                         "0000000000000000");
    } else {
        fits = gv_format(text, GV_ORDER_RATE_MAX, "%s%.*s.%s", sign, d.point, d.digits,
                         d.digits + d.point);
    }
    GV_ASSERT(fits);
}

static void begin(struct gv_json_out *out, const char *variant)
{
    out->comma = false; /* every line stands alone */
    gv_jo_object(out);
    gv_jo_key(out, variant);
}

static void end(struct gv_json_out *out)
{
    gv_jo_object_end(out);
    out->comma = false;
    gv_jo_raw(out, "\n", 1);
}

static void put_uint(struct gv_json_out *out, const char *key, uint64_t v)
{
    gv_jo_key(out, key);
    gv_jo_uint(out, v);
}

static void put_auth(struct gv_json_out *out, const char *auth)
{
    if (auth[0] != '\0') {
        gv_jo_kstring(out, "auth", auth);
    }
}

void gv_order_write_batch_begin(struct gv_json_out *out)
{
    begin(out, "NewOrderBatch");
    gv_jo_array(out);
}

void gv_order_write_batch_order(struct gv_json_out *out, const struct gv_order_wire_order *order)
{
    gv_jo_object(out);
    put_uint(out, "id", order->id);
    gv_jo_key(out, "description");
    gv_jo_text(out, order->description);
    put_uint(out, "creation_time", order->created_s);
    gv_jo_object_end(out);
}

void gv_order_write_batch_end(struct gv_json_out *out)
{
    gv_jo_array_end(out);
    end(out);
}

void gv_order_write_commitment(struct gv_json_out *out,
                               const struct gv_order_wire_commitment *commitment)
{
    const struct gv_order_commitment *c = &commitment->commitment;
    begin(out, "CommitmentNotification");
    gv_jo_object(out);
    put_uint(out, "order_id", commitment->order_id);
    gv_jo_kstring(out, "solver_id", c->solver.text);
    put_uint(out, "input_amount", c->input);
    put_uint(out, "min_output_amount", c->output);
    put_uint(out, "deadline", (uint64_t)c->deadline_s);
    gv_jo_object_end(out);
    end(out);
}

void gv_order_write_closed(struct gv_json_out *out, uint64_t order_id)
{
    begin(out, "AuctionClosedNoWinner");
    gv_jo_uint(out, order_id);
    end(out);
}

void gv_order_write_bid(struct gv_json_out *out, const struct gv_order_wire_bid *bid)
{
    char rate[GV_ORDER_RATE_MAX];
    gv_order_rate_format(rate, bid->bid.rate);
    begin(out, "SubmitBid");
    gv_jo_object(out);
    put_uint(out, "order_id", bid->bid.order_id);
    gv_jo_kstring(out, "solver_id", bid->bid.solver.text);
    put_uint(out, "max_input", bid->bid.max_input);
    gv_jo_key(out, "conversion_rate");
    gv_jo_raw(out, rate, strlen(rate));
    put_uint(out, "valid_till", (uint64_t)bid->bid.valid_till_s);
    put_auth(out, bid->auth);
    gv_jo_object_end(out);
    end(out);
}

void gv_order_write_claim(struct gv_json_out *out, const struct gv_order_wire_claim *claim)
{
    begin(out, "FulfillmentComplete");
    gv_jo_object(out);
    put_uint(out, "order_id", claim->order_id);
    gv_jo_kstring(out, "solver_id", claim->solver.text);
    put_auth(out, claim->auth);
    gv_jo_object_end(out);
    end(out);
}

/* ---- what is signed -------------------------------------------------------------------------------- */

/* The longest: names and punctuation 90, an id of 64, numbers of 20, 32 and 20 digits. */
#define SIGNED_MAX 512u

static void digest_line(struct gv_hash256 *digest, const char *domain,
                        const struct gv_json_out *out)
{
    struct gv_sha256 sha;
    GV_ASSERT(!out->full);
    gv_tagged_init(&sha, "gavel/order-line");
    gv_sha256_add(&sha, gv_view_str(domain));
    gv_sha256_add(&sha, gv_view_of(out->p, out->n - 1));
    gv_sha256_finish(&sha, digest);
}

void gv_order_bid_digest(struct gv_hash256 *digest, const char *domain,
                         const struct gv_order_wire_bid *bid)
{
    char text[SIGNED_MAX];
    struct gv_json_out out;
    struct gv_order_wire_bid bare = *bid;
    bare.auth[0] = '\0';
    gv_json_out_init(&out, text, sizeof(text));
    gv_order_write_bid(&out, &bare);
    digest_line(digest, domain, &out);
}

void gv_order_claim_digest(struct gv_hash256 *digest, const char *domain,
                           const struct gv_order_wire_claim *claim)
{
    char text[SIGNED_MAX];
    struct gv_json_out out;
    struct gv_order_wire_claim bare = *claim;
    bare.auth[0] = '\0';
    gv_json_out_init(&out, text, sizeof(text));
    gv_order_write_claim(&out, &bare);
    digest_line(digest, domain, &out);
}
