/* Bundles for the tests of updates: a key, small parts, and every way to spoil them. One bundle at a time. */
#ifndef GV_TESTS_UNIT_UPDATE_BUNDLES_H
#define GV_TESTS_UNIT_UPDATE_BUNDLES_H

#include "app/update/maker.h"

#define BUNDLE_MAX (GV_BUNDLE_HEAD + 32768u)

struct test_bundle {
    size_t n;
    uint8_t b[BUNDLE_MAX];
};

/** The key that the tests' boxes trust. */
const struct gv_signer *test_signer(void);
/** Rules of a box that runs `running`, with the floor at it. */
struct gv_bundle_rules test_rules(const char *running);
struct gv_version test_version(const char *text);

/** Parts: root, vmlinuz, cmdline-a.txt, cmdline-b.txt; their bytes depend on the version. */
void test_bundle_make(struct test_bundle *bundle, const char *version, const char *from);
/** The same parts below a head with these lines, signed. */
void test_bundle_with_lines(struct test_bundle *bundle, const char *lines);
/** What a part of that version holds. Returns: bytes. */
size_t test_part(uint8_t *out, const char *version, const char *name);

#endif
