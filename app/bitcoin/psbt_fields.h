/* PSBT fields: the table of known types and the judgement of one entry (internal to psbt_*.c).
 * Thread: any (pure). */
#ifndef GV_APP_BITCOIN_PSBT_FIELDS_H
#define GV_APP_BITCOIN_PSBT_FIELDS_H

#include "app/bitcoin/psbt.h"

enum gv_psbt_map_kind {
    GV_PSBT_MAP_GLOBAL,
    GV_PSBT_MAP_INPUT,
    GV_PSBT_MAP_OUTPUT,
};

/** Read key length, key and value of one entry. Out: *end when it was the separator. */
GV_MUST_USE enum gv_wire gv_psbt_read_entry(struct gv_reader *r, struct gv_psbt_entry *entry,
                                            bool *end);

/** Judge key and value of one entry; unknown types pass.
 *  Out: *single: the type is known and takes no key data, so its value goes to field[type].
 *       *versions: bit 0 for version 0, bit 1 for version 2. */
GV_MUST_USE enum gv_err gv_psbt_check_entry(enum gv_psbt_map_kind kind,
                                            const struct gv_psbt_entry *entry, bool *single,
                                            uint8_t *versions, struct gv_fail *fail);

/** Turn a parser's finding into "psbt.parse_..." and GV_ERR_INVALID. `what` begins the sentence. */
enum gv_err gv_psbt_wire_fail(struct gv_fail *fail, enum gv_wire wire, const char *what);

#endif
