#include "hal/linux/sqlite_memory.h"

#include "firmware/base/assert.h"
#include "firmware/base/limits.h"

#include <sqlite3.h>

/* SQLite's per-page header; SQLITE_CONFIG_PCACHE_HDRSZ tells the real size, checked at start. */
#define PAGE_HEADER_BYTES_MAX 320
#define PAGE_SLOT_BYTES       (GV_SQLITE_PAGE_BYTES + PAGE_HEADER_BYTES_MAX)
#define PAGES_BYTES           (PAGE_SLOT_BYTES * GV_SQLITE_PAGE_SLOTS)
#define GENERAL_BYTES         (GV_SQLITE_HEAP_BYTES - PAGES_BYTES)
/* The smallest block memsys5 hands out. */
#define BLOCK_BYTES_MIN 64

_Static_assert(GENERAL_BYTES >= 2u * 1024u * 1024u,
               "statements, sorting and the WAL index of one connection");
_Static_assert(PAGE_SLOT_BYTES % 8 == 0, "SQLite wants slots aligned to 8");

static _Alignas(16) uint8_t general[GENERAL_BYTES];
static _Alignas(16) uint8_t pages[PAGES_BYTES];

void gv_sqlite_memory_init(void)
{
    int header_bytes = 0;
    GV_ASSERT(sqlite3_config(SQLITE_CONFIG_PCACHE_HDRSZ, &header_bytes) == SQLITE_OK);
    GV_ASSERT(header_bytes <= PAGE_HEADER_BYTES_MAX);
    GV_ASSERT(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 1) == SQLITE_OK);
    GV_ASSERT(sqlite3_config(SQLITE_CONFIG_HEAP, general, (int)sizeof(general), BLOCK_BYTES_MIN) ==
              SQLITE_OK);
    GV_ASSERT(sqlite3_config(SQLITE_CONFIG_PAGECACHE, pages, PAGE_SLOT_BYTES,
                             GV_SQLITE_PAGE_SLOTS) == SQLITE_OK);
    GV_ASSERT(sqlite3_initialize() == SQLITE_OK);
}

static size_t status(int what, size_t *high_water)
{
    sqlite3_int64 now = 0;
    sqlite3_int64 high = 0;
    GV_ASSERT(sqlite3_status64(what, &now, &high, 0) == SQLITE_OK);
    *high_water = (size_t)high;
    return (size_t)now;
}

struct gv_heap_stats gv_sqlite_memory_stats(void)
{
    size_t general_high = 0;
    size_t pages_high = 0;
    size_t overflow_high = 0;
    size_t general_now = status(SQLITE_STATUS_MEMORY_USED, &general_high);
    size_t pages_now = status(SQLITE_STATUS_PAGECACHE_USED, &pages_high);
    (void)status(SQLITE_STATUS_PAGECACHE_OVERFLOW, &overflow_high);
    return (struct gv_heap_stats){
        .name = "sqlite",
        .capacity = sizeof(general) + sizeof(pages),
        .in_use = general_now + pages_now * PAGE_SLOT_BYTES,
        .high_water = general_high + pages_high * PAGE_SLOT_BYTES,
        .refused = overflow_high / PAGE_SLOT_BYTES,
    };
}
