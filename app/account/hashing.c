#include "app/account/hashing.h"

#include "firmware/base/assert.h"

#include <stdatomic.h>

static atomic_uint at_work;

bool gv_hashing_begin(void)
{
    if (atomic_fetch_add(&at_work, 1) < GV_HASHES_MAX) {
        return true;
    }
    atomic_fetch_sub(&at_work, 1);
    return false;
}

void gv_hashing_end(void)
{
    const unsigned before = atomic_fetch_sub(&at_work, 1);
    GV_ASSERT(before >= 1);
}
