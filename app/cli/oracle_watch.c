#include "app/cli/ctl_ask.h"
#include "app/cli/oracle.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define EVERY_NS 500000000L
/* Prices that the little chart shows. */
#define CHART 24u
/* Digits, separators and sign of any int64. */
#define DOLLARS_MAX 32u

/* Terminal: do not wrap, so that a narrow window cuts the line; wrap again; write over the line above. */
#define NO_WRAP "\033[?7l"
#define WRAP    "\033[?7h"
#define AGAIN   "\033[A\r\033[K"

struct reading {
    char state[16];
    int64_t sequence;
    int64_t price_cents; /* 0: none; so are the next four */
    int64_t spot_cents;
    int64_t low_cents;
    int64_t high_cents;
    int64_t block_cents;
    int64_t confidence_permille;
    int64_t filled_permille;
    int64_t counted;
    int64_t age_s;
};

struct chart {
    int64_t cents[CHART]; /* the oldest first */
    uint32_t n;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

/* ---- asking ------------------------------------------------------------------------------------- */

static int ask(const struct gv_ctl_options *options, struct reading *reading)
{
    const struct gv_ctl_options quiet = {.data_dir = options->data_dir};
    struct gv_json_out out;
    struct gv_view state;
    gv_json_ref answer = NULL;
    gv_ctl_begin(&out, "oracle");
    const int status = gv_ctl_ask(&quiet, &out, &answer);
    if (status != EX_OK) {
        return status;
    }
    memset(reading, 0, sizeof(*reading));
    if (!gv_json_string(gv_json_get(answer, "state"), &state)) {
        return EX_PROTOCOL;
    }
    gv_format_cut(reading->state, sizeof(reading->state), "%.*s", (int)state.n,
                  (const char *)state.p);
    reading->sequence = gv_ctl_number(answer, "sequence");
    reading->price_cents = gv_ctl_number(answer, "price_cents");
    reading->spot_cents = gv_ctl_number(answer, "spot_cents");
    reading->low_cents = gv_ctl_number(answer, "low_cents");
    reading->high_cents = gv_ctl_number(answer, "high_cents");
    reading->block_cents = gv_ctl_number(answer, "block_cents");
    reading->confidence_permille = gv_ctl_number(answer, "confidence_permille");
    reading->filled_permille = gv_ctl_number(answer, "filled_permille");
    reading->counted = gv_ctl_number(answer, "counted");
    reading->age_s = gv_ctl_number(answer, "age_s");
    return EX_OK;
}

/* ---- showing ------------------------------------------------------------------------------------ */

/* 11354218 -> "113,542" */
static const char *dollars(char text[DOLLARS_MAX], int64_t cents)
{
    char digits[DOLLARS_MAX];
    size_t n = 0;
    gv_format_cut(digits, sizeof(digits), "%" PRId64, (cents + 50) / 100);
    const size_t all = strlen(digits);
    for (size_t i = 0; i < all; i++) {
        if (i > 0 && (all - i) % 3 == 0) {
            text[n++] = ',';
        }
        text[n++] = digits[i];
    }
    text[n] = '\0';
    return text;
}

static void add_to_chart(struct chart *chart, int64_t cents)
{
    if (cents == 0 || (chart->n > 0 && chart->cents[chart->n - 1] == cents)) {
        return;
    }
    if (chart->n == CHART) {
        memmove(chart->cents, chart->cents + 1, (CHART - 1) * sizeof(chart->cents[0]));
        chart->n--;
    }
    chart->cents[chart->n++] = cents;
}

static void print_chart(const struct chart *chart)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const int64_t bars_n = sizeof(bars) / sizeof(bars[0]);
    int64_t low = INT64_MAX;
    int64_t high = 0;
    for (uint32_t i = 0; i < chart->n; i++) {
        low = chart->cents[i] < low ? chart->cents[i] : low;
        high = chart->cents[i] > high ? chart->cents[i] : high;
    }
    for (uint32_t i = 0; i < chart->n; i++) {
        fputs(bars[high > low ? (chart->cents[i] - low) * (bars_n - 1) / (high - low) : 0], stdout);
    }
}

static void print_words(const struct reading *reading)
{
    char a[DOLLARS_MAX];
    char b[DOLLARS_MAX];
    char c[DOLLARS_MAX];
    if (reading->price_cents == 0) {
        printf("no price  %s %" PRId64 " %%  %" PRId64 " payments", reading->state,
               reading->filled_permille / 10, reading->counted);
        return;
    }
    printf("%s USD", dollars(a, reading->price_cents));
    if (reading->spot_cents != 0) {
        printf("  now %s (%s to %s)", dollars(a, reading->spot_cents),
               dollars(b, reading->low_cents), dollars(c, reading->high_cents));
    }
    if (reading->block_cents != 0) {
        printf("  blocks %s", dollars(a, reading->block_cents));
    }
    printf("  confidence %" PRId64 " %%  %s", reading->confidence_permille / 10, reading->state);
    if (reading->age_s > 1) {
        printf("  %" PRId64 " s old", reading->age_s);
    }
}

static void print_time(void)
{
    char text[32];
    struct tm utc;
    const time_t now = time(NULL);
    if (gmtime_r(&now, &utc) != NULL && strftime(text, sizeof(text), "%FT%TZ", &utc) > 0) {
        printf("%s  ", text);
    }
}

static void put_cents(struct gv_json_out *out, const char *key, int64_t cents)
{
    if (cents != 0) {
        gv_jo_kint(out, key, cents);
    } else {
        gv_jo_knull(out, key);
    }
}

static void print_json(const struct reading *reading)
{
    char json[512];
    struct gv_json_out out;
    gv_json_out_init(&out, json, sizeof(json));
    gv_jo_object(&out);
    gv_jo_kint(&out, "sequence", reading->sequence);
    gv_jo_kstring(&out, "state", reading->state);
    put_cents(&out, "price_cents", reading->price_cents);
    put_cents(&out, "spot_cents", reading->spot_cents);
    put_cents(&out, "low_cents", reading->low_cents);
    put_cents(&out, "high_cents", reading->high_cents);
    put_cents(&out, "block_cents", reading->block_cents);
    gv_jo_kint(&out, "confidence_permille", reading->confidence_permille);
    gv_jo_kint(&out, "age_s", reading->age_s);
    gv_jo_kint(&out, "counted", reading->counted);
    gv_jo_kint(&out, "filled_permille", reading->filled_permille);
    gv_jo_object_end(&out);
    printf("%.*s\n", (int)out.n, json);
}

/* Does it say something new? Ages and numbers of publications alone do not. */
static bool is_news(const struct reading *now, const struct reading *before)
{
    struct reading a = *now;
    a.sequence = before->sequence;
    a.age_s = before->age_s;
    return memcmp(&a, before, sizeof(a)) != 0;
}

/* ---- watching ----------------------------------------------------------------------------------- */

static void show(const struct gv_ctl_options *options, bool terminal, const struct reading *reading,
                 const struct reading *before, struct chart *chart)
{
    const bool news = is_news(reading, before);
    add_to_chart(chart, reading->spot_cents != 0 ? reading->spot_cents : reading->price_cents);
    if (options->json) {
        if (news) {
            print_json(reading);
        }
    } else if (terminal) {
        fputs(before->sequence != 0 ? AGAIN NO_WRAP : NO_WRAP, stdout);
        print_words(reading);
        fputs("  ", stdout);
        print_chart(chart);
        fputs(WRAP "\n", stdout);
    } else if (news) {
        print_time();
        print_words(reading);
        putchar('\n');
    }
    fflush(stdout);
}

int gv_cli_oracle_watch(const struct gv_ctl_options *options)
{
    const struct timespec every = {.tv_nsec = EVERY_NS};
    const bool terminal = !options->json && isatty(STDOUT_FILENO) == 1;
    struct sigaction action = {.sa_handler = on_signal};
    struct reading before = {.sequence = 0};
    struct reading reading;
    struct chart chart = {.n = 0};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int status = ask(options, &reading);
    const bool shown = status == EX_OK;
    while (status == EX_OK && stopped == 0) {
        show(options, terminal, &reading, &before, &chart);
        before = reading;
        (void)nanosleep(&every, NULL); /* a signal ends it early */
        if (stopped == 0) {
            status = ask(options, &reading);
        }
    }
    /* A daemon that answered before and does so no more has ended. */
    return shown && status == EX_NOPERM ? EX_UNAVAILABLE : status;
}
