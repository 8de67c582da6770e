/* The owner's certificate: <data_dir>/tls/own.pem, chain and key in one file, so that both change at once.
 * Written when it passes every check, looked at again by main, served for its names beside the box's own. When it
 * has expired or cannot be read the box's own is served for all names, and a person is told.
 * Thread: open and look main; the operations any. */
#ifndef GV_FIRMWARE_BOOT_OWN_CERT_H
#define GV_FIRMWARE_BOOT_OWN_CERT_H

#include "firmware/boot/tls_files.h"
#include "hal/iface/own_cert.h"

/** Keeps names, clock and entropy. With https.tls the file is judged, before the server loads its certificates.
 *  Returns: GV_OK (also when it is refused); GV_ERR_INVALID "tls.path". */
GV_MUST_USE enum gv_err gv_boot_own_open(const struct gv_config *config,
                                         const char *_Atomic const *names,
                                         const struct gv_clock *clock,
                                         const struct gv_entropy *entropy, struct gv_fail *fail);
/** Look whether there is another, or the present one has ended. In: force: whatever seems to be.
 *  Returns: true: the server must load its certificates again. */
bool gv_boot_own_look(bool force);
/** Loading failed: the next look says true again. */
void gv_boot_own_retry(void);

extern const struct gv_own_cert_ops gv_boot_own_ops;

#endif
