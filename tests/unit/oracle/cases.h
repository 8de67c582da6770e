/* Cases: the windows and expected results under tests/vectors/oracle, for the tests of app/oracle.
 * A file that is missing or malformed fails the test that asks for it. One test at a time. */
#ifndef GV_TESTS_UNIT_ORACLE_CASES_H
#define GV_TESTS_UNIT_ORACLE_CASES_H

#include "app/oracle/csv.h"
#include "app/oracle/estimate.h"
#include "tests/unit/bitcoin/vectors.h"

#define CASES_VALUES_MAX (1u << 19)

/** Hand over every transaction of tests/vectors/oracle/<name>.csv.xz. */
void cases_read(const char *name, gv_oracle_csv_fn *emit, void *ctx);

/** Visit the lines of an unpacked CSV file behind its header, cut at commas. */
typedef void cases_line_fn(void *ctx, char *const field[], uint32_t fields);
void cases_lines(const char *name, cases_line_fn *visit, void *ctx);

/** An empty set of values on static memory, and scratch memory for it. */
void cases_values(struct gv_oracle_values *values);
struct gv_oracle_scratch *cases_scratch(void);

/** Number member as a double, and a string member that holds a hexadecimal double. */
double cases_double(gv_json_ref object, const char *key);
double cases_hex(gv_json_ref object, const char *key);
int64_t cases_int(gv_json_ref object, const char *key);

/** Fails unless both have the same bits. */
#define assert_same_bits(actual, expected) cases_same_bits((actual), (expected), __FILE__, __LINE__)
void cases_same_bits(double actual, double expected, const char *file, int line);

/** Append a double to a digest, little-endian, whatever this machine's order is. */
void cases_hash_double(struct gv_sha256 *ctx, double v);
/** Fails unless the digest is the one that the member tells. */
void cases_check_hash(struct gv_sha256 *ctx, gv_json_ref object, const char *key);

#endif
