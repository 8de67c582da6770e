#include "app/auction/orders/order.h"

#include "firmware/base/assert.h"

#include <math.h>
#include <string.h>

const char *gv_order_state_text(enum gv_order_state state)
{
    switch (state) {
    case GV_ORDER_PENDING:
        return "pending";
    case GV_ORDER_IN_AUCTION:
        return "in_auction";
    case GV_ORDER_COMMITTED:
        return "committed";
    case GV_ORDER_FULFILLED:
        return "fulfilled";
    case GV_ORDER_EXPIRED:
        return "expired";
    }
    GV_UNREACHABLE("order state outside its enumeration");
}

static bool is_id_character(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

enum gv_err gv_solver_id_parse(struct gv_solver_id *id, struct gv_view text, struct gv_fail *fail)
{
    bool good = text.n >= 1 && text.n <= GV_SOLVER_ID_MAX;
    for (size_t i = 0; good && i < text.n; i++) {
        good = is_id_character(text.p[i]);
    }
    if (!good) {
        return gv_fail(fail, GV_ERR_INVALID, "orders.solver_id",
                       "a solver id has 1 to %u characters of A-Z a-z 0-9 . _ -", GV_SOLVER_ID_MAX);
    }
    memset(id, 0, sizeof(*id));
    memcpy(id->text, text.p, text.n);
    return GV_OK;
}

bool gv_solver_id_equal(const struct gv_solver_id *a, const struct gv_solver_id *b)
{
    return strcmp(a->text, b->text) == 0;
}

enum gv_err gv_order_min_output(uint64_t *min_output, uint64_t max_input, double rate,
                                struct gv_fail *fail)
{
    if (max_input > GV_ORDER_AMOUNT_MAX) {
        return gv_fail(fail, GV_ERR_INVALID, "orders.max_input", "max_input is above 2^53 - 1");
    }
    if (!isfinite(rate) || !(rate > 0.0)) {
        return gv_fail(fail, GV_ERR_INVALID, "orders.rate",
                       "conversion_rate is a finite number above 0");
    }
    const double product = (double)max_input * rate;
    if (!(product < (double)GV_ORDER_AMOUNT_MAX + 1.0)) {
        return gv_fail(fail, GV_ERR_INVALID, "orders.rate",
                       "max_input times conversion_rate is above 2^53 - 1");
    }
    *min_output = (uint64_t)product; /* truncation is floor: the product is not negative */
    return GV_OK;
}
