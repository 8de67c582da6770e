#include "app/update/bundle.h"

#include "app/bitcoin/sig.h"
#include "firmware/base/text.h"

#include <string.h>

#define SIGNATURE_LEN   ((size_t)64)
#define SIGNATURE_WORD  "signature "
#define SIGNATURE_BYTES (sizeof(SIGNATURE_WORD) - 1 + 2 * SIGNATURE_LEN + 1) /* of the line */

static enum gv_err bad_format(struct gv_fail *fail, const char *what)
{
    return gv_fail(fail, GV_ERR_INVALID, "update.format", "this is no update: %s", what);
}

/* ---- signature ---------------------------------------------------------------------------------- */

/* Text up to the zero bytes; n = 0 when something other than zero bytes follows it. */
static struct gv_view text_of(const uint8_t head[GV_BUNDLE_HEAD])
{
    const uint8_t *end = memchr(head, 0, GV_BUNDLE_HEAD);
    const size_t n = end == NULL ? GV_BUNDLE_HEAD : (size_t)(end - head);
    for (size_t i = n; i < GV_BUNDLE_HEAD; i++) {
        if (head[i] != 0) {
            return gv_view_of(head, 0);
        }
    }
    return gv_view_of(head, n);
}

/* Out: text: loses its last line. */
static enum gv_err check_signature(struct gv_view *text, const uint8_t *key, struct gv_fail *fail)
{
    uint8_t signature[SIGNATURE_LEN];
    struct gv_hash256 digest;
    struct gv_sha256 sha;
    if (text->n <= SIGNATURE_BYTES) {
        return bad_format(fail, "its head is not ours");
    }
    const struct gv_view lines = gv_view_of(text->p, text->n - SIGNATURE_BYTES);
    const char *line = (const char *)lines.p + lines.n;
    if (lines.p[lines.n - 1] != '\n' || text->p[text->n - 1] != '\n' ||
        memcmp(line, SIGNATURE_WORD, sizeof(SIGNATURE_WORD) - 1) != 0 ||
        gv_hex_decode(signature, sizeof(signature), line + sizeof(SIGNATURE_WORD) - 1,
                      2 * SIGNATURE_LEN) != GV_OK) {
        return bad_format(fail, "its head does not end with a signature");
    }
    gv_tagged_init(&sha, GV_BUNDLE_TAG);
    gv_sha256_add(&sha, lines);
    gv_sha256_finish(&sha, &digest);
    if (!gv_schnorr_verify(gv_view_of(signature, sizeof(signature)),
                           gv_view_of(key, GV_RELEASE_KEY_LEN),
                           gv_view_of(digest.b, sizeof(digest.b)))) {
        return gv_fail(fail, GV_ERR_CRYPTO, "update.signature",
                       "the update is not signed by the maker of this release");
    }
    *text = lines;
    return GV_OK;
}

/* ---- lines -------------------------------------------------------------------------------------- */

/* The next word up to `end`, which is taken, too. Returns: false when it does not come. */
static bool take(struct gv_view *text, char end, struct gv_view *word)
{
    const uint8_t *at = text->n > 0 ? memchr(text->p, end, text->n) : NULL;
    if (at == NULL) {
        return false;
    }
    *word = gv_view_of(text->p, (size_t)(at - text->p));
    *text = gv_view_of(at + 1, text->n - word->n - 1);
    return true;
}

/* The line "KEY VALUE". */
static bool take_line(struct gv_view *text, const char *key, struct gv_view *value)
{
    struct gv_view word;
    return take(text, ' ', &word) && gv_view_is(word, key) && take(text, '\n', value);
}

/* Small letters, digits and "-._", no dot at the front: a file name everywhere, and never a path. */
static bool is_name(struct gv_view name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-._";
    if (name.n == 0 || name.n >= GV_SLOT_PART_NAME_MAX || name.p[0] == '.') {
        return false;
    }
    for (size_t i = 0; i < name.n; i++) {
        if (memchr(allowed, name.p[i], sizeof(allowed) - 1) == NULL) {
            return false;
        }
    }
    return true;
}

static bool has_part(const struct gv_bundle *bundle, const char *name)
{
    for (uint32_t i = 0; i < bundle->parts_n; i++) {
        if (strcmp(bundle->parts[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* "NAME BYTES HASH" */
static enum gv_err read_part(struct gv_bundle *bundle, struct gv_view line, struct gv_fail *fail)
{
    struct gv_bundle_part *part = &bundle->parts[bundle->parts_n];
    struct gv_view name;
    struct gv_view bytes;
    if (bundle->parts_n == GV_BUNDLE_PARTS_MAX || !take(&line, ' ', &name) || !is_name(name) ||
        !take(&line, ' ', &bytes) || !gv_parse_u64(&part->bytes, bytes, GV_BUNDLE_PART_MAX) ||
        part->bytes == 0 ||
        gv_hex_decode(part->hash.b, sizeof(part->hash.b), (const char *)line.p, line.n) != GV_OK) {
        return gv_fail(fail, GV_ERR_INVALID, "update.part", "part %u of the update is not sound",
                       bundle->parts_n + 1);
    }
    memcpy(part->name, name.p, name.n);
    part->name[name.n] = '\0';
    if (has_part(bundle, part->name)) {
        return gv_fail(fail, GV_ERR_INVALID, "update.part", "the update has %s twice", part->name);
    }
    bundle->parts_n++;
    bundle->bytes += part->bytes;
    return bundle->bytes <= GV_BUNDLE_BYTES_MAX
               ? GV_OK
               : gv_fail(fail, GV_ERR_INVALID, "update.size", "the update is too large");
}

static enum gv_err read_lines(struct gv_bundle *bundle, struct gv_view text, struct gv_fail *fail)
{
    struct gv_view value;
    if (!take_line(&text, "gavel-bundle", &value) || !gv_view_is(value, "1")) {
        return bad_format(fail, "its kind is not known here");
    }
    if (!take_line(&text, "product", &value) || !gv_view_is(value, GV_BUNDLE_PRODUCT)) {
        return gv_fail(fail, GV_ERR_INVALID, "update.product", "the update is of another product");
    }
    if (!take_line(&text, "version", &value) || !gv_version_parse(&bundle->version, value) ||
        !take_line(&text, "from", &value) || !gv_version_parse(&bundle->from, value)) {
        return bad_format(fail, "its version cannot be read");
    }
    if (!take_line(&text, "board", &value) || !gv_view_is(value, GV_BUNDLE_BOARD)) {
        return gv_fail(fail, GV_ERR_INVALID, "update.board", "the update is for other boards");
    }
    bundle->bytes = GV_BUNDLE_HEAD;
    while (text.n > 0) {
        if (!take_line(&text, "part", &value)) {
            return bad_format(fail, "a line of its head is not known here");
        }
        const enum gv_err err = read_part(bundle, value, fail);
        if (err != GV_OK) {
            return err;
        }
    }
    return has_part(bundle, GV_SLOT_ROOT)
               ? GV_OK
               : gv_fail(fail, GV_ERR_INVALID, "update.part", "the update has no root");
}

/* ---- rules -------------------------------------------------------------------------------------- */

static enum gv_err check_version(const struct gv_bundle *bundle,
                                 const struct gv_bundle_rules *rules, struct gv_fail *fail)
{
    char version[GV_VERSION_MAX];
    char other[GV_VERSION_MAX];
    gv_version_format(bundle->version, version);
    if (gv_version_compare(bundle->version, rules->floor) < 0) {
        gv_version_format(rules->floor, other);
        return gv_fail(fail, GV_ERR_STATE, "update.downgrade",
                       "release %s is older than %s, which has run here", version, other);
    }
    gv_version_format(rules->running, other);
    if (gv_version_compare(bundle->version, rules->running) <= 0) {
        return gv_fail(fail, GV_ERR_STATE, "update.downgrade",
                       "release %s is not newer than %s, which runs", version, other);
    }
    if (gv_version_compare(rules->running, bundle->from) < 0) {
        char from[GV_VERSION_MAX];
        gv_version_format(bundle->from, from);
        return gv_fail(fail, GV_ERR_STATE, "update.from",
                       "release %s follows %s or later, and %s runs: install one between first",
                       version, from, other);
    }
    return GV_OK;
}

struct gv_bundle_rules gv_bundle_own_rules(struct gv_version floor)
{
    struct gv_bundle_rules rules = {.running = gv_version_own(), .floor = floor};
    rules.has_key = gv_release_key(rules.key);
    return rules;
}

enum gv_err gv_bundle_judge(struct gv_bundle *bundle, const uint8_t head[GV_BUNDLE_HEAD],
                            const struct gv_bundle_rules *rules, struct gv_fail *fail)
{
    struct gv_view text = text_of(head);
    struct gv_bundle read = {.parts_n = 0};
    if (!rules->has_key) {
        return gv_fail(fail, GV_ERR_UNSUPPORTED, "update.no_key",
                       "this build trusts no release key, so it takes no update");
    }
    enum gv_err err = check_signature(&text, rules->key, fail);
    if (err == GV_OK) {
        err = read_lines(&read, text, fail);
    }
    if (err == GV_OK && !rules->any_version) {
        err = check_version(&read, rules, fail);
    }
    if (err == GV_OK) {
        *bundle = read;
    }
    return err;
}

const char *gv_bundle_name_in(const struct gv_bundle_part *part, enum gv_slot slot)
{
    static const char *const lines[] = {
        [GV_SLOT_A] = "cmdline-a.txt", [GV_SLOT_B] = "cmdline-b.txt"};
    if (strcmp(part->name, lines[slot]) == 0) {
        return "cmdline.txt";
    }
    return strcmp(part->name, lines[gv_slot_other(slot)]) == 0 ? NULL : part->name;
}

/* ---- stream ------------------------------------------------------------------------------------- */

void gv_bundle_reader_init(struct gv_bundle_reader *reader, const struct gv_bundle_rules *rules,
                           const struct gv_bundle_sink *sink)
{
    memset(reader, 0, sizeof(*reader));
    reader->rules = *rules;
    reader->sink = *sink;
}

static enum gv_err begin_part(struct gv_bundle_reader *reader, struct gv_fail *fail)
{
    reader->part_got = 0;
    gv_sha256_init(&reader->sha);
    if (reader->sink.begin == NULL || reader->part == reader->bundle.parts_n) {
        return GV_OK;
    }
    return reader->sink.begin(reader->sink.ctx, &reader->bundle.parts[reader->part], fail);
}

static enum gv_err end_part(struct gv_bundle_reader *reader, struct gv_fail *fail)
{
    const struct gv_bundle_part *part = &reader->bundle.parts[reader->part];
    struct gv_hash256 hash;
    enum gv_err err = GV_OK;
    gv_sha256_finish(&reader->sha, &hash);
    if (memcmp(hash.b, part->hash.b, sizeof(hash.b)) != 0) {
        return gv_fail(fail, GV_ERR_CRYPTO, "update.hash", "%s in the update is damaged",
                       part->name);
    }
    if (reader->sink.end != NULL) {
        err = reader->sink.end(reader->sink.ctx, part, fail);
    }
    reader->part++;
    return err == GV_OK ? begin_part(reader, fail) : err;
}

/* Takes at most what the head or the part still lacks. Out: taken. */
static enum gv_err put_some(struct gv_bundle_reader *reader, struct gv_view bytes, size_t *taken,
                            struct gv_fail *fail)
{
    enum gv_err err = GV_OK;
    if (reader->got < GV_BUNDLE_HEAD) {
        const size_t room = GV_BUNDLE_HEAD - (size_t)reader->got;
        *taken = bytes.n < room ? bytes.n : room;
        memcpy(reader->head + reader->got, bytes.p, *taken);
        reader->got += *taken;
        if (reader->got == GV_BUNDLE_HEAD) {
            err = gv_bundle_judge(&reader->bundle, reader->head, &reader->rules, fail);
            return err == GV_OK ? begin_part(reader, fail) : err;
        }
        return GV_OK;
    }
    if (reader->part == reader->bundle.parts_n) {
        return gv_fail(fail, GV_ERR_INVALID, "update.size", "the update is longer than it says");
    }
    const uint64_t left = reader->bundle.parts[reader->part].bytes - reader->part_got;
    *taken = bytes.n < left ? bytes.n : (size_t)left;
    const struct gv_view piece = gv_view_of(bytes.p, *taken);
    gv_sha256_add(&reader->sha, piece);
    reader->got += *taken;
    reader->part_got += *taken;
    if (reader->sink.put != NULL) {
        err = reader->sink.put(reader->sink.ctx, piece, fail);
    }
    return err == GV_OK && *taken == left ? end_part(reader, fail) : err;
}

enum gv_err gv_bundle_put(struct gv_bundle_reader *reader, struct gv_view bytes,
                          struct gv_fail *fail)
{
    enum gv_err err = GV_OK;
    while (err == GV_OK && bytes.n > 0) {
        size_t taken = 0;
        err = put_some(reader, bytes, &taken, fail);
        bytes = gv_view_of(bytes.p + taken, bytes.n - taken);
    }
    return err;
}

enum gv_err gv_bundle_end(const struct gv_bundle_reader *reader, struct gv_fail *fail)
{
    const bool whole = reader->got >= GV_BUNDLE_HEAD && reader->part == reader->bundle.parts_n;
    return whole
               ? GV_OK
               : gv_fail(fail, GV_ERR_INVALID, "update.truncated",
                         "the update ends too early: %llu bytes", (unsigned long long)reader->got);
}
