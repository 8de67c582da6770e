#include "firmware/base/mem.h"

#include "firmware/base/assert.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static atomic_bool sealed;

void gv_mem_seal(void)
{
    atomic_store(&sealed, true);
}

void gv_mem_unseal(void)
{
    atomic_store(&sealed, false);
}

bool gv_mem_sealed(void)
{
    return atomic_load(&sealed);
}

void gv_mem_idle(void *p, size_t n)
{
    long page = sysconf(_SC_PAGESIZE);
    GV_ASSERT(page > 0);
    size_t before = (size_t)page - 1 - ((uintptr_t)p + (size_t)page - 1) % (size_t)page;
    if (n <= before) {
        return;
    }
    size_t whole = (n - before) / (size_t)page * (size_t)page;
    if (whole > 0) {
        /* A refusal (locked pages) costs only the saving: the buffer stays as it is. */
        (void)madvise((uint8_t *)p + before, whole, MADV_DONTNEED);
    }
}

static bool is_zero(const uint8_t *p, size_t n)
{
    return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

void gv_mem_zero(void *p, size_t n)
{
    const size_t step = 1024;
    uint8_t *const bytes = p;
    gv_mem_idle(p, n); /* what becomes of the contents is not promised, so they are looked at */
    for (size_t at = 0; at < n; at += step) {
        const size_t part = n - at < step ? n - at : step;
        if (!is_zero(bytes + at, part)) {
            memset(bytes + at, 0, part);
        }
    }
}
