/* TLS files: the box's own CA and leaf, and the names they are made for.
 * Thread: main. */
#ifndef GV_FIRMWARE_BOOT_TLS_FILES_H
#define GV_FIRMWARE_BOOT_TLS_FILES_H

#include "app/config/config.h"
#include "hal/iface/clock.h"
#include "hal/iface/entropy.h"
#include "hal/linux/cert.h"
#include "hal/linux/files.h"

#define GV_TLS_CA_PEM_MAX 4096u

#define GV_TLS_NAMES_MAX (GV_CERT_DNS_MAX + GV_CERT_IPS_MAX)

struct gv_tls_files {
    struct gv_cert_names found; /* of this machine and from web.hosts; none is ever taken away */
    uint32_t listed_dns;        /* of found, those in names */
    uint32_t listed_ips;
    char ip_texts[GV_CERT_IPS_MAX][48];
    /* All of them as text, NULL-terminated. It grows behind what workers have seen, so that they read it
     * without a lock. */
    const char *_Atomic names[GV_TLS_NAMES_MAX + 1];
    struct gv_cert_report report;
    struct gv_mono looked_at; /* the leaf, by both clocks */
    struct gv_utc looked_utc;
    char ca_pem_text[GV_TLS_CA_PEM_MAX];
    struct gv_view ca_pem; /* empty without TLS */
};

/** Collect the names; with https.tls on make or load CA and leaf under <data_dir>/tls and log the
 *  CA's fingerprint. Returns: GV_OK; GV_ERR_IO; GV_ERR_CRYPTO; GV_ERR_INVALID. */
GV_MUST_USE enum gv_err gv_tls_files_open(struct gv_tls_files *files,
                                          const struct gv_config *config,
                                          const struct gv_clock *clock,
                                          const struct gv_entropy *entropy, struct gv_fail *fail);
/** Look whether the machine has new addresses or a new name. The old ones stay until the next start.
 *  Returns: true when some were added: renew. */
bool gv_tls_files_grow(struct gv_tls_files *files);
/** Is it time to look at the leaf again? An hour after the last look, and at once when the wall clock was set since:
 *  a box without a clock makes its first leaf before it knows the time. */
bool gv_tls_files_due(const struct gv_tls_files *files, const struct gv_clock *clock);
/** Look again: a new leaf is made when two thirds of its life are over, when that has not begun, when it lacks a
 *  name, or when it is forced.
 *  Out: changed: the server must load the leaf again. */
GV_MUST_USE enum gv_err gv_tls_files_renew(struct gv_tls_files *files,
                                           const struct gv_config *config,
                                           const struct gv_clock *clock,
                                           const struct gv_entropy *entropy, bool force,
                                           bool *changed, struct gv_fail *fail);

#endif
