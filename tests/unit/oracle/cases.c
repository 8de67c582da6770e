#include "tests/unit/oracle/cases.h"

#include "tests/unit/bitcoin/cmocka_include.h"

#include "firmware/base/text.h"

#include <stdio.h>
#include <stdlib.h>

#define FIELDS_MAX 8u

static struct gv_oracle_slot slots[CASES_VALUES_MAX];
static double points[GV_ORACLE_POINTS_PER_VALUE * CASES_VALUES_MAX];
static struct gv_oracle_scratch scratch;

/* Opened with `xz` or as it is. */
static FILE *open_case(const char *name, bool packed)
{
    char text[256];
    assert_true(gv_format(
        text, sizeof text,
        packed ? "xz -dc tests/vectors/oracle/%s.csv.xz" : "tests/vectors/oracle/%s.csv", name));
    FILE *const file = packed ? popen(text, "r") : fopen(text, "r");
    if (file == NULL) {
        fail_msg("cannot open %s (tests run in the repository root)", text);
    }
    return file;
}

void cases_read(const char *name, gv_oracle_csv_fn *emit, void *ctx)
{
    static char text[65536];
    struct gv_oracle_csv csv;
    struct gv_fail fail;
    FILE *const file = open_case(name, true);
    size_t n = 0;
    gv_oracle_csv_init(&csv, emit, ctx);
    while ((n = fread(text, 1, sizeof text, file)) > 0) {
        if (gv_oracle_csv_feed(&csv, gv_view_of(text, n), &fail) != GV_OK) {
            fail_msg("%s: %s", name, fail.text);
        }
    }
    if (gv_oracle_csv_end(&csv, &fail) != GV_OK) {
        fail_msg("%s: %s", name, fail.text);
    }
    assert_int_equal(pclose(file), 0);
}

void cases_lines(const char *name, cases_line_fn *visit, void *ctx)
{
    char line[256];
    const bool packed = strncmp(name, "table-", 6) != 0;
    FILE *const file = open_case(name, packed);
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file) != NULL) {
        char *field[FIELDS_MAX];
        uint32_t fields = 0;
        char *rest = NULL;
        for (char *at = strtok_r(line, ",\n", &rest); at != NULL;
             at = strtok_r(NULL, ",\n", &rest)) {
            assert_true(fields < FIELDS_MAX);
            field[fields++] = at;
        }
        visit(ctx, field, fields);
    }
    assert_int_equal(packed ? pclose(file) : fclose(file), 0);
}

void cases_values(struct gv_oracle_values *values)
{
    gv_oracle_values_init(values, slots, CASES_VALUES_MAX);
}

struct gv_oracle_scratch *cases_scratch(void)
{
    scratch.point = points;
    scratch.points_max = sizeof points / sizeof points[0];
    return &scratch;
}

static double number_of(struct gv_view text, const char *key)
{
    char copy[64];
    char *end = NULL;
    assert_true(text.n < sizeof copy);
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    const double v = strtod(copy, &end);
    if (end == copy || *end != '\0') {
        fail_msg("member %s is no number", key);
    }
    return v;
}

double cases_double(gv_json_ref object, const char *key)
{
    struct gv_view text = {0};
    if (!gv_json_number_text(gv_json_get(object, key), &text)) {
        fail_msg("member %s is no number", key);
    }
    return number_of(text, key);
}

double cases_hex(gv_json_ref object, const char *key)
{
    return number_of(vectors_text(object, key), key);
}

int64_t cases_int(gv_json_ref object, const char *key)
{
    int64_t v = 0;
    if (!gv_json_int(gv_json_get(object, key), &v)) {
        fail_msg("member %s is no integer", key);
    }
    return v;
}

void cases_same_bits(double actual, double expected, const char *file, int line)
{
    if (memcmp(&actual, &expected, sizeof actual) != 0) {
        print_error("%s:%d: %.17g (%a), expected %.17g (%a)\n", file, line, actual, actual,
                    expected, expected);
        fail();
    }
}

void cases_hash_double(struct gv_sha256 *ctx, double v)
{
    uint8_t bytes[8];
    uint64_t bits = 0;
    struct gv_writer w = gv_writer_of(bytes, sizeof bytes);
    memcpy(&bits, &v, sizeof bits);
    gv_write_u64le(&w, bits);
    gv_sha256_add(ctx, gv_written(&w));
}

void cases_check_hash(struct gv_sha256 *ctx, gv_json_ref object, const char *key)
{
    struct gv_hash256 hash;
    char text[65];
    gv_sha256_finish(ctx, &hash);
    gv_hex_encode(text, gv_view_of(hash.b, sizeof hash.b));
    if (!gv_view_is(vectors_text(object, key), text)) {
        fail_msg("%s: got %s", key, text);
    }
}
