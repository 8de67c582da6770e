/* INI text: anything is either read as a whole or refused with its place and nothing changed. */
#include "app/config/config.h"
#include "firmware/base/assert.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gv_config config;
    struct gv_config before;
    gv_config_defaults(&config);
    memcpy(&before, &config, sizeof(before));
    struct gv_fail fail = {.err = GV_OK};
    if (gv_config_read(&config, GV_SOURCE_FILE, "fuzz", gv_view_of(data, size), &fail) != GV_OK) {
        GV_ASSERT(memcmp(&before, &config, sizeof(before)) == 0);
        GV_ASSERT(strncmp(fail.text, "fuzz:", 5) == 0);
        GV_ASSERT(fail.code[0] != '\0');
    }
    return 0;
}
