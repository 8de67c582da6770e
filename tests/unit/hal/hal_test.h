/* What the HAL's tests share: cmocka's headers in their order, and a folder of one's own. */
#ifndef GV_TESTS_UNIT_HAL_HAL_TEST_H
#define GV_TESTS_UNIT_HAL_HAL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES 160

/** A new empty folder; the caller removes it. */
static inline void make_folder(char path[PATH_BYTES])
{
    const char *tmp = getenv("TMPDIR");
    assert_true(snprintf(path, PATH_BYTES, "%s/gavel-hal-XXXXXX", tmp == NULL ? "/tmp" : tmp) <
                PATH_BYTES);
    assert_non_null(mkdtemp(path));
}

/** folder/name; in a static buffer that the next call but seven overwrites. */
static inline const char *in_folder(const char *folder, const char *name)
{
    static char paths[8][2 * PATH_BYTES];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    assert_true(snprintf(path, sizeof(paths[0]), "%s/%s", folder, name) < (int)sizeof(paths[0]));
    return path;
}

#endif
