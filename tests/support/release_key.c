/* The release key that programs of the tests pin in place of the build's: that of tests/vectors/release/secret. */
#include "app/update/bundle.h"

bool gv_release_key(uint8_t key[GV_RELEASE_KEY_LEN])
{
    static const char text[] = "fe8d1eb1bcb3432b1db5833ff5f2226d9cb5e65cee430558c18ed3a3c86ce1af";
    return gv_hex_decode(key, GV_RELEASE_KEY_LEN, text, sizeof(text) - 1) == GV_OK;
}
