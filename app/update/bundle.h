/* Bundle: one signed file with a whole release of the SD card's system. Read as a stream with a fixed buffer.
 *
 *   8192 bytes  the head: text, then zero bytes
 *     gavel-bundle 1
 *     product gavel
 *     version 0.2.0               of what is inside
 *     from 0.1.0                  oldest release that may be updated with it
 *     board sd-arm64              class of boards that it starts on
 *     part root 194000000 HASH    name, bytes, SHA-256; at least one, "root" among them
 *     part vmlinuz 17000000 HASH
 *     ...
 *     signature HEX               BIP340 by the release key over the tagged hash "gavel/bundle" of all lines above
 *   the parts, in that order, without gaps; the file ends with the last one
 *
 * The signature is checked before a word of the text is believed. A part "cmdline-a.txt" or "cmdline-b.txt" is for that
 * slot only and is "cmdline.txt" there; all others are for both.
 * Trust: one key, pinned when the program is compiled. A release must be newer than the one that runs and not below the
 * floor (the newest release that ever proved itself on this box), so an old release cannot come back with its holes.
 * Limits: those below. Thread: any; a reader belongs to one. */
#ifndef GV_APP_UPDATE_BUNDLE_H
#define GV_APP_UPDATE_BUNDLE_H

#include "firmware/base/bytes.h"
#include "firmware/base/crypto.h"
#include "hal/iface/slots.h"

#define GV_BUNDLE_HEAD 8192u
/* A root, kernel, initrd, two command lines, device trees of every board. */
#define GV_BUNDLE_PARTS_MAX 48u
#define GV_BUNDLE_PART_MAX  (UINT64_C(400) << 20) /* the card's slots */
#define GV_BUNDLE_BYTES_MAX (UINT64_C(512) << 20)
#define GV_RELEASE_KEY_LEN  32u
#define GV_BUNDLE_TAG       "gavel/bundle"
#define GV_BUNDLE_PRODUCT   "gavel"
#define GV_BUNDLE_BOARD     "sd-arm64"

struct gv_version {
    uint16_t major, minor, patch;
};
#define GV_VERSION_MAX 18u /* bytes of "65535.65535.65535" with its end */

/** "1.2.3". Returns: false for anything else. */
GV_MUST_USE bool gv_version_parse(struct gv_version *version, struct gv_view text);
void gv_version_format(struct gv_version version, char text[GV_VERSION_MAX]);
/** Below 0, 0 or above 0: a is older than b, the same, newer. */
int gv_version_compare(struct gv_version a, struct gv_version b);
/** Of this program. */
struct gv_version gv_version_own(void);

/** The key that releases are signed with, x only. Returns: false: none was pinned, and no bundle is believed. */
GV_MUST_USE bool gv_release_key(uint8_t key[GV_RELEASE_KEY_LEN]);

struct gv_bundle_part {
    char name[GV_SLOT_PART_NAME_MAX];
    uint64_t bytes;
    struct gv_hash256 hash;
};

struct gv_bundle {
    struct gv_version version;
    struct gv_version from;
    uint64_t bytes; /* of the whole file */
    uint32_t parts_n;
    struct gv_bundle_part parts[GV_BUNDLE_PARTS_MAX];
};

/** What a bundle is held against; gv_bundle_own_rules fills it with what this program is. */
struct gv_bundle_rules {
    bool has_key; /* false: nothing passes */
    uint8_t key[GV_RELEASE_KEY_LEN];
    struct gv_version running;
    struct gv_version floor;
    bool any_version; /* judge signature and parts only */
};

/** In: floor: of the box; not below what runs. */
struct gv_bundle_rules gv_bundle_own_rules(struct gv_version floor);

/** The name a part has in a slot. Returns: NULL: it is not for this slot. */
const char *gv_bundle_name_in(const struct gv_bundle_part *part, enum gv_slot slot);

/** Judge a head.
 *  Returns: GV_OK; GV_ERR_UNSUPPORTED "update.no_key"; GV_ERR_CRYPTO "update.signature"; GV_ERR_INVALID
 *           "update.format", "update.product", "update.board", "update.part", "update.size"; GV_ERR_STATE
 *           "update.downgrade" (below the floor, or not newer), "update.from" (needs a release between).
 *  Out:     bundle: set only on GV_OK. */
GV_MUST_USE enum gv_err gv_bundle_judge(struct gv_bundle *bundle,
                                        const uint8_t head[GV_BUNDLE_HEAD],
                                        const struct gv_bundle_rules *rules, struct gv_fail *fail);

/** Where the parts go. Each may be NULL. A failure ends the reading. */
struct gv_bundle_sink {
    enum gv_err (*begin)(void *ctx, const struct gv_bundle_part *part, struct gv_fail *fail);
    enum gv_err (*put)(void *ctx, struct gv_view bytes, struct gv_fail *fail);
    /** All bytes of the part came, and their hash is the promised one. */
    enum gv_err (*end)(void *ctx, const struct gv_bundle_part *part, struct gv_fail *fail);
    void *ctx;
};

/** Caller's storage; private but for bundle and got. */
struct gv_bundle_reader {
    struct gv_bundle_rules rules;
    struct gv_bundle_sink sink;
    struct gv_bundle bundle; /* once got >= GV_BUNDLE_HEAD */
    uint64_t got;            /* bytes of the file so far */
    uint32_t part;
    uint64_t part_got;
    struct gv_sha256 sha;
    uint8_t head[GV_BUNDLE_HEAD];
};

void gv_bundle_reader_init(struct gv_bundle_reader *reader, const struct gv_bundle_rules *rules,
                           const struct gv_bundle_sink *sink);

/** The next bytes of the file.
 *  Returns: GV_OK; as gv_bundle_judge; GV_ERR_CRYPTO "update.hash" (names the part); GV_ERR_INVALID "update.size" (more
 *           than the head says); what the sink returned. After a failure the reader is not used again. */
GV_MUST_USE enum gv_err gv_bundle_put(struct gv_bundle_reader *reader, struct gv_view bytes,
                                      struct gv_fail *fail);

/** The file ends here. Returns: GV_OK: all of it is good; GV_ERR_INVALID "update.truncated". */
GV_MUST_USE enum gv_err gv_bundle_end(const struct gv_bundle_reader *reader, struct gv_fail *fail);

#endif
