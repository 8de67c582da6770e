/* The one key that releases of this build are signed with, pinned when it is configured (-DGAVEL_RELEASE_KEY=). A file of
 * its own, so that a program of the tests can pin another. */
#include "app/update/bundle.h"

bool gv_release_key(uint8_t key[GV_RELEASE_KEY_LEN])
{
    static const char text[] = GV_RELEASE_KEY;
    return gv_hex_decode(key, GV_RELEASE_KEY_LEN, text, sizeof(text) - 1) == GV_OK;
}
