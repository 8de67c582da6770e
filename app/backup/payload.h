/* Payload: what is inside an archive. A manifest, then the files it names, in its order, nothing else.
 *
 *   length (4 bytes, little endian) | manifest, JSON | bytes of file 1 | bytes of file 2 | ...
 *   {"format":1,"version":"0.1.0","schema":3,"files":[{"name":"gavel.db","bytes":4096,"sha256":"..."}, ...]}
 * A name is one of a fixed list, never a path: nothing can be written anywhere else. Lengths and SHA-256
 * of every file must be as the manifest says. The reader refuses everything it does not expect.
 * Pure. Thread: one owner per reader. */
#ifndef GV_APP_BACKUP_PAYLOAD_H
#define GV_APP_BACKUP_PAYLOAD_H

#include "firmware/base/crypto.h"

#define GV_PAYLOAD_MANIFEST_MAX 2048u
/* A database of all listings a board can hold, ten times over. */
#define GV_PAYLOAD_FILE_MAX (4ull * 1024 * 1024 * 1024)

/** In the order in which they stand; the first two must be there. */
enum gv_payload_file {
    GV_PAYLOAD_DATABASE, /* "gavel.db" */
    GV_PAYLOAD_SEAL_KEY, /* "seal.key", 32 bytes */
    GV_PAYLOAD_SETTINGS, /* "settings.conf" */
};
#define GV_PAYLOAD_FILES 3u

struct gv_payload_entry {
    bool present;
    uint64_t bytes;
    struct gv_hash256 sha256;
};

struct gv_manifest {
    char version[32]; /* of the program that made it */
    uint32_t schema;
    struct gv_payload_entry files[GV_PAYLOAD_FILES];
};

/** Length and manifest as they stand at the beginning. Returns: bytes written.
 *  Out: out: GV_PAYLOAD_MANIFEST_MAX + 4 bytes. */
size_t gv_manifest_write(uint8_t *out, const struct gv_manifest *manifest);

struct gv_payload_ops {
    /** The manifest was read and is in order. May be NULL. */
    enum gv_err (*manifest)(void *ctx, const struct gv_manifest *manifest);
    /** Bytes of a file, in order; n = 0 once at its end, when length and hash were right. */
    enum gv_err (*bytes)(void *ctx, enum gv_payload_file file, struct gv_view v);
};

/** Caller's memory; the members are private. */
struct gv_payload_reader {
    const struct gv_payload_ops *ops;
    void *ctx;
    struct gv_manifest manifest;
    struct gv_sha256 sha;
    uint64_t left; /* of the file under way */
    unsigned file; /* under way */
    bool has_manifest;
    size_t head_n;                             /* bytes of length and manifest so far */
    uint8_t head[GV_PAYLOAD_MANIFEST_MAX + 8]; /* and JSON padding */
    _Alignas(16) uint8_t arena[GV_PAYLOAD_MANIFEST_MAX * 4];
};

void gv_payload_open(struct gv_payload_reader *reader, const struct gv_payload_ops *ops, void *ctx);
/** Returns: GV_OK; GV_ERR_INVALID "backup.manifest", "backup.surplus"; GV_ERR_CRYPTO "backup.hash";
 *  GV_ERR_UNSUPPORTED "backup.version"; what the callbacks returned. */
GV_MUST_USE enum gv_err gv_payload_feed(struct gv_payload_reader *reader, struct gv_view bytes,
                                        struct gv_fail *fail);
/** Nothing more comes. Returns: GV_OK; GV_ERR_INVALID "backup.short". */
GV_MUST_USE enum gv_err gv_payload_close(const struct gv_payload_reader *reader,
                                         struct gv_fail *fail);

#endif
