/* Shows: openapi.json and the route table say the same, in both directions: every row but the page's
 * files has its operation with the same id, scope, rate class and body, and every operation has its row.
 * How: the served document, read by yyjson, beside the real table. */
#include "web/api/api.h"
#include "web/api/assets.h"
#include "web/server/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <yyjson.h>

static yyjson_doc *doc;
static yyjson_val *paths;

static int read_document(void **state)
{
    (void)state;
    for (size_t i = 0; i < gv_assets_count; i++) {
        const struct gv_asset *asset = &gv_assets[i];
        if (strcmp(asset->path, "/api/v1/openapi.json") == 0)
            doc = yyjson_read((const char *)asset->begin, (size_t)(asset->end - asset->begin), 0);
    }
    paths = yyjson_obj_get(yyjson_doc_get_root(doc), "paths");
    return paths != NULL ? 0 : -1;
}

static int free_document(void **state)
{
    (void)state;
    yyjson_doc_free(doc);
    return 0;
}

/* "GET" as the document writes it. */
static const char *method_key(const char *method)
{
    static const char *const keys[][2] = {
        {"GET", "get"}, {"POST", "post"}, {"PUT", "put"}, {"PATCH", "patch"}, {"DELETE", "delete"}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(keys[i][0], method) == 0)
            return keys[i][1];
    fail_msg("method %s", method);
    return NULL;
}

static bool is_described(const struct gv_route *route)
{
    return strcmp(route->operation, GV_OPERATION_PAGE) != 0;
}

static yyjson_val *operation_of(const struct gv_route *route)
{
    return yyjson_obj_get(yyjson_obj_get(paths, route->pattern), method_key(route->method));
}

static const char *text_of(yyjson_val *object, const char *key)
{
    const char *text = yyjson_get_str(yyjson_obj_get(object, key));
    return text != NULL ? text : "(absent)";
}

/* The scope that the first way to authenticate asks for. */
static const char *scope_of(yyjson_val *operation)
{
    yyjson_val *security = yyjson_obj_get(operation, "security");
    yyjson_val *first = yyjson_arr_get_first(security);
    yyjson_obj_iter it = yyjson_obj_iter_with(first);
    yyjson_val *key = yyjson_obj_iter_next(&it);
    const char *scope =
        key != NULL ? yyjson_get_str(yyjson_arr_get_first(yyjson_obj_iter_get_val(key))) : NULL;
    return scope != NULL ? scope : GV_SCOPE_PUBLIC;
}

static void every_row_is_described_as_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < gv_api_routes_count; i++) {
        const struct gv_route *route = &gv_api_routes[i];
        if (!is_described(route))
            continue;
        yyjson_val *operation = operation_of(route);
        if (operation == NULL)
            fail_msg("%s %s is not in openapi.json: see web/api/README.md", route->method,
                     route->pattern);
        const char *rate = route->rate == GV_RATE_FREE ? "free" : gv_rate_policy(route->rate)->name;
        assert_string_equal(text_of(operation, "operationId"), route->operation);
        assert_string_equal(text_of(operation, "x-rate-class"), rate);
        assert_string_equal(scope_of(operation), route->scope);
        const bool takes_body = yyjson_obj_get(operation, "requestBody") != NULL;
        if (takes_body != (route->body_max > 0))
            fail_msg("%s: body in one place only", route->operation);
        if (yyjson_obj_get(yyjson_obj_get(operation, "responses"), "default") == NULL)
            fail_msg("%s: without default answer", route->operation);
    }
}

static void every_operation_has_its_row(void **state)
{
    (void)state;
    size_t rows = 0;
    size_t operations = 0;
    for (size_t i = 0; i < gv_api_routes_count; i++)
        rows += is_described(&gv_api_routes[i]);
    yyjson_obj_iter it = yyjson_obj_iter_with(paths);
    for (yyjson_val *path; (path = yyjson_obj_iter_next(&it)) != NULL;)
        operations += yyjson_obj_size(yyjson_obj_iter_get_val(path));
    assert_int_equal(operations, rows); /* every row has one: more would have none */
}

/* Placeholders of a pattern are path parameters of its operation. */
static void placeholders_are_parameters(void **state)
{
    (void)state;
    for (size_t i = 0; i < gv_api_routes_count; i++) {
        const struct gv_route *route = &gv_api_routes[i];
        size_t placeholders = 0;
        for (const char *p = route->pattern; *p != '\0'; p++)
            placeholders += *p == '{';
        yyjson_val *given = yyjson_obj_get(operation_of(route), "parameters");
        if (is_described(route))
            assert_true(yyjson_arr_size(given) >= placeholders);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_described_as_it_is),
        cmocka_unit_test(every_operation_has_its_row),
        cmocka_unit_test(placeholders_are_parameters),
    };
    return cmocka_run_group_tests(tests, read_document, free_document);
}
