#include "hal/linux/third_party_memory.h"

#include "firmware/base/assert.h"
#include "firmware/base/limits.h"
#include "hal/linux/sqlite_memory.h"

#include <curl/curl.h>
#include <malloc.h>
#include <mbedtls/platform.h>
#include <psa/crypto.h>
#include <string.h>

#ifndef MBEDTLS_THREADING_C
#error "Mbed TLS shares one random generator between threads: it must be built with THREADING_C"
#endif

#define ARENA_ALIGN 16

static _Alignas(ARENA_ALIGN) uint8_t tls_region[GV_TLS_HEAP_BYTES];
static _Alignas(ARENA_ALIGN) uint8_t curl_region[GV_CURL_HEAP_BYTES];
static _Alignas(ARENA_ALIGN) uint8_t civetweb_region[GV_CIVETWEB_HEAP_BYTES];
static struct gv_heap tls_heap;
static struct gv_heap curl_heap;
static struct gv_heap civetweb_heap;

/* The libraries read a NULL answer as "out of memory", gv_heap gives it for 0 bytes as well. */
static size_t at_least_one(size_t bytes)
{
    return bytes == 0 ? 1 : bytes;
}

static void *tls_calloc(size_t n, size_t size)
{
    return gv_heap_take_zeroed(&tls_heap, n, size);
}

static void tls_free(void *p)
{
    gv_heap_give(&tls_heap, p);
}

static void *curl_malloc(size_t bytes)
{
    return gv_heap_take(&curl_heap, at_least_one(bytes));
}

static void curl_free_memory(void *p)
{
    gv_heap_give(&curl_heap, p);
}

static void *curl_realloc(void *p, size_t bytes)
{
    return gv_heap_resize(&curl_heap, p, at_least_one(bytes));
}

static char *curl_strdup(const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = gv_heap_take(&curl_heap, bytes);
    if (copy != NULL) {
        memcpy(copy, text, bytes);
    }
    return copy;
}

static void *curl_calloc(size_t n, size_t size)
{
    return gv_heap_take_zeroed(&curl_heap, at_least_one(n), at_least_one(size));
}

void *gv_civetweb_malloc(size_t bytes)
{
    return gv_heap_take(&civetweb_heap, at_least_one(bytes));
}

void *gv_civetweb_calloc(size_t n, size_t size)
{
    return gv_heap_take_zeroed(&civetweb_heap, at_least_one(n), at_least_one(size));
}

void *gv_civetweb_realloc(void *p, size_t bytes)
{
    return gv_heap_resize(&civetweb_heap, p, at_least_one(bytes));
}

void gv_civetweb_free(void *p)
{
    gv_heap_give(&civetweb_heap, p);
}

static void init_once(void)
{
#ifdef __GLIBC__
    /* What is left on the C library's heap is little: one arena for all threads is enough. Advice
     * only: the allocators of the sanitizers refuse it. */
    (void)mallopt(M_ARENA_MAX, 1); /* NOLINT(concurrency-mt-unsafe): start-up */
#endif
    gv_heap_init(&tls_heap, "tls", tls_region, sizeof(tls_region));
    gv_heap_init(&curl_heap, "curl", curl_region, sizeof(curl_region));
    gv_heap_init(&civetweb_heap, "civetweb", civetweb_region, sizeof(civetweb_region));

    gv_sqlite_memory_init();
    GV_ASSERT(mbedtls_platform_set_calloc_free(tls_calloc, tls_free) == 0);
    GV_ASSERT(psa_crypto_init() == PSA_SUCCESS);
    GV_ASSERT(curl_global_init_mem(CURL_GLOBAL_DEFAULT, curl_malloc, curl_free_memory, curl_realloc,
                                   curl_strdup, curl_calloc) == CURLE_OK);
}

void gv_memory_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    GV_ASSERT(pthread_once(&once, init_once) == 0);
}

struct gv_heap_stats gv_memory_sqlite(void)
{
    return gv_sqlite_memory_stats();
}
