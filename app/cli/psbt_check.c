#include "app/cli/psbt_check.h"

#include "app/bitcoin/address.h"
#include "app/bitcoin/psbt_check.h"
#include "firmware/base/assert.h"
#include "firmware/base/json.h"
#include "firmware/base/text.h"

#include <stdio.h>
#include <sysexits.h>

#define EXIT_LISTABLE      0
#define EXIT_INVALID       1
#define EXIT_NOT_LISTABLE  2
#define SCRIPT_BYTES_MAX   10000u /* consensus: no longer script can be spent */
#define BLOCK_MAX          499999999u
#define JSON_BYTES_MAX     1024u
#define LINE_END_BYTES_MAX 2u

enum option_id {
    OPTION_TXID,
    OPTION_VOUT,
    OPTION_SCRIPT,
    OPTION_AMOUNT,
    OPTION_PRICE,
    OPTION_REQUIRED, /* number of those that must be given */
    OPTION_BLOCK = OPTION_REQUIRED,
    OPTION_NETWORK,
    OPTION_COUNT,
};

static const char *const option_names[OPTION_COUNT] = {
    [OPTION_TXID] = "--txid",       [OPTION_VOUT] = "--vout",   [OPTION_SCRIPT] = "--script",
    [OPTION_AMOUNT] = "--amount",   [OPTION_PRICE] = "--price", [OPTION_BLOCK] = "--block",
    [OPTION_NETWORK] = "--network",
};

/* The command line, first as text, then as values. */
struct request {
    const char *text[OPTION_COUNT];
    const char *file;
    enum gv_network network;
    struct gv_psbt_terms terms;
};

/* The program runs one command and ends, so its large buffers are static. */
static uint8_t script_bytes[SCRIPT_BYTES_MAX];
static char input[GV_PSBT_CHECK_BYTES_MAX + LINE_END_BYTES_MAX + 1u];
static uint8_t served[GV_PSBT_SERVED_MAX];

/* ---- command line -------------------------------------------------------------------------------- */

static bool usage(const char *what, const char *name)
{
    fprintf(stderr, "gavelctl psbt check: %s: %s\n", name, what);
    return false;
}

static int option_of(const char *word)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(word, option_names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static bool read_words(struct request *request, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const char *const word = argv[i];
        const int option = option_of(word);
        if (option >= 0) {
            if (request->text[option] != NULL) {
                return usage("given twice", word);
            }
            if (i + 1 == argc) {
                return usage("a value is missing", word);
            }
            i++;
            request->text[option] = argv[i];
        } else if (word[0] == '-' && word[1] != '\0') {
            return usage("no such option", word);
        } else if (request->file != NULL) {
            return usage("only one file is checked at a time", word);
        } else {
            request->file = word;
        }
    }
    for (int i = 0; i < OPTION_REQUIRED; i++) {
        if (request->text[i] == NULL) {
            return usage("this option is required", option_names[i]);
        }
    }
    return true;
}

static bool read_number(const struct request *request, enum option_id option, uint64_t max,
                        uint64_t *out)
{
    if (gv_parse_u64(out, gv_view_str(request->text[option]), max)) {
        return true;
    }
    return usage("not a whole number in range", option_names[option]);
}

static bool read_script(struct request *request)
{
    const char *const text = request->text[OPTION_SCRIPT];
    const size_t digits = strlen(text);
    if (digits == 0 || digits % 2 != 0 || digits / 2 > sizeof script_bytes ||
        gv_hex_decode(script_bytes, digits / 2, text, digits) != GV_OK) {
        return usage("not a script in hex", option_names[OPTION_SCRIPT]);
    }
    request->terms.prevout.script = gv_view_of(script_bytes, digits / 2);
    return true;
}

static bool read_values(struct request *request)
{
    struct gv_psbt_terms *const terms = &request->terms;
    const char *const txid = request->text[OPTION_TXID];
    const char *const network = request->text[OPTION_NETWORK];
    uint64_t vout = 0;
    uint64_t block = 0;
    if (gv_hex_decode_reversed(terms->outpoint.txid.b, 32, txid, strlen(txid)) != GV_OK) {
        return usage("not 64 hex digits", option_names[OPTION_TXID]);
    }
    if (!read_number(request, OPTION_VOUT, UINT32_MAX, &vout) || !read_script(request) ||
        !read_number(request, OPTION_AMOUNT, GV_SAT_MAX, &terms->prevout.value_sat) ||
        !read_number(request, OPTION_PRICE, UINT64_MAX, &terms->price_sat)) {
        return false;
    }
    terms->outpoint.vout = (uint32_t)vout;
    if (request->text[OPTION_BLOCK] != NULL) {
        if (!read_number(request, OPTION_BLOCK, BLOCK_MAX, &block)) {
            return false;
        }
        terms->has_block = true;
        terms->block = (uint32_t)block;
    }
    if (network != NULL && !gv_network_parse(&request->network, gv_view_str(network))) {
        return usage("not main, test, signet or regtest", option_names[OPTION_NETWORK]);
    }
    return true;
}

/* ---- input ---------------------------------------------------------------------------------------- */

static bool read_input(const char *name, struct gv_view *out)
{
    const bool standard = name == NULL || strcmp(name, "-") == 0;
    FILE *const file = standard ? stdin : fopen(name, "rb");
    if (file == NULL) {
        return usage("cannot be opened", name);
    }
    const size_t n = fread(input, 1, sizeof input, file);
    const bool failed = ferror(file) != 0;
    if (!standard) {
        (void)fclose(file);
    }
    if (failed) {
        return usage("cannot be read", standard ? "standard input" : name);
    }
    *out = gv_view_of(input, n);
    return true;
}

static struct gv_view without_line_end(struct gv_view text)
{
    if (text.n > 0 && text.p[text.n - 1] == '\n') {
        text.n--;
        if (text.n > 0 && text.p[text.n - 1] == '\r') {
            text.n--;
        }
    }
    return text;
}

static bool is_binary(struct gv_view data)
{
    static const uint8_t magic[5] = {'p', 's', 'b', 't', 0xff};
    return data.n >= sizeof magic && memcmp(data.p, magic, sizeof magic) == 0;
}

static void judge(struct gv_psbt_verdict *verdict, struct gv_view data,
                  const struct gv_psbt_terms *terms)
{
    struct gv_fail fail;
    enum gv_err err = GV_OK;
    struct gv_view raw = data;
    if (!is_binary(data)) {
        const struct gv_view text = without_line_end(data);
        uint8_t *const bytes = (uint8_t *)input; /* decoded where it stands */
        raw = gv_view_of(bytes, 0);
        if (text.n > GV_PSBT_CHECK_BYTES_MAX) {
            err = gv_fail(&fail, GV_ERR_INVALID, "psbt.parse_size",
                          "the input is larger than 128 KiB");
        } else {
            err = gv_psbt_decode_text(bytes, &raw.n, sizeof input, text, &fail);
        }
    }
    if (err == GV_OK) {
        gv_psbt_check(verdict, served, raw, terms);
    } else {
        gv_psbt_verdict_refused(verdict, &fail, terms);
    }
}

/* ---- output --------------------------------------------------------------------------------------- */

static void print_json(const struct gv_psbt_verdict *verdict)
{
    char text[JSON_BYTES_MAX];
    struct gv_json_out out;
    gv_json_out_init(&out, text, sizeof text);
    gv_jo_object(&out);
    gv_jo_kbool(&out, "valid", verdict->valid);
    gv_jo_kbool(&out, "listable", verdict->listable);
    gv_jo_kbool(&out, "locked", verdict->locked);
    gv_jo_kstring(&out, "code", verdict->code);
    gv_jo_kstring(&out, "detail", verdict->detail);
    gv_jo_kstring(&out, "script_type", verdict->script_type);
    gv_jo_object_end(&out);
    GV_ASSERT(!out.full);
    printf("%.*s\n", (int)out.n, text);
}

static void print_words(const struct gv_psbt_verdict *verdict, enum gv_network network)
{
    char address[GV_ADDRESS_MAX];
    if (!verdict->valid) {
        printf("not a valid listing: %s\n", verdict->detail);
    } else {
        printf("valid, %s: %s\n", verdict->listable ? "listable" : "but not listable",
               verdict->detail);
    }
    printf("  code    %s\n", verdict->code);
    printf("  script  %s\n", verdict->script_type);
    if (!verdict->valid) {
        return;
    }
    const bool has_address = gv_address_encode(address, network, gv_spk_view(&verdict->payout));
    printf("  pays    %llu sat to %s\n", (unsigned long long)verdict->value_sat,
           has_address ? address : "a script without an address");
    if (verdict->locked) {
        printf("  locked  until block %u\n", (unsigned)verdict->locktime);
    } else {
        printf("  locked  no: whoever holds it can use it\n");
    }
}

int gv_cli_psbt_check(bool json, int argc, char **argv)
{
    struct request request = {.network = GV_NETWORK_MAIN};
    struct gv_psbt_verdict verdict;
    struct gv_view data;
    if (!read_words(&request, argc, argv) || !read_values(&request) ||
        !read_input(request.file, &data)) {
        return EX_USAGE;
    }
    judge(&verdict, data, &request.terms);
    if (json) {
        print_json(&verdict);
    } else {
        print_words(&verdict, request.network);
    }
    if (!verdict.valid) {
        return EXIT_INVALID;
    }
    return verdict.listable ? EXIT_LISTABLE : EXIT_NOT_LISTABLE;
}
