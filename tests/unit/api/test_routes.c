/* Shows: the table reaches every file of the page and answers "no such path" to the rest, whatever the
 * method (404 and 405 under /api, in JSON), and asks for a key wherever something is stored.
 * How: the server's own router over the real table. */
#include "firmware/base/text.h"
#include "web/api/api.h"
#include "web/api/assets.h"
#include "web/api/handlers.h"
#include "web/server/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static char allow[64];

static const struct gv_route *find(const char *method, const char *path)
{
    struct gv_view params[GV_WEB_PARAMS_MAX];
    const struct gv_web_request request = {.method = gv_view_str(method),
                                           .path = gv_view_str(path)};
    return gv_router_find(gv_api_routes, gv_api_routes_count, &request, params, allow,
                          sizeof(allow));
}

static void every_row_can_be_reached(void **state)
{
    (void)state;
    struct gv_fail fail;
    assert_int_equal(gv_router_check(gv_api_routes, gv_api_routes_count, &fail), GV_OK);
}

static void every_file_of_the_page_has_its_row(void **state)
{
    (void)state;
    assert_true(gv_assets_count > 0);
    for (size_t i = 0; i < gv_assets_count; i++) {
        const struct gv_route *route = find("GET", gv_assets[i].path);
        if (route == NULL || route->handler != gv_handle_asset)
            fail_msg("no row serves %s", gv_assets[i].path);
    }
}

static void unknown_paths_are_unknown_to_every_method(void **state)
{
    (void)state;
    const char *const paths[] = {
        "/api",
        "/api/nothing",
        "/api/v1",
        "/api/v1/nothing",
        "/api/v1/dutch/1/nothing",
        "/api/listings/1/psbts",
        "/etc/passwd",
        "/api/auctions/1/2/3/4",
    };
    const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    for (size_t p = 0; p < sizeof(paths) / sizeof(paths[0]); p++) {
        for (size_t m = 0; m < sizeof(methods) / sizeof(methods[0]); m++) {
            assert_null(find(methods[m], paths[p]));
            assert_string_equal(allow, "");
        }
    }
}

static void other_methods_of_known_paths_are_named(void **state)
{
    (void)state;
    assert_null(find("DELETE", "/api/listings"));
    assert_string_equal(allow, "GET, HEAD, POST");
    assert_null(find("POST", "/api/listings/7"));
    assert_string_equal(allow, "GET, HEAD");
    assert_null(find("PUT", "/api/v1/dutch/7/purchase"));
    assert_string_equal(allow, "POST");
}

static void what_stores_asks_for_a_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < gv_api_routes_count; i++) {
        const struct gv_route *route = &gv_api_routes[i];
        const bool stores = route->handler == gv_handle_create || route->handler == gv_handle_check;
        uint32_t need = 0;
        assert_true(gv_scope_need(route->scope, &need));
        if (stores)
            assert_string_equal(route->scope, "auctions:write");
    }
}

/* Until somebody owns the box it shows its page and how it is, and can be claimed: nothing else. */
static void an_unclaimed_box_answers_set_up_alone(void **state)
{
    (void)state;
    static const char *const open[] = {"setup", "setup_claim", "health",         "ready",
                                       "ca",    "ca_profile",  GV_OPERATION_PAGE};
    for (size_t i = 0; i < gv_api_routes_count; i++) {
        const struct gv_route *route = &gv_api_routes[i];
        bool expected = false;
        for (size_t k = 0; k < sizeof(open) / sizeof(open[0]); k++)
            expected = expected || strcmp(route->operation, open[k]) == 0;
        assert_int_equal((route->flags & GV_ROUTE_UNCLAIMED) != 0, expected);
        const bool local = (route->flags & GV_ROUTE_LOCAL) != 0;
        assert_int_equal(local, strcmp(route->operation, "metrics") == 0);
    }
}

static void scopes_have_one_name_each(void **state)
{
    (void)state;
    const uint32_t all = GV_SCOPES_GRANTABLE;
    for (uint32_t i = 0; i < GV_SCOPES; i++) {
        const uint32_t bit = gv_scope_parse(gv_view_str(gv_scope_name(all, i)));
        assert_int_not_equal(bit & all, 0);
        assert_null(gv_scope_name(all & ~bit, i));
    }
    assert_int_equal(gv_scope_parse(gv_view_str("auctions")), 0);
    assert_int_equal(gv_scope_parse(gv_view_str("Admin")), 0);
    assert_int_equal(gv_scope_parse(gv_view_str("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_can_be_reached),
        cmocka_unit_test(every_file_of_the_page_has_its_row),
        cmocka_unit_test(unknown_paths_are_unknown_to_every_method),
        cmocka_unit_test(other_methods_of_known_paths_are_named),
        cmocka_unit_test(what_stores_asks_for_a_key),
        cmocka_unit_test(an_unclaimed_box_answers_set_up_alone),
        cmocka_unit_test(scopes_have_one_name_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
