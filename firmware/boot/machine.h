/* Machine: memory, disk, wear, sensors and certificate, for the System page and the metrics.
 * Thread: init and note main; read any. */
#ifndef GV_FIRMWARE_BOOT_MACHINE_H
#define GV_FIRMWARE_BOOT_MACHINE_H

#include "hal/linux/cert.h"
#include "web/api/api.h"

/** Keeps data_dir. */
void gv_machine_init(const char *data_dir);
/** The certificate that is served from now on. */
void gv_machine_note_certificate(const struct gv_cert_report *report);
/** What became of the owner's one. */
void gv_machine_note_own(const struct gv_own_cert *own);
/** gv_api_config.machine; ctx is not used. */
void gv_machine_read(void *ctx, struct gv_api_machine *machine);

#endif
