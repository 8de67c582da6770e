#include "tests/unit/update/bundles.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    size_t bytes;
} parts[] = {{"root", 16000}, {"vmlinuz", 5001}, {"cmdline-a.txt", 20}, {"cmdline-b.txt", 21}};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

static const uint8_t aux[32] = {7};

const struct gv_signer *test_signer(void)
{
    static struct gv_signer signer;
    static bool opened;
    if (!opened) {
        const uint8_t secret[32] = {[31] = 42};
        uint8_t seed[32] = {1};
        const enum gv_err err = gv_signer_open(&signer, secret, seed, NULL);
        GV_ASSERT(err == GV_OK);
        opened = true;
    }
    return &signer;
}

struct gv_version test_version(const char *text)
{
    struct gv_version version;
    const bool good = gv_version_parse(&version, gv_view_str(text));
    GV_ASSERT(good);
    return version;
}

struct gv_bundle_rules test_rules(const char *running)
{
    struct gv_bundle_rules rules = {
        .has_key = true, .running = test_version(running), .floor = test_version(running)};
    memcpy(rules.key, test_signer()->pubkey, sizeof(rules.key));
    return rules;
}

size_t test_part(uint8_t *out, const char *version, const char *name)
{
    for (size_t i = 0; i < PARTS; i++) {
        if (strcmp(parts[i].name, name) == 0) {
            for (size_t at = 0; at < parts[i].bytes; at++) {
                out[at] = (uint8_t)(at * 31u + i + (uint8_t)version[2] + (at >> 8));
            }
            return parts[i].bytes;
        }
    }
    return 0;
}

static void add_parts(struct test_bundle *bundle, const char *version)
{
    bundle->n = GV_BUNDLE_HEAD;
    for (size_t i = 0; i < PARTS; i++) {
        bundle->n += test_part(bundle->b + bundle->n, version, parts[i].name);
    }
}

void test_bundle_make(struct test_bundle *bundle, const char *version, const char *from)
{
    struct gv_bundle head = {
        .version = test_version(version), .from = test_version(from), .parts_n = PARTS};
    const uint8_t *at = bundle->b + GV_BUNDLE_HEAD;
    add_parts(bundle, version);
    for (size_t i = 0; i < PARTS; i++) {
        struct gv_bundle_part *part = &head.parts[i];
        const bool fits = gv_text_copy(part->name, sizeof(part->name), parts[i].name);
        GV_ASSERT(fits);
        part->bytes = parts[i].bytes;
        gv_sha256_of(&part->hash, gv_view_of(at, parts[i].bytes));
        at += parts[i].bytes;
    }
    const enum gv_err err = gv_bundle_make_head(bundle->b, &head, test_signer(), aux, NULL);
    GV_ASSERT(err == GV_OK);
}

void test_bundle_with_lines(struct test_bundle *bundle, const char *lines)
{
    add_parts(bundle, "0.2.0");
    memset(bundle->b, 0, GV_BUNDLE_HEAD);
    memcpy(bundle->b, lines, strlen(lines));
    const enum gv_err err =
        gv_bundle_sign_lines(bundle->b, strlen(lines), test_signer(), aux, NULL);
    GV_ASSERT(err == GV_OK);
}
