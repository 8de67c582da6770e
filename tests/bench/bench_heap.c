/* The heap we lend to libraries against the C library's, on the same trace in the same run.
 *
 * The trace is what TLS does: a thousand live blocks, each step gives one back and takes another;
 * most are small numbers and handshake messages, some are connection buffers. Sizes and order come
 * from a fixed seed. Both sides take turns, processor time is counted, and the best round of each
 * side is taken: other programs on the machine do not matter.
 * Prints {"name":"heap","ratio":..,"heap_ns":..,"malloc_ns":..,"overhead_percent":..}: time for one
 * give and one take, and by how much the heap's blocks at their most exceeded the bytes asked for. */
#include "firmware/base/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LIVE   1000u
#define STEPS  400000u
#define ROUNDS 7u
#define REGION (8u * 1024u * 1024u)

static _Alignas(16) uint8_t region[REGION];
static struct gv_heap heap;
static uint32_t sizes[STEPS];
static uint16_t places[STEPS];
static void *live[LIVE];

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "bench_heap: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static double now_ns(void)
{
    struct timespec t;
    must(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0, "no thread clock");
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint32_t next_random(uint64_t *state, uint32_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33) % below;
}

static void make_trace(void)
{
    uint64_t random = 20261120;
    for (uint32_t i = 0; i < STEPS; i++) {
        uint32_t kind = next_random(&random, 100);
        places[i] = (uint16_t)next_random(&random, LIVE);
        if (kind < 70) {
            sizes[i] = 8 + next_random(&random, 120);
        } else if (kind < 95) {
            sizes[i] = 128 + next_random(&random, 1920);
        } else {
            sizes[i] = 4096 + next_random(&random, 13000);
        }
    }
}

static double round_heap(void)
{
    double start = now_ns();
    for (uint32_t i = 0; i < STEPS; i++) {
        gv_heap_give(&heap, live[places[i]]);
        uint8_t *p = gv_heap_take(&heap, sizes[i]);
        must(p != NULL, "the region is too small");
        p[0] = 1;
        live[places[i]] = p;
    }
    double spent = now_ns() - start;
    for (uint32_t i = 0; i < LIVE; i++) {
        gv_heap_give(&heap, live[i]);
        live[i] = NULL;
    }
    return spent;
}

static double round_malloc(void)
{
    double start = now_ns();
    for (uint32_t i = 0; i < STEPS; i++) {
        free(live[places[i]]);
        uint8_t *p = malloc(sizes[i]);
        must(p != NULL, "out of memory");
        p[0] = 1;
        live[places[i]] = p;
    }
    double spent = now_ns() - start;
    for (uint32_t i = 0; i < LIVE; i++) {
        free(live[i]);
        live[i] = NULL;
    }
    return spent;
}

/* Most bytes that were asked for and live at one time. */
static double most_live_bytes(void)
{
    static uint32_t held[LIVE];
    uint64_t now = 0;
    uint64_t most = 0;
    for (uint32_t i = 0; i < STEPS; i++) {
        now = now - held[places[i]] + sizes[i];
        held[places[i]] = sizes[i];
        most = now > most ? now : most;
    }
    return (double)most;
}

int main(void)
{
    make_trace();
    gv_heap_init(&heap, "bench", region, sizeof(region));
    double heap_ns = 1e18;
    double malloc_ns = 1e18;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        double a = round_heap();
        double b = round_malloc();
        heap_ns = a < heap_ns ? a : heap_ns;
        malloc_ns = b < malloc_ns ? b : malloc_ns;
    }
    double most = (double)gv_heap_stats(&heap).high_water;
    double overhead = (most / most_live_bytes() - 1) * 100;
    printf("{\"name\":\"heap\",\"ratio\":%.2f,\"heap_ns\":%.1f,\"malloc_ns\":%.1f,"
           "\"overhead_percent\":%.2f}\n",
           heap_ns / malloc_ns, heap_ns / STEPS, malloc_ns / STEPS, overhead);
    return EXIT_SUCCESS;
}
