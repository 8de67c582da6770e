/* gavel-release: for the maker of releases, on his own machine; not installed on a box.
 *   gavel-release key SECRET_FILE                                 makes a key
 *   gavel-release public SECRET_FILE                              prints what a build pins (GAVEL_RELEASE_KEY)
 *   gavel-release make SECRET_FILE VERSION FROM NAME=FILE... >BUNDLE   signs a bundle (toolchain/bundle calls it)
 * Exit status: sysexits(3). */
#include "app/update/maker.h"
#include "firmware/base/text.h"
#include "hal/linux/entropy.h"
#include "hal/linux/files.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define SECRET_LEN ((size_t)32)
#define PIECE      65536u

static struct gv_bundle bundle;
static const char *files[GV_BUNDLE_PARTS_MAX];
static uint8_t head[GV_BUNDLE_HEAD];
static uint8_t piece[PIECE];

static int complain(int status, const struct gv_fail *fail)
{
    fprintf(stderr, "gavel-release: %s\n", fail->text);
    return status;
}

/* ---- the key ------------------------------------------------------------------------------------ */

static enum gv_err open_key(struct gv_signer *signer, const char *path,
                            const struct gv_entropy *entropy, struct gv_fail *fail)
{
    char text[2 * SECRET_LEN + 2];
    uint8_t secret[SECRET_LEN];
    uint8_t seed[32];
    size_t n = 0;
    enum gv_err err = gv_file_read(path, text, sizeof(text), &n, fail);
    n -= n > 0 && text[n - 1] == '\n' ? 1 : 0;
    if (err == GV_OK && gv_hex_decode(secret, sizeof(secret), text, n) != GV_OK) {
        err =
            gv_fail(fail, GV_ERR_INVALID, "release.key", "%s holds no key of 64 hex digits", path);
    }
    if (err == GV_OK) {
        gv_entropy_fill(entropy, seed, sizeof(seed));
        err = gv_signer_open(signer, secret, seed, fail);
    }
    gv_secure_zero(text, sizeof(text));
    gv_secure_zero(secret, sizeof(secret));
    return err;
}

static int make_key(const char *path)
{
    const struct gv_entropy entropy = gv_linux_entropy();
    struct gv_fail fail = {.err = GV_OK};
    uint8_t secret[SECRET_LEN];
    char text[2 * SECRET_LEN + 2];
    FILE *there = fopen(path, "re");
    if (there != NULL) {
        (void)fclose(there);
        (void)gv_fail(&fail, GV_ERR_CONFLICT, "release.key", "%s is there already", path);
        return complain(EX_CANTCREAT, &fail);
    }
    gv_entropy_fill(&entropy, secret, sizeof(secret));
    gv_hex_encode(text, gv_view_of(secret, sizeof(secret)));
    text[2 * SECRET_LEN] = '\n';
    const enum gv_err err =
        gv_file_write_private(path, gv_view_of(text, 2 * SECRET_LEN + 1), &fail);
    gv_secure_zero(secret, sizeof(secret));
    gv_secure_zero(text, sizeof(text));
    return err == GV_OK ? EX_OK : complain(EX_IOERR, &fail);
}

static int print_public(const char *path)
{
    const struct gv_entropy entropy = gv_linux_entropy();
    struct gv_fail fail = {.err = GV_OK};
    struct gv_signer signer;
    char text[2 * sizeof(signer.pubkey) + 1];
    if (open_key(&signer, path, &entropy, &fail) != GV_OK) {
        return complain(EX_DATAERR, &fail);
    }
    gv_hex_encode(text, gv_view_of(signer.pubkey, sizeof(signer.pubkey)));
    gv_secure_zero(&signer, sizeof(signer));
    puts(text);
    return EX_OK;
}

/* ---- the bundle --------------------------------------------------------------------------------- */

/* Size and hash of a file. */
static enum gv_err measure(struct gv_bundle_part *part, const char *path, struct gv_fail *fail)
{
    struct gv_sha256 sha;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return gv_fail(fail, GV_ERR_IO, "release.io", "cannot open %s", path);
    }
    gv_sha256_init(&sha);
    for (size_t n = 1; n > 0;) {
        n = fread(piece, 1, sizeof(piece), file);
        gv_sha256_add(&sha, gv_view_of(piece, n));
        part->bytes += n;
    }
    gv_sha256_finish(&sha, &part->hash);
    const bool whole = ferror(file) == 0;
    (void)fclose(file);
    return whole ? GV_OK : gv_fail(fail, GV_ERR_IO, "release.io", "cannot read %s", path);
}

static enum gv_err add_part(const char *word, struct gv_fail *fail)
{
    struct gv_bundle_part *part = &bundle.parts[bundle.parts_n];
    const char *equals = strchr(word, '=');
    const size_t n = equals == NULL ? 0 : (size_t)(equals - word);
    if (n == 0 || n >= sizeof(part->name)) {
        return gv_fail(fail, GV_ERR_INVALID, "release.part", "%s is not NAME=FILE", word);
    }
    memcpy(part->name, word, n);
    part->name[n] = '\0';
    files[bundle.parts_n++] = equals + 1;
    return measure(part, equals + 1, fail);
}

static enum gv_err copy_out(const char *path, struct gv_fail *fail)
{
    FILE *file = fopen(path, "re");
    bool good = file != NULL;
    for (size_t n = 1; good && n > 0;) {
        n = fread(piece, 1, sizeof(piece), file);
        good = fwrite(piece, 1, n, stdout) == n;
    }
    if (file != NULL) {
        good = good && ferror(file) == 0;
        (void)fclose(file);
    }
    return good ? GV_OK : gv_fail(fail, GV_ERR_IO, "release.io", "cannot copy %s", path);
}

/* As every box will: what we signed must be believed, but for its version. */
static enum gv_err judge_own(const struct gv_signer *signer, struct gv_fail *fail)
{
    struct gv_bundle_rules rules = {.has_key = true, .any_version = true};
    memcpy(rules.key, signer->pubkey, sizeof(rules.key));
    return gv_bundle_judge(&bundle, head, &rules, fail);
}

static int make_bundle(int argc, char **argv)
{
    const struct gv_entropy entropy = gv_linux_entropy();
    struct gv_fail fail = {.err = GV_OK};
    struct gv_signer signer;
    uint8_t aux[32];
    if (!gv_version_parse(&bundle.version, gv_view_str(argv[1])) ||
        !gv_version_parse(&bundle.from, gv_view_str(argv[2])) ||
        argc - 3 > (int)GV_BUNDLE_PARTS_MAX) {
        fputs("gavel-release: a version is three numbers, and there are at most 48 parts\n",
              stderr);
        return EX_USAGE;
    }
    enum gv_err err = open_key(&signer, argv[0], &entropy, &fail);
    for (int i = 3; err == GV_OK && i < argc; i++) {
        err = add_part(argv[i], &fail);
    }
    if (err == GV_OK) {
        gv_entropy_fill(&entropy, aux, sizeof(aux));
        err = gv_bundle_make_head(head, &bundle, &signer, aux, &fail);
    }
    if (err == GV_OK) {
        err = judge_own(&signer, &fail);
    }
    gv_secure_zero(&signer, sizeof(signer));
    if (err == GV_OK && fwrite(head, 1, sizeof(head), stdout) != sizeof(head)) {
        err = gv_fail(&fail, GV_ERR_IO, "release.io", "cannot write the bundle");
    }
    for (uint32_t i = 0; err == GV_OK && i < bundle.parts_n; i++) {
        err = copy_out(files[i], &fail);
    }
    if (err == GV_OK && fflush(stdout) != 0) {
        err = gv_fail(&fail, GV_ERR_IO, "release.io", "cannot write the bundle");
    }
    return err == GV_OK ? EX_OK : complain(EX_DATAERR, &fail);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "key") == 0) {
        return make_key(argv[2]);
    }
    if (argc == 3 && strcmp(argv[1], "public") == 0) {
        return print_public(argv[2]);
    }
    if (argc > 5 && strcmp(argv[1], "make") == 0) {
        return make_bundle(argc - 2, argv + 2);
    }
    fputs("usage: gavel-release key|public SECRET_FILE\n"
          "       gavel-release make SECRET_FILE VERSION FROM NAME=FILE... >BUNDLE\n",
          stderr);
    return EX_USAGE;
}
