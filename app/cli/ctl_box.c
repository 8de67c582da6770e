#include "app/cli/ctl_box.h"

#include "app/cli/ctl_ask.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <string.h>
#include <sysexits.h>

const char gv_ctl_box_usage[] =
    "  doctor                                   look the box over; says what to do about each "
    "finding\n"
    "  auction list | auction show ID           listings as everybody may see them\n"
    "  cert show | cert export | cert renew     names and fingerprints, the CA as PEM, a new leaf\n"
    "  bundle [FILE|-]                          one file for a supporter, without secrets\n";

static int misused(void)
{
    fprintf(stderr, "gavelctl: the commands about the box are\n%s", gv_ctl_box_usage);
    return EX_USAGE;
}

static int ask(const struct gv_ctl_options *options, const char *command, gv_json_ref *answer)
{
    struct gv_json_out out;
    gv_ctl_begin(&out, command);
    return gv_ctl_ask(options, &out, answer);
}

/* ---- doctor -------------------------------------------------------------------------------------- */

static bool member_is(gv_json_ref object, const char *key, const char *text)
{
    struct gv_view view;
    return gv_json_string(gv_json_get(object, key), &view) && gv_view_is(view, text);
}

static int doctor(const struct gv_ctl_options *options, int argc, char **argv)
{
    /* Read in either form: the exit status says what was found. */
    const struct gv_ctl_options reading = {.data_dir = options->data_dir,
                                           .copy = options->json ? stdout : NULL};
    struct gv_json_iter it;
    gv_json_ref answer = NULL;
    (void)argv;
    if (argc != 0) {
        return misused();
    }
    const int status = ask(&reading, "doctor", &answer);
    if (status == EX_UNAVAILABLE) {
        fprintf(stderr,
                "  systemctl status gavel says why it does not run, gavelctl config check what "
                "is wrong in its file\n");
    }
    if (status != EX_OK) {
        return status;
    }
    for (gv_json_ref e = gv_json_first(&it, gv_json_get(answer, "checks"));
         e != NULL && !options->json; e = gv_json_next(&it)) {
        const gv_json_ref advice = gv_json_get(e, "advice");
        printf("%s  ", member_is(e, "verdict", "pass")   ? "ok  "
                       : member_is(e, "verdict", "warn") ? "WARN"
                                                         : "FAIL");
        gv_ctl_print(true, gv_json_get(e, "name"));
        gv_ctl_print(false, gv_json_get(e, "found"));
        if (gv_json_type(advice) == GV_JSON_STRING) {
            printf("      ");
            gv_ctl_print(false, advice);
        }
    }
    return member_is(answer, "worst", "fail") ? EX_TEMPFAIL : EX_OK;
}

/* ---- auctions ------------------------------------------------------------------------------------ */

static void print_sats(const char *label, gv_json_ref object, const char *key)
{
    int64_t v = 0;
    if (gv_json_int(gv_json_get(object, key), &v)) {
        printf("%s%" PRId64 " sats\n", label, v);
    } else {
        printf("%s-\n", label);
    }
}

static void print_row(gv_json_ref e)
{
    printf("%6" PRId64 "  ", gv_ctl_number(e, "id"));
    gv_ctl_print(true, gv_json_get(e, "asset"));
    gv_ctl_print(true, gv_json_get(e, "status"));
    printf("blocks %" PRId64 "..%" PRId64 "  ", gv_ctl_number(e, "start_block"),
           gv_ctl_number(e, "end_block"));
    print_sats("", e, "price_sats");
}

static int auction_show(const struct gv_ctl_options *options, const char *text)
{
    struct gv_json_out out;
    gv_json_ref answer = NULL;
    uint64_t id = 0;
    if (!gv_parse_u64(&id, gv_view_str(text), INT64_MAX)) {
        return misused();
    }
    gv_ctl_begin(&out, "auction.show");
    gv_jo_kint(&out, "id", (int64_t)id);
    const int status = gv_ctl_ask(options, &out, &answer);
    if (status != EX_OK || answer == NULL) {
        return status;
    }
    const gv_json_ref auction = gv_json_get(answer, "auction");
    printf("asset     ");
    gv_ctl_print(false, gv_json_get(auction, "asset"));
    printf("quantity  ");
    gv_ctl_print(false, gv_json_get(auction, "quantity"));
    printf("status    ");
    gv_ctl_print(false, gv_json_get(auction, "status"));
    printf("blocks    %" PRId64 "..%" PRId64 "\n", gv_ctl_number(auction, "start_block"),
           gv_ctl_number(auction, "end_block"));
    print_sats("start     ", auction, "start_price_sats");
    print_sats("now       ", auction, "price_sats");
    printf("seller    ");
    gv_ctl_print(false, gv_json_get(auction, "seller"));
    printf("created   ");
    gv_ctl_print(false, gv_json_get(auction, "created_at"));
    return EX_OK;
}

static int auction(const struct gv_ctl_options *options, int argc, char **argv)
{
    if (argc == 1 && strcmp(argv[0], "list") == 0) {
        return gv_ctl_list(options, "auction.list", print_row);
    }
    return argc == 2 && strcmp(argv[0], "show") == 0 ? auction_show(options, argv[1]) : misused();
}

/* ---- certificate --------------------------------------------------------------------------------- */

static int cert_show(const struct gv_ctl_options *options)
{
    static const char *const members[] = {"ca_sha256", "sha256", "not_after", "renew_at"};
    struct gv_json_iter it;
    gv_json_ref answer = NULL;
    const int status = ask(options, "cert.show", &answer);
    if (status != EX_OK || answer == NULL) {
        return status;
    }
    if (!gv_ctl_flag(answer, "tls")) {
        puts("https.tls is off: there is no certificate");
    }
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (gv_json_get(answer, members[i]) != NULL) {
            printf("%-10s ", members[i]);
            gv_ctl_print(false, gv_json_get(answer, members[i]));
        }
    }
    for (gv_json_ref name = gv_json_first(&it, gv_json_get(answer, "names")); name != NULL;
         name = gv_json_next(&it)) {
        printf("%-10s ", "name");
        gv_ctl_print(false, name);
    }
    return EX_OK;
}

static int cert_export(const struct gv_ctl_options *options)
{
    gv_json_ref answer = NULL;
    struct gv_view pem;
    const int status = ask(options, "cert.export", &answer);
    if (status == EX_OK && gv_json_string(gv_json_get(answer, "ca_pem"), &pem)) {
        fwrite(pem.p, 1, pem.n, stdout);
    }
    return status;
}

static int cert_renew(const struct gv_ctl_options *options)
{
    gv_json_ref answer = NULL;
    const int status = ask(options, "cert.renew", &answer);
    if (status == EX_OK && answer != NULL) {
        puts("a new certificate is served in a moment; who trusts the CA need do nothing");
    }
    return status;
}

static int cert(const struct gv_ctl_options *options, int argc, char **argv)
{
    static const struct {
        const char *word;
        int (*run)(const struct gv_ctl_options *options);
    } commands[] = {{"show", cert_show}, {"export", cert_export}, {"renew", cert_renew}};
    for (size_t i = 0; argc == 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[0], commands[i].word) == 0) {
            return commands[i].run(options);
        }
    }
    return misused();
}

/* ---- which --------------------------------------------------------------------------------------- */

static int bundle(const struct gv_ctl_options *options, int argc, char **argv)
{
    return argc <= 1 ? gv_ctl_bundle(options, argc == 1 ? argv[0] : "gavel-bundle.json")
                     : misused();
}

static const struct {
    const char *word;
    int (*run)(const struct gv_ctl_options *options, int argc, char **argv);
} groups[] = {{"doctor", doctor}, {"auction", auction}, {"cert", cert}, {"bundle", bundle}};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static size_t find(const char *word)
{
    size_t i = 0;
    while (i < GROUPS && strcmp(word, groups[i].word) != 0) {
        i++;
    }
    return i;
}

bool gv_ctl_box_knows(const char *word)
{
    return find(word) < GROUPS;
}

int gv_ctl_box(const struct gv_ctl_options *options, int argc, char **argv)
{
    return groups[find(argv[0])].run(options, argc - 1, argv + 1);
}
