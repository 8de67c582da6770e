/* PSBT: reading versions 0 (BIP174) and 2 (BIP370), writing version 0.
 *
 * Reading judges every map of the whole file against one table of known fields: key form, value
 * form, version, uniqueness; unknown types are legal and skipped. The result is views into the lent
 * bytes, which must outlive it. Only the first input and the first output are kept: a listing has
 * one of each, and other shapes are refused by their counts.
 * Limits: GV_PSBT_CHECK_BYTES_MAX bytes, GV_PSBT_KEYS_MAX entries in a map (real maps hold a
 * few dozen), whose keys are kept sorted on the stack to find repeated ones.
 * Source: BIP174, BIP370, BIP371. Thread: any (pure). */
#ifndef GV_APP_BITCOIN_PSBT_H
#define GV_APP_BITCOIN_PSBT_H

#include "app/bitcoin/tx.h"
#include "app/money/sat.h"

#define GV_PSBT_KEYS_MAX 512u

/* Types of keys without key data are also indices of gv_psbt_map.field. */
enum gv_psbt_global_type {
    GV_PSBT_UNSIGNED_TX = 0x00,
    GV_PSBT_XPUB = 0x01,
    GV_PSBT_TX_VERSION = 0x02,
    GV_PSBT_FALLBACK_LOCKTIME = 0x03,
    GV_PSBT_INPUT_COUNT = 0x04,
    GV_PSBT_OUTPUT_COUNT = 0x05,
    GV_PSBT_TX_MODIFIABLE = 0x06,
    GV_PSBT_VERSION = 0xfb,
};

enum gv_psbt_input_type {
    GV_PSBT_IN_NON_WITNESS_UTXO = 0x00,
    GV_PSBT_IN_WITNESS_UTXO = 0x01,
    GV_PSBT_IN_PARTIAL_SIG = 0x02,
    GV_PSBT_IN_SIGHASH_TYPE = 0x03,
    GV_PSBT_IN_REDEEM_SCRIPT = 0x04,
    GV_PSBT_IN_WITNESS_SCRIPT = 0x05,
    GV_PSBT_IN_BIP32_DERIVATION = 0x06,
    GV_PSBT_IN_FINAL_SCRIPTSIG = 0x07,
    GV_PSBT_IN_FINAL_SCRIPTWITNESS = 0x08,
    GV_PSBT_IN_PREVIOUS_TXID = 0x0e,
    GV_PSBT_IN_OUTPUT_INDEX = 0x0f,
    GV_PSBT_IN_SEQUENCE = 0x10,
    GV_PSBT_IN_REQUIRED_TIME = 0x11,
    GV_PSBT_IN_REQUIRED_HEIGHT = 0x12,
    GV_PSBT_IN_TAP_KEY_SIG = 0x13,
    GV_PSBT_IN_TAP_SCRIPT_SIG = 0x14,
    GV_PSBT_IN_TAP_LEAF_SCRIPT = 0x15,
    GV_PSBT_IN_TAP_BIP32_DERIVATION = 0x16,
    GV_PSBT_IN_TAP_INTERNAL_KEY = 0x17,
    GV_PSBT_IN_TAP_MERKLE_ROOT = 0x18,
};

enum gv_psbt_output_type {
    GV_PSBT_OUT_REDEEM_SCRIPT = 0x00,
    GV_PSBT_OUT_WITNESS_SCRIPT = 0x01,
    GV_PSBT_OUT_BIP32_DERIVATION = 0x02,
    GV_PSBT_OUT_AMOUNT = 0x03,
    GV_PSBT_OUT_SCRIPT = 0x04,
    GV_PSBT_OUT_TAP_INTERNAL_KEY = 0x05,
    GV_PSBT_OUT_TAP_TREE = 0x06,
    GV_PSBT_OUT_TAP_BIP32_DERIVATION = 0x07,
};

#define GV_PSBT_FIELDS 0x19u /* one past the largest type above, VERSION apart */

struct gv_psbt_map {
    struct gv_view entries;               /* all entries, without the separator */
    struct gv_view field[GV_PSBT_FIELDS]; /* value by type; p = NULL: absent */
};

struct gv_psbt {
    uint32_t version; /* 0 or 2 */
    uint32_t input_count;
    uint32_t output_count;
    int32_t tx_version;
    uint32_t locktime;         /* version 2: as BIP370 derives it from all inputs */
    struct gv_tx tx;           /* version 0: the unsigned transaction; version 2: raw.n = 0 */
    struct gv_psbt_map global; /* field[] holds no VERSION: that is `version` */
    struct gv_psbt_map input;  /* the first one; empty when input_count is 0 */
    struct gv_psbt_map output;
};

struct gv_psbt_entry {
    struct gv_view key;      /* type and key data */
    struct gv_view key_data; /* key data alone */
    struct gv_view value;
    uint64_t type;
};

/** Parse a PSBT.
 *  Returns: GV_OK; GV_ERR_INVALID "psbt.parse_*", "psbt.version_mismatch", "psbt.bad_signature" (a
 *           taproot signature that is neither 64 nor 65 bytes long).
 *  Out:     psbt: views into raw, valid only after GV_OK. */
GV_MUST_USE enum gv_err gv_psbt_parse(struct gv_psbt *psbt, struct gv_view raw,
                                      struct gv_fail *fail);

/** Next entry of a map that gv_psbt_parse has accepted; start with
 *  gv_reader_of(map->entries). Returns: false at the end. */
bool gv_psbt_next_entry(struct gv_reader *r, struct gv_psbt_entry *entry);

/** The unsigned transaction of a PSBT with one input and one output (asserted).
 *  Out: tx: a view of the PSBT's bytes (version 0) or of `buffer`, which it fills (version 2).
 *  Returns: false when the buffer is too small. */
GV_MUST_USE bool gv_psbt_pair_tx(struct gv_tx *tx, void *buffer, size_t cap,
                                 const struct gv_psbt *psbt);

/* ---- writing -------------------------------------------------------------------------------- */

struct gv_psbt_write_input {
    struct gv_outpoint outpoint;
    uint32_t sequence;
    struct gv_tx_output utxo;  /* written as witness_utxo; no script: left out */
    uint32_t sighash;          /* 0: no sighash field */
    struct gv_view redeem;     /* n = 0: none (also below) */
    struct gv_view script_sig; /* final scriptSig */
    struct gv_view witness;    /* final witness, serialised stack */
};

/** Append a version 0 PSBT with exactly the given facts: unsigned transaction, and per input
 *  witness UTXO, sighash field, redeem script, final scripts. A full writer is the caller's to see. */
void gv_psbt_write(struct gv_writer *w, int32_t tx_version, uint32_t locktime,
                   const struct gv_psbt_write_input *inputs, uint32_t input_count,
                   const struct gv_tx_output *outputs, uint32_t output_count);

/** Append the unsigned transaction alone (no witness form). */
void gv_psbt_write_tx(struct gv_writer *w, int32_t tx_version, uint32_t locktime,
                      const struct gv_psbt_write_input *inputs, uint32_t input_count,
                      const struct gv_tx_output *outputs, uint32_t output_count);

#endif
