/* The box's own certificates: an authority made at first start, and a short-lived server
 * certificate from it that is renewed in time and when the box gets a new name or address.
 *
 *   <dir>/ca.crt    authority, P-256, 10 years: what people install to trust the box
 *   <dir>/ca.key    0600, never leaves the box
 *   <dir>/leaf.crt  server, P-256, 46 days, renewed after two thirds of them
 *   <dir>/leaf.key  0600
 *
 * Files that do not parse, do not belong together or have expired are made anew; a new authority
 * is logged, since people have to install it again. A clock before GV_CERT_EPOCH_S (a box without
 * a battery at boot) counts as that day, and one before the authority was made is not believed: what
 * was made since then is kept until the clock is right.
 * Thread: one at a time; gv_memory_init first. */
#ifndef GV_HAL_LINUX_CERT_H
#define GV_HAL_LINUX_CERT_H

#include "hal/iface/clock.h"
#include "hal/iface/entropy.h"
#include "hal/linux/cert_names.h"
#include "hal/linux/files.h"

/* 2025-01-01: no box of ours was ever started before. */
#define GV_CERT_EPOCH_S 1735689600
/* "AB:CD:..", 32 bytes, with the end mark. */
#define GV_CERT_FINGERPRINT_LEN 96

struct gv_cert_files {
    char ca_crt[GV_FILE_PATH_MAX];
    char ca_key[GV_FILE_PATH_MAX];
    char leaf_crt[GV_FILE_PATH_MAX];
    char leaf_key[GV_FILE_PATH_MAX];
};

struct gv_cert_report {
    struct gv_cert_files files;
    char ca_sha256[GV_CERT_FINGERPRINT_LEN]; /* as browsers show it */
    char leaf_sha256[GV_CERT_FINGERPRINT_LEN];
    struct gv_utc not_after; /* of the leaf */
    struct gv_utc renew_at;  /* call again then, or when the names change */
    bool ca_made;            /* people must install ca_crt again */
    bool leaf_made;          /* the server must load the leaf again */
    uint32_t names_dropped;  /* names the authority may not certify: made before they were known */
};

/** See that all four files are there and good for `names`. Call at start and then daily.
 *  Returns: GV_OK; GV_ERR_IO; GV_ERR_INVALID (dir is no folder, path too long); GV_ERR_FULL (the
 *           TLS arena is exhausted); GV_ERR_CRYPTO. */
GV_MUST_USE enum gv_err gv_cert_ensure(struct gv_cert_report *report, const char *dir,
                                       const struct gv_cert_names *names,
                                       const struct gv_clock *clock,
                                       const struct gv_entropy *entropy, struct gv_fail *fail);

#endif
