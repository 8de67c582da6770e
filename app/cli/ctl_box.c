#include "app/cli/ctl_box.h"

#include "app/cli/ctl_ask.h"
#include "firmware/base/crypto.h"
#include "firmware/base/text.h"
#include "hal/iface/own_cert.h"
#include "hal/linux/files.h"

#include <inttypes.h>
#include <string.h>
#include <sysexits.h>

const char gv_ctl_box_usage[] =
    "  doctor                                   look the box over; says what to do about each "
    "finding\n"
    "  auction list | auction show ID           listings as everybody may see them\n"
    "  cert show | cert export | cert renew     names and fingerprints, the CA as PEM, a new leaf\n"
    "  cert install FILE... | cert remove       your own chain and key (PEM; of one file or "
    "several)\n"
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

#define NOT_RUNNING "no gaveld listens"
#define NOT_RUNNING_ADVICE                                                                         \
    "systemctl status gavel says why it does not run, gavelctl config check what is wrong in its " \
    "file"

/* Who reads JSON gets a finding as of the daemon's own, not nothing. */
static void not_running(bool json)
{
    char text[512];
    struct gv_json_out out;
    if (!json) {
        fprintf(stderr, "  %s\n", NOT_RUNNING_ADVICE);
        return;
    }
    gv_json_out_init(&out, text, sizeof(text));
    gv_jo_object(&out);
    gv_jo_key(&out, "checks");
    gv_jo_array(&out);
    gv_jo_object(&out);
    gv_jo_kstring(&out, "name", "gaveld");
    gv_jo_kstring(&out, "verdict", "fail");
    gv_jo_kstring(&out, "found", NOT_RUNNING);
    gv_jo_kstring(&out, "advice", NOT_RUNNING_ADVICE);
    gv_jo_object_end(&out);
    gv_jo_array_end(&out);
    gv_jo_kstring(&out, "worst", "fail");
    gv_jo_object_end(&out);
    printf("%.*s\n", (int)out.n, out.p);
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
        not_running(options->json);
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

/* The owner's certificate, beside the box's. */
static void print_own(gv_json_ref own)
{
    static const struct {
        const char *key;
        const char *label;
    } members[] = {{"state", "state"}, {"why", "why"}, {"sha256", "sha256"}, {"not_after", "ends"}};
    struct gv_json_iter it;
    struct gv_view text;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (gv_json_string(gv_json_get(own, members[i].key), &text) && text.n > 0) {
            printf("own %-6s ", members[i].label);
            gv_ctl_print(false, gv_json_get(own, members[i].key));
        }
    }
    for (gv_json_ref name = gv_json_first(&it, gv_json_get(own, "names")); name != NULL;
         name = gv_json_next(&it)) {
        printf("own %-6s ", "name");
        gv_ctl_print(false, name);
    }
}

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
    print_own(gv_json_get(answer, "own"));
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

/* One text of all files: they are read with the caller's rights, so the daemon needs none. */
static enum gv_err read_pem(char pem[GV_OWN_CERT_PEM_MAX], size_t *n, int files_n, char **files,
                            struct gv_fail *fail)
{
    enum gv_err err = GV_OK;
    *n = 0;
    for (int i = 0; i < files_n && err == GV_OK; i++) {
        size_t got = 0;
        err = gv_file_read(files[i], pem + *n, GV_OWN_CERT_PEM_MAX - *n, &got, fail);
        *n += got;
        if (err == GV_OK && *n < GV_OWN_CERT_PEM_MAX) {
            pem[(*n)++] = '\n'; /* a file may end without one */
        }
    }
    return err;
}

static int cert_install(const struct gv_ctl_options *options, int files_n, char **files)
{
    char pem[GV_OWN_CERT_PEM_MAX];
    size_t n = 0;
    struct gv_json_out out;
    struct gv_json_iter it;
    struct gv_fail fail = {.err = GV_OK};
    gv_json_ref answer = NULL;
    if (read_pem(pem, &n, files_n, files, &fail) != GV_OK) {
        gv_secure_zero(pem, sizeof(pem));
        fprintf(stderr, "gavelctl: %s\n", fail.text);
        return EX_NOINPUT;
    }
    gv_ctl_begin(&out, "cert.install");
    gv_jo_key(&out, "pem");
    gv_jo_text(&out, gv_view_of(pem, n));
    gv_secure_zero(pem, sizeof(pem));
    const int status = gv_ctl_ask(options, &out, &answer);
    for (gv_json_ref name = gv_json_first(&it, gv_json_get(gv_json_get(answer, "own"), "names"));
         status == EX_OK && name != NULL; name = gv_json_next(&it)) {
        printf("served in a moment for ");
        gv_ctl_print(false, name);
    }
    return status;
}

static int cert_remove(const struct gv_ctl_options *options)
{
    gv_json_ref answer = NULL;
    const int status = ask(options, "cert.remove", &answer);
    if (status == EX_OK && answer != NULL) {
        puts("the box serves its own certificate for every name, in a moment");
    }
    return status;
}

static int cert(const struct gv_ctl_options *options, int argc, char **argv)
{
    static const struct {
        const char *word;
        int (*run)(const struct gv_ctl_options *options);
    } commands[] = {{"show", cert_show},
                    {"export", cert_export},
                    {"renew", cert_renew},
                    {"remove", cert_remove}};
    if (argc > 1 && strcmp(argv[0], "install") == 0) {
        return cert_install(options, argc - 1, argv + 1);
    }
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
