/* gavel-solver: bids in order auctions and fulfils what it wins, against gaveld or the original sequencer. */
#include "app/solver/solver.h"
#include "firmware/base/crypto.h"
#include "firmware/base/log.h"
#include "firmware/base/text.h"
#include "hal/linux/clock.h"
#include "hal/linux/entropy.h"
#include "hal/linux/files.h"
#include "hal/linux/socket_tcp.h"
#include "hal/linux/tls_client.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define TURN_MS    250u
#define SCRIPT_MAX 32768u

static const char usage_text[] =
    "usage: gavel-solver --id NAME [OPTION VALUE]...\n"
    "  --id NAME                1 to 64 of A-Z a-z 0-9 . _ -\n"
    "  --sequencer-host HOST    127.0.0.1\n"
    "  --order-port PORT        8080\n"
    "  --bid-port PORT          8081\n"
    "  --fulfill-port PORT      8082\n"
    "  --strategy KIND          random (as the original's), fixed, or script\n"
    "  --max-input N            fixed: 100\n"
    "  --rate R                 fixed: 1.0\n"
    "  --validity S             fixed: seconds that a bid holds, 60\n"
    "  --work S                 fixed: seconds of work, 1\n"
    "  --script FILE            script: lines of ORDER|* MAX_INPUT RATE VALIDITY_S WORK_S|never,\n"
    "                           or ORDER|* pass\n"
    "  --key FILE               the solver's secret, sent with every bid and claim: with --tls, "
    "or\n"
    "                           where nobody listens\n"
    "  --sign-key FILE          or its BIP340 key, 64 hexadecimal digits, to sign with\n"
    "  --domain TEXT            what signatures are for: signing_domain of the orders' status\n"
    "  --tls                    speak TLS; the certificate must name HOST\n"
    "  --ca FILE                authorities to believe, " GV_TRUST_DEFAULT_FILE "\n"
    "  --help, --version\n";

struct options {
    const char *id, *host, *order_port, *bid_port, *claim_port;
    const char *strategy, *max_input, *rate, *validity, *work, *script, *key, *sign_key, *domain,
        *ca;
    bool tls;
};

static volatile sig_atomic_t stopped;
static struct gv_socket_tcp sockets;
static struct gv_solver solver;
static struct gv_strategy strategy;
static struct gv_signer signer;
static struct gv_tls_client tls;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "gavel-solver: %s: %s\n", what, why);
    return EX_USAGE;
}

/* ---- the command line ------------------------------------------------------------------------------ */

static const char **place_of(struct options *o, const char *name)
{
    const struct {
        const char *name;
        const char **place;
    } table[] = {
        {"--id", &o->id},
        {"--sequencer-host", &o->host},
        {"--order-port", &o->order_port},
        {"--bid-port", &o->bid_port},
        {"--fulfill-port", &o->claim_port},
        {"--strategy", &o->strategy},
        {"--max-input", &o->max_input},
        {"--rate", &o->rate},
        {"--validity", &o->validity},
        {"--work", &o->work},
        {"--script", &o->script},
        {"--key", &o->key},
        {"--sign-key", &o->sign_key},
        {"--domain", &o->domain},
        {"--ca", &o->ca},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(name, table[i].name) == 0) {
            return table[i].place;
        }
    }
    return NULL;
}

static int read_options(struct options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--tls") == 0) {
            o->tls = true;
            i--; /* it has no value */
            continue;
        }
        const char **place = place_of(o, argv[i]);
        if (place == NULL) {
            return complain(argv[i], "no such option");
        }
        if (i + 1 == argc) {
            return complain(argv[i], "a value is missing");
        }
        *place = argv[i + 1];
    }
    if (o->key != NULL && o->sign_key != NULL) {
        return complain("--key, --sign-key", "one proof is enough");
    }
    if (o->ca != NULL && !o->tls) {
        return complain("--ca", "only with --tls");
    }
    return o->id == NULL ? complain("--id", "a name is needed") : EX_OK;
}

static bool number(const char *text, uint64_t max, uint64_t *out)
{
    return gv_parse_u64(out, gv_view_str(text), max);
}

static int open_fixed(const struct options *o)
{
    struct gv_strategy_terms terms = {.bids = true, .delivers = true};
    uint64_t validity_s, work_s;
    if (!number(o->max_input, (UINT64_C(1) << 53) - 1, &terms.max_input)) {
        return complain("--max-input", "a whole number is needed");
    }
    if (!gv_strategy_rate(&terms.rate, gv_view_str(o->rate))) {
        return complain("--rate", "a number above zero is needed");
    }
    if (!number(o->validity, 86400, &validity_s) || !number(o->work, 86400, &work_s)) {
        return complain("--validity, --work", "seconds of at most a day are needed");
    }
    terms.validity_s = (uint32_t)validity_s;
    terms.work_s = (uint32_t)work_s;
    gv_strategy_fixed(&strategy, &terms);
    return EX_OK;
}

static int open_script(const struct options *o)
{
    static char text[SCRIPT_MAX];
    struct gv_fail fail = {0};
    size_t n = 0;
    if (o->script == NULL) {
        return complain("--script", "a file is needed");
    }
    if (gv_file_read(o->script, text, sizeof(text), &n, &fail) != GV_OK ||
        gv_strategy_script(&strategy, gv_view_of(text, n), &fail) != GV_OK) {
        complain(o->script, fail.text);
        return EX_DATAERR;
    }
    return EX_OK;
}

static int open_strategy(const struct options *o)
{
    if (strcmp(o->strategy, "random") == 0) {
        gv_strategy_random(&strategy, o->id);
        return EX_OK;
    }
    if (strcmp(o->strategy, "fixed") == 0) {
        return open_fixed(o);
    }
    if (strcmp(o->strategy, "script") == 0) {
        return open_script(o);
    }
    return complain(o->strategy, "the strategies are random, fixed and script");
}

/* The secret is read from a file: a command line can be seen by everybody on the machine. */
static int open_key(const struct options *o, char auth[GV_ORDER_AUTH_MAX])
{
    char secret[GV_ORDER_AUTH_MAX];
    struct gv_fail fail = {0};
    size_t n = 0;
    auth[0] = '\0';
    if (o->key == NULL) {
        return EX_OK;
    }
    if (gv_file_read(o->key, secret, sizeof(secret), &n, &fail) != GV_OK) {
        complain(o->key, fail.text);
        return EX_NOINPUT;
    }
    while (n > 0 && (secret[n - 1] == '\n' || secret[n - 1] == '\r')) {
        n--;
    }
    const bool fits = gv_format(auth, GV_ORDER_AUTH_MAX, "key:%.*s", (int)n, secret);
    gv_secure_zero(secret, sizeof(secret));
    return fits && n > 0 ? EX_OK : complain(o->key, "that is no secret");
}

static int open_signer(const struct options *o, struct gv_solver_config *config)
{
    char hex[80];
    char pubkey[65];
    uint8_t secret[32];
    uint8_t seed[32];
    struct gv_fail fail = {0};
    size_t n = 0;
    config->entropy = gv_linux_entropy();
    if (o->sign_key == NULL) {
        return EX_OK;
    }
    if (gv_file_read(o->sign_key, hex, sizeof(hex), &n, &fail) != GV_OK) {
        complain(o->sign_key, fail.text);
        return EX_NOINPUT;
    }
    gv_entropy_fill(&config->entropy, seed, sizeof(seed));
    const bool good = n >= 64 && strspn(hex + 64, "\r\n") == n - 64 &&
                      gv_hex_decode(secret, sizeof(secret), hex, 64) == GV_OK &&
                      gv_signer_open(&signer, secret, seed, &fail) == GV_OK;
    gv_secure_zero(hex, sizeof(hex));
    gv_secure_zero(secret, sizeof(secret));
    if (!good) {
        return complain(o->sign_key, "a secret key of 64 hexadecimal digits is needed");
    }
    gv_hex_encode(pubkey, gv_view_of(signer.pubkey, sizeof(signer.pubkey)));
    gv_log(GV_LOG_INFO, "solver", "signs with pubkey=%s", pubkey);
    config->signer = &signer;
    if (o->domain == NULL || strlen(o->domain) != GV_ORDER_DOMAIN_TEXT - 1u ||
        !gv_text_copy(config->domain, sizeof(config->domain), o->domain)) {
        return complain("--domain", "needed: the signing_domain that the box shows for its orders");
    }
    return EX_OK;
}

/* ---- the network ----------------------------------------------------------------------------------- */

static int open_targets(const struct options *o, struct gv_solver_config *config)
{
    const struct {
        const char *option, *port;
        uint32_t *target;
    } rows[] = {
        {"--order-port", o->order_port, &config->order_target},
        {"--bid-port", o->bid_port, &config->bid_target},
        {"--fulfill-port", o->claim_port, &config->claim_target},
    };
    struct gv_fail fail = {0};
    if (gv_socket_tcp_open(&config->tcp, &sockets, &fail) != GV_OK) {
        complain("network", fail.text);
        return EX_OSERR;
    }
    if (o->tls) {
        if (gv_tls_client_open(&tls, o->ca != NULL ? o->ca : GV_TRUST_DEFAULT_FILE, o->host,
                               &fail) != GV_OK) {
            complain("--tls", fail.text);
            return EX_CONFIG;
        }
        gv_socket_tcp_encrypt_targets(&sockets, &tls);
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t port;
        if (!number(rows[i].port, 65535, &port) || port == 0) {
            return complain(rows[i].option, "a port is needed, 1 to 65535");
        }
        if (gv_socket_tcp_target(&sockets, o->host, (uint16_t)port, rows[i].target, &fail) !=
            GV_OK) {
            complain("--sequencer-host", fail.text);
            return EX_NOHOST;
        }
    }
    return EX_OK;
}

static void run(void)
{
    const struct sigaction stop = {.sa_handler = on_signal};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGINT, &stop, NULL);
    (void)sigaction(SIGTERM, &stop, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    while (!stopped) {
        gv_solver_step(&solver, TURN_MS);
    }
    gv_solver_close(&solver);
    gv_socket_tcp_close(&sockets);
    gv_secure_zero(&signer, sizeof(signer));
}

static int start(const struct options *o)
{
    static struct gv_clock clock;
    struct gv_solver_config config = {.clock = &clock, .strategy = &strategy};
    struct gv_fail fail = {0};
    clock = gv_linux_clock();
    if (gv_solver_id_parse(&config.id, gv_view_str(o->id), &fail) != GV_OK) {
        return complain("--id", fail.text);
    }
    int status = open_strategy(o);
    if (status == EX_OK) {
        status = open_key(o, config.auth);
    }
    if (status == EX_OK) {
        status = open_signer(o, &config);
    }
    if (status == EX_OK) {
        status = open_targets(o, &config);
    }
    if (status == EX_OK) {
        gv_solver_init(&solver, &config);
        run();
    }
    return status;
}

int main(int argc, char **argv)
{
    struct options o = {
        .host = "127.0.0.1",
        .order_port = "8080",
        .bid_port = "8081",
        .claim_port = "8082",
        .strategy = "random",
        .max_input = "100",
        .rate = "1.0",
        .validity = "60",
        .work = "1",
    };
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage_text, stdout);
        return EX_OK;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("gavel-solver " GV_VERSION);
        return EX_OK;
    }
    const int status = read_options(&o, argc, argv);
    return status == EX_OK ? start(&o) : status;
}
