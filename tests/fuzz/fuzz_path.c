/* Request paths of strangers: what is decoded is never longer than it was, has no segment that climbs or vanishes and
 * no control character, and escaped once more it is decoded to the same. */
#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "web/server/worker.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_harmless(const char *path, size_t n)
{
    GV_ASSERT(strlen(path) == n);
    GV_ASSERT(path[0] == '/');
    GV_ASSERT(strstr(path, "//") == NULL);
    GV_ASSERT(strstr(path, "/../") == NULL);
    GV_ASSERT(strstr(path, "/./") == NULL);
    GV_ASSERT(strcmp(strrchr(path, '/'), "/..") != 0);
    GV_ASSERT(strcmp(strrchr(path, '/'), "/.") != 0);
    for (size_t i = 0; i < n; i++) {
        GV_ASSERT((unsigned char)path[i] >= 0x20 && path[i] != 0x7f);
    }
}

static void assert_same_escaped(const char *path, size_t n)
{
    char escaped[3 * GV_WEB_PATH_MAX] = "";
    char again[GV_WEB_PATH_MAX];
    size_t again_n = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t at = strlen(escaped);
        gv_format_cut(escaped + at, sizeof(escaped) - at, path[i] == '/' ? "%c" : "%%%02x",
                      (unsigned char)path[i]);
    }
    GV_ASSERT(gv_path_decode(again, n + 1, &again_n, escaped, NULL) == GV_OK);
    GV_ASSERT(again_n == n);
    GV_ASSERT(memcmp(again, path, n) == 0);
    GV_ASSERT(gv_path_decode(again, n, &again_n, escaped, NULL) == GV_ERR_TOO_LARGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[GV_WEB_PATH_MAX];
    size_t n = 0;
    struct gv_fail fail = {.err = GV_OK};
    char *raw = malloc(size + 1); /* of exactly this size, so that a read past its end is seen */
    GV_ASSERT(raw != NULL);
    memcpy(raw, data, size);
    raw[size] = '\0';
    const enum gv_err err = gv_path_decode(path, sizeof(path), &n, raw, &fail);
    if (err == GV_OK) {
        GV_ASSERT(n <= strlen(raw));
        assert_harmless(path, n);
        assert_same_escaped(path, n);
    } else {
        GV_ASSERT(fail.err == err);
        GV_ASSERT(strncmp(fail.code, "path.", 5) == 0);
    }
    free(raw);
    return 0;
}
