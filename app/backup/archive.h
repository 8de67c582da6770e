/* Archive: the one file a backup is, encrypted and authenticated from its first byte to its last.
 *
 *   header 96 bytes | chunk 0 | chunk 1 | ... | last chunk
 *   chunk = nonce | AES-256-GCM of up to 16 KiB | tag      nonce = number, "last" mark
 * The header (derivation of the key, what it is a backup of) is bound to every chunk. Chunks are
 * numbered and the last one is marked: none can be left out, moved, repeated or cut off. The key comes
 * from a passphrase by PBKDF2-HMAC-SHA512 and is made anew for every file from the file's random id, so
 * that numbers may serve as nonces.
 * What is inside: payload.h. Pure: bytes in, bytes out. Thread: one owner per reader or writer. */
#ifndef GV_APP_BACKUP_ARCHIVE_H
#define GV_APP_BACKUP_ARCHIVE_H

#include "firmware/base/crypto.h"
#include "firmware/base/time.h"

#define GV_ARCHIVE_HEADER_LEN 96u
#define GV_ARCHIVE_CHUNK      16384u
#define GV_ARCHIVE_SEALED     (GV_ARCHIVE_CHUNK + GV_SEAL_OVERHEAD)
#define GV_ARCHIVE_SALT_LEN   16u
#define GV_ARCHIVE_ROUNDS     210000u
/* A hostile header must not keep us busy for minutes. */
#define GV_ARCHIVE_ROUNDS_MAX     2000000u
#define GV_ARCHIVE_PASSPHRASE_MIN 12u
#define GV_ARCHIVE_PASSPHRASE_MAX 256u /* with NUL */

enum {
    GV_ARCHIVE_AUTOMATIC = 1u << 0, /* made by the box itself, at night */
};

struct gv_archive_header {
    uint32_t rounds;
    uint8_t salt[GV_ARCHIVE_SALT_LEN];
    uint8_t file_id[16]; /* random */
    struct gv_utc created_at;
    uint32_t schema; /* of the database */
    uint32_t flags;
};

/** The key of a passphrase. Slow on purpose. */
void gv_archive_derive(struct gv_seal_key *key, const char *passphrase,
                       const uint8_t salt[GV_ARCHIVE_SALT_LEN], uint32_t rounds);

/** Read and check a header without its key.
 *  Returns: GV_OK; GV_ERR_INVALID "backup.format"; GV_ERR_UNSUPPORTED "backup.version". */
GV_MUST_USE enum gv_err gv_archive_header_read(struct gv_archive_header *header, struct gv_view v,
                                               struct gv_fail *fail);

/** Takes bytes in order. Returns: GV_OK; anything else ends the writing or reading with it. */
typedef enum gv_err gv_archive_sink(void *ctx, struct gv_view bytes);

/** Caller's memory; the members are private. */
struct gv_archive_writer {
    struct gv_seal_key key; /* of this file */
    uint8_t header[GV_ARCHIVE_HEADER_LEN];
    uint64_t number;
    size_t n;
    gv_archive_sink *sink;
    void *ctx;
    uint8_t plain[GV_ARCHIVE_CHUNK];
    uint8_t sealed[GV_ARCHIVE_SEALED];
};

/** Write the header. In: key: of the passphrase. Returns: what the sink returned. */
GV_MUST_USE enum gv_err gv_archive_begin(struct gv_archive_writer *writer,
                                         const struct gv_archive_header *header,
                                         const struct gv_seal_key *key, gv_archive_sink *sink,
                                         void *ctx);
GV_MUST_USE enum gv_err gv_archive_put(struct gv_archive_writer *writer, struct gv_view bytes);
/** Write the last chunk; the writer is wiped. Call it, too, when a put failed. */
GV_MUST_USE enum gv_err gv_archive_end(struct gv_archive_writer *writer);

/** Caller's memory; the members are private. */
struct gv_archive_reader {
    struct gv_seal_key key;
    uint8_t header[GV_ARCHIVE_HEADER_LEN];
    uint64_t number;
    size_t n;
    gv_archive_sink *sink;
    void *ctx;
    uint8_t sealed[GV_ARCHIVE_SEALED];
    uint8_t plain[GV_ARCHIVE_CHUNK];
};

/** Begin behind the header, which must have been read. In: header: its bytes; key: of the passphrase.
 *  Returns: GV_OK; GV_ERR_CRYPTO "backup.passphrase" (wrong, or the header was changed). */
GV_MUST_USE enum gv_err gv_archive_open(struct gv_archive_reader *reader, struct gv_view header,
                                        const struct gv_seal_key *key, gv_archive_sink *sink,
                                        void *ctx, struct gv_fail *fail);
/** Returns: GV_OK; GV_ERR_CRYPTO "backup.damaged"; what the sink returned. */
GV_MUST_USE enum gv_err gv_archive_feed(struct gv_archive_reader *reader, struct gv_view bytes,
                                        struct gv_fail *fail);
/** The file ends here. Wipes the reader. Returns: as gv_archive_feed: also when the end was cut off. */
GV_MUST_USE enum gv_err gv_archive_close(struct gv_archive_reader *reader, struct gv_fail *fail);

#endif
