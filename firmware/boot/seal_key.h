/* Seal key: the 32 bytes that seal unrevealed PSBTs at rest, in a file apart from the database.
 * Thread: main, once. */
#ifndef GV_FIRMWARE_BOOT_SEAL_KEY_H
#define GV_FIRMWARE_BOOT_SEAL_KEY_H

#include "firmware/base/crypto.h"
#include "hal/iface/entropy.h"

/** Read <data_dir>/seal.key, or make it when there is no database yet.
 *  In: database_exists: then a missing key is an error, since a new one could open nothing.
 *  Returns: GV_OK; GV_ERR_CRYPTO "seal.missing" or "seal.length"; GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_seal_key_ensure(struct gv_seal_key *key, const char *data_dir,
                                           bool database_exists, const struct gv_entropy *entropy,
                                           struct gv_fail *fail);

#endif
