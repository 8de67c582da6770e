/* Order auctions under load.
 *   bench_orders bid PORT BIDS ORDERS   100 solvers bid for orders 1..ORDERS, a connection for each bid, 16 at a
 *                                       time; prints what it took until the last was closed
 *   bench_orders null                   the baseline: our sequencer before an engine that forgets everything;
 *                                       prints its ports, and how many lines it took when its input ends
 * Each thread has a source address of its own, so that ports in TIME_WAIT are no limit. */
#include "app/sequencer/sequencer.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "hal/linux/clock.h"
#include "hal/linux/socket_tcp.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 16u
#define SOLVERS     100u
#define VALID_S     3600

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- bidders ---------------------------------------------------------------------------------------- */

struct bidder {
    pthread_t thread;
    unsigned number;
    uint16_t port;
    uint64_t bids;
    uint64_t orders;
};

static int dial(const struct bidder *bidder)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(bidder->port)};
    const int yes = 1;
    from.sin_addr.s_addr = htonl(0x7f000100u + bidder->number + 1u);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    GV_ASSERT(fd >= 0);
    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes));
    GV_ASSERT(bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0);
    GV_ASSERT(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
    return fd;
}

/* One bid: a line, then everything until the other side has closed. */
static void bid(const struct bidder *bidder, uint64_t number)
{
    char line[192];
    char rest[16];
    const uint64_t nth = number * CONNECTIONS + bidder->number;
    const int n =
        snprintf(line, sizeof(line),
                 "{\"SubmitBid\":{\"order_id\":%" PRIu64 ",\"solver_id\":\"s%" PRIu64
                 "\",\"max_input\":%" PRIu64 ",\"conversion_rate\":1.25,\"valid_till\":%lld}}\n",
                 1u + nth % bidder->orders, nth / bidder->orders % SOLVERS, 50u + nth % 150u,
                 (long long)time(NULL) + VALID_S);
    const int fd = dial(bidder);
    GV_ASSERT(send(fd, line, (size_t)n, MSG_NOSIGNAL) == n);
    (void)shutdown(fd, SHUT_WR);
    while (recv(fd, rest, sizeof(rest), 0) > 0) {
    }
    close(fd);
}

static void *bid_all(void *ctx)
{
    const struct bidder *bidder = ctx;
    for (uint64_t i = 0; i < bidder->bids; i++) {
        bid(bidder, i);
    }
    return NULL;
}

static int run_bidders(const char *port, const char *bids, const char *orders)
{
    struct bidder bidders[CONNECTIONS];
    const double begun = now_s();
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        bidders[i] = (struct bidder){
            .number = i,
            .port = (uint16_t)strtoul(port, NULL, 10),
            .bids = strtoull(bids, NULL, 10) / CONNECTIONS,
            .orders = strtoull(orders, NULL, 10),
        };
        GV_ASSERT(pthread_create(&bidders[i].thread, NULL, bid_all, &bidders[i]) == 0);
    }
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        GV_ASSERT(pthread_join(bidders[i].thread, NULL) == 0);
    }
    printf("{\"bids\":%" PRIu64 ",\"seconds\":%.6f}\n", bidders[0].bids * CONNECTIONS,
           now_s() - begun);
    return 0;
}

/* ---- the baseline ----------------------------------------------------------------------------------- */

static enum gv_err forget_intake(void *ctx, struct gv_order_intake *intake, struct gv_fail *fail)
{
    (void)ctx;
    (void)fail;
    intake->call.done(intake->call.ctx, &intake->call);
    return GV_OK;
}

static enum gv_err forget_tick(void *ctx, struct gv_order_tick *tick, struct gv_fail *fail)
{
    (void)ctx;
    (void)fail;
    tick->lines_len = 0;
    tick->call.done(tick->call.ctx, &tick->call);
    return GV_OK;
}

static enum gv_err forget_snapshot(void *ctx, struct gv_order_snapshot *snapshot,
                                   struct gv_fail *fail)
{
    (void)ctx;
    (void)fail;
    snapshot->lines_len = 0;
    snapshot->more = false;
    snapshot->call.done(snapshot->call.ctx, &snapshot->call);
    return GV_OK;
}

static bool prove_nothing(void *ctx, const struct gv_order_item *item)
{
    (void)ctx;
    (void)item;
    return false;
}

static void *run_sequencer(void *ctx)
{
    gv_sequencer_run(ctx);
    return NULL;
}

static int run_null(void)
{
    static struct gv_socket_tcp sockets;
    static struct gv_clock clock;
    pthread_t thread;
    uint16_t ports[GV_SEQUENCER_PORTS] = {0};
    clock = gv_linux_clock();
    struct gv_sequencer_config config = {
        .clock = &clock,
        .house = {.intake = forget_intake,
                  .tick = forget_tick,
                  .snapshot = forget_snapshot,
                  .proven = prove_nothing},
        .listeners_n = GV_SEQUENCER_PORTS,
        .tick_ms = 100,
        .read_ms = 5000,
    };
    GV_ASSERT(gv_socket_tcp_open(&config.tcp, &sockets, NULL) == GV_OK);
    for (unsigned i = 0; i < GV_SEQUENCER_PORTS; i++) {
        uint32_t listener;
        GV_ASSERT(gv_socket_tcp_listen(&sockets, "127.0.0.1", &ports[i], &listener, NULL) == GV_OK);
        config.listeners[listener].port = (enum gv_sequencer_port)i;
    }
    gv_sequencer_init(gv_sequencer_instance(), &config);
    GV_ASSERT(pthread_create(&thread, NULL, run_sequencer, gv_sequencer_instance()) == 0);
    printf("{\"orders\":%u,\"bids\":%u,\"claims\":%u}\n", ports[0], ports[1], ports[2]);
    (void)fflush(stdout);
    while (getchar() != EOF) {
    }
    gv_sequencer_stop(gv_sequencer_instance());
    GV_ASSERT(pthread_join(thread, NULL) == 0);
    struct gv_sequencer_stats stats;
    gv_sequencer_stats(gv_sequencer_instance(), &stats);
    printf("{\"lines\":%" PRIu64 "}\n", stats.lines[GV_SEQUENCER_BIDS]);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "bid") == 0) {
        return run_bidders(argv[2], argv[3], argv[4]);
    }
    if (argc == 2 && strcmp(argv[1], "null") == 0) {
        return run_null();
    }
    fputs("usage: bench_orders bid PORT BIDS ORDERS | null\n", stderr);
    return 64;
}
