/* The oracle's arithmetic: reading transactions, estimating, filling, updating, memory.
 *
 * Reading is measured beside its own share of double-SHA256 over the same bytes; estimates with every
 * bin in disorder (cold), as they follow each other (warm), and beside the algorithm as it is written
 * down, which gives the same price; filling in random order of time beside filling in order.
 * Processor time is counted and the best round taken. Prints a JSON array of objects.
 * Runs in the repository root: it reads tests/vectors. */
#include "app/bitcoin/block.h"
#include "app/oracle/csv.h"
#include "app/oracle/window.h"
#include "tests/bench/oracle_naive.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS        12u
#define NAIVE_ROUNDS  3u
#define BLOCK_MAX     (2u << 20)
#define DAY_TX_MAX    (1u << 19)
#define BIG_TX_MAX    50000u
#define TX_PER_SECOND 7u
#define RATE_PER_S    2u
#define UPDATES       1400u

static uint8_t block_bytes[BLOCK_MAX];
static _Alignas(16) uint8_t memory[GV_ORACLE_WINDOW_BYTES(DAY_TX_MAX)];
static struct gv_oracle_window window;
static struct gv_oracle_csv_tx *rows;
static uint32_t row_count;
static uint64_t amounts[2u * DAY_TX_MAX];
static double naive_points[GV_ORACLE_AMOUNTS * DAY_TX_MAX];

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "bench_oracle: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static double now_us(void)
{
    struct timespec t;
    must(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0, "no thread clock");
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- reading ---------------------------------------------------------------------------------------- */

static double read_txs(struct gv_view txs, uint32_t *n)
{
    struct gv_reader r = gv_reader_of(txs);
    struct gv_oracle_tx judged;
    struct gv_tx tx;
    const double start = now_us();
    for (*n = 0; r.left > 0; ++*n) {
        must(gv_tx_read(&tx, &r, GV_TX_NETWORK) == GV_WIRE_OK, "transaction");
        gv_oracle_filter(&judged, &tx);
    }
    return now_us() - start;
}

/* The same transactions, parsed beforehand; only their txids are taken. */
static double hash_txs(const struct gv_tx *tx, uint32_t n)
{
    struct gv_hash256 hash;
    const double start = now_us();
    for (uint32_t i = 0; i < n; i++) {
        gv_tx_txid(&hash, &tx[i]);
    }
    return now_us() - start;
}

static void bench_block(const char *height)
{
    static struct gv_tx tx[GV_BLOCK_BYTES_MAX / 240u];
    char path[64];
    struct gv_block block;
    double all_us = 0;
    double hash_us = 0;
    uint32_t n = 0;
    (void)snprintf(path, sizeof path, "tests/vectors/blocks/block%s.bin", height);
    FILE *const file = fopen(path, "rb");
    must(file != NULL, path);
    const size_t size = fread(block_bytes, 1, sizeof block_bytes, file);
    (void)fclose(file);
    must(gv_block_parse(&block, gv_view_of(block_bytes, size), NULL) == GV_OK, "block");
    struct gv_block_txs it = gv_block_txs(&block);
    while (gv_block_next_tx(&it, &tx[n])) {
        n++;
    }
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const double all = read_txs(block.txs, &n);
        const double hash = hash_txs(tx, n);
        all_us = round == 0 || all < all_us ? all : all_us;
        hash_us = round == 0 || hash < hash_us ? hash : hash_us;
    }
    printf("{\"name\":\"oracle_read\",\"block\":%s,\"transactions\":%u,\"tx_per_s\":%.0f,"
           "\"hashes_per_s\":%.0f,\"sha256d_share\":%.3f,\"rest_over_sha256d\":%.3f},\n",
           height, n, n / all_us * 1e6, n / hash_us * 1e6, hash_us / all_us,
           (all_us - hash_us) / hash_us);
}

/* ---- estimating -------------------------------------------------------------------------------------- */

static void keep(void *ctx, const struct gv_oracle_csv_tx *row)
{
    (void)ctx;
    must(row_count < DAY_TX_MAX, "too many transactions");
    rows[row_count++] = *row;
}

static void read_case(const char *name)
{
    static char text[65536];
    char command[128];
    struct gv_oracle_csv csv;
    size_t n = 0;
    row_count = 0;
    (void)snprintf(command, sizeof command, "xz -dc tests/vectors/oracle/%s.csv.xz", name);
    FILE *const file = popen(command, "r");
    must(file != NULL, command);
    gv_oracle_csv_init(&csv, keep, NULL);
    while ((n = fread(text, 1, sizeof text, file)) > 0) {
        must(gv_oracle_csv_feed(&csv, gv_view_of(text, n), NULL) == GV_OK, name);
    }
    must(gv_oracle_csv_end(&csv, NULL) == GV_OK && pclose(file) == 0, name);
}

static void fill(uint32_t tx_max, int64_t length_ms, uint32_t first, uint32_t n)
{
    gv_oracle_window_init(&window, memory, sizeof memory, tx_max, length_ms, 99);
    for (uint32_t i = 0; i < n; i++) {
        (void)gv_oracle_window_add(&window, &rows[first + i].tx, rows[first + i].time_s * 1000);
    }
}

static double estimate_once(struct gv_oracle_estimate *estimate)
{
    const double start = now_us();
    must(gv_oracle_window_estimate(&window, estimate, NULL) == GV_OK, "estimate");
    return now_us() - start;
}

/* The amounts of the window, in the order they came. */
static uint32_t list_amounts(void)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < row_count; i++) {
        for (uint32_t j = 0; !rows[i].has_parent && j < rows[i].tx.value_count; j++) {
            amounts[n++] = rows[i].tx.sats[j];
        }
    }
    return n;
}

static double naive_once(uint32_t n, double price)
{
    const double start = now_us();
    const double naive = oracle_naive_price(amounts, n, naive_points);
    const double us = now_us() - start;
    must(naive >= price && naive <= price, "the naive price is another");
    return us;
}

static void bench_estimate(const char *name)
{
    static struct gv_oracle_estimate estimate;
    double cold_us = 0;
    double warm_us = 0;
    double naive_us = 0;
    read_case(name);
    const uint32_t n = list_amounts();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        fill(DAY_TX_MAX, GV_ORACLE_HOURS_MAX * (int64_t)GV_ORACLE_HOUR_MS, 0, row_count);
        const double cold = estimate_once(&estimate);
        const double warm = estimate_once(&estimate);
        cold_us = round == 0 || cold < cold_us ? cold : cold_us;
        warm_us = round == 0 || warm < warm_us ? warm : warm_us;
        if (round < NAIVE_ROUNDS) {
            const double naive = naive_once(n, estimate.near.price);
            naive_us = round == 0 || naive < naive_us ? naive : naive_us;
        }
    }
    printf("{\"name\":\"oracle_estimate\",\"case\":\"%s\",\"outputs\":%u,\"price\":%.17g,"
           "\"cold_us\":%.0f,\"warm_us\":%.0f,\"naive_us\":%.0f},\n",
           name, estimate.outputs, estimate.near.price, cold_us, warm_us, naive_us);
}

/* The first fill brings the mempool in the order of its txids, which is none of time. */
static double fill_once(bool shuffled)
{
    const uint64_t prime = 32003;
    gv_oracle_window_init(&window, memory, sizeof memory, BIG_TX_MAX,
                          GV_ORACLE_HOURS_MAX * (int64_t)GV_ORACLE_HOUR_MS, 99);
    gv_oracle_window_expire(&window, rows[BIG_TX_MAX - 1].time_s * 1000);
    const double start = now_us();
    for (uint32_t i = 0; i < BIG_TX_MAX; i++) {
        const uint32_t at = shuffled ? (uint32_t)(i * prime % BIG_TX_MAX) : i;
        (void)gv_oracle_window_add(&window, &rows[at].tx, rows[at].time_s * 1000);
    }
    return now_us() - start;
}

static void bench_fill(void)
{
    double in_order_us = 0;
    double shuffled_us = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const double in_order = fill_once(false);
        const double shuffled = fill_once(true);
        in_order_us = round == 0 || in_order < in_order_us ? in_order : in_order_us;
        shuffled_us = round == 0 || shuffled < shuffled_us ? shuffled : shuffled_us;
    }
    printf("{\"name\":\"oracle_fill\",\"transactions\":%u,\"in_order_us\":%.0f,"
           "\"shuffled_us\":%.0f},\n",
           window.tx_count, in_order_us, shuffled_us);
}

/* 50,000 transactions in the window, more of them coming and the oldest going, two estimates a
 * second: what one transaction costs, estimates included. */
static void bench_update(void)
{
    static struct gv_oracle_estimate estimate;
    uint32_t since = 0;
    must(row_count >= BIG_TX_MAX + UPDATES, "not enough transactions");
    fill(BIG_TX_MAX, GV_ORACLE_HOURS_MAX * (int64_t)GV_ORACLE_HOUR_MS, 0, BIG_TX_MAX);
    (void)estimate_once(&estimate);
    const double start = now_us();
    for (uint32_t i = 0; i < UPDATES; i++) {
        const struct gv_oracle_csv_tx *const row = &rows[BIG_TX_MAX + i];
        (void)gv_oracle_window_add(&window, &row->tx, row->time_s * 1000);
        since += RATE_PER_S;
        if (since >= TX_PER_SECOND) {
            since -= TX_PER_SECOND;
            (void)estimate_once(&estimate);
        }
    }
    const double us = (now_us() - start) / UPDATES;
    printf("{\"name\":\"oracle_update\",\"transactions\":%u,\"tx_per_s\":%u,"
           "\"estimates_per_s\":%u,\"amortised_us\":%.1f,\"estimate_us\":%.0f},\n",
           window.tx_count, TX_PER_SECOND, RATE_PER_S, us, estimate_once(&estimate));
    printf("{\"name\":\"oracle_memory\",\"transactions\":%u,\"bytes\":%zu}\n", window.tx_count,
           GV_ORACLE_WINDOW_BYTES(BIG_TX_MAX) + sizeof window);
}

int main(void)
{
    rows = malloc(DAY_TX_MAX * sizeof *rows);
    must(rows != NULL, "memory");
    printf("[");
    bench_block("866342");
    bench_block("413567");
    bench_estimate("w3h-113600");
    bench_estimate("w24h-113600");
    bench_fill();
    bench_update();
    printf("]\n");
    free(rows);
    return EXIT_SUCCESS;
}
