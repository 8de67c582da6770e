/* Third-party memory: the fixed arenas that SQLite, Mbed TLS, libcurl and CivetWeb live on.
 *
 *   SQLite    its own memsys5 heap and page slots      GV_SQLITE_HEAP_BYTES
 *   Mbed TLS  gv_heap "tls"                            GV_TLS_HEAP_BYTES
 *   libcurl   gv_heap "curl"                           GV_CURL_HEAP_BYTES
 *   CivetWeb  gv_heap "civetweb"                       GV_CIVETWEB_HEAP_BYTES
 *
 * libzmq and the C library have no such hook: they are bounded by their settings (README.md).
 * Thread: gv_memory_init main at start-up, before any of these libraries is used and before the
 * memory is sealed; the rest any. */
#ifndef GV_HAL_LINUX_THIRD_PARTY_MEMORY_H
#define GV_HAL_LINUX_THIRD_PARTY_MEMORY_H

#include "firmware/base/heap.h"

/** Give every library its arena and initialise it. Further calls do nothing, so each test group
 *  may call it. A library that refuses its arena is our mistake and aborts. */
void gv_memory_init(void);

/** SQLite's arena, in the shape of the other heaps. `refused` is the most pages that had to come
 *  from the general part at a time because all page slots were taken. */
struct gv_heap_stats gv_memory_sqlite(void);

/* The allocator of CivetWeb: its object file is rewritten at build time (objcopy --redefine-sym)
 * to call these instead of malloc, calloc, realloc and free. */
void *gv_civetweb_malloc(size_t bytes);
void *gv_civetweb_calloc(size_t n, size_t size);
void *gv_civetweb_realloc(void *p, size_t bytes);
void gv_civetweb_free(void *p);

#endif
