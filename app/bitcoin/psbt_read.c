#include "app/bitcoin/psbt.h"
#include "app/bitcoin/psbt_fields.h"
#include "firmware/base/assert.h"

#define V0 1u
#define V2 2u

/* Bitcoin Core script.h, LOCKTIME_THRESHOLD: below it a lock is a height. */
#define LOCKTIME_THRESHOLD 500000000u

static const uint8_t magic[5] = {'p', 's', 'b', 't', 0xff};

/* What the walk over all maps has seen, beside the maps that are kept. */
struct scan {
    struct gv_reader r;
    struct gv_fail *fail;
    bool v0_only; /* a field that only version 0 (2) has was seen */
    bool v2_only;
    struct gv_view version;
};

static enum gv_err refuse(struct gv_fail *fail, const char *code, const char *text)
{
    return gv_fail(fail, GV_ERR_INVALID, code, "%s", text);
}

/* ---- one map -------------------------------------------------------------------------------- */

static int compare_keys(struct gv_view a, struct gv_view b)
{
    const size_t n = a.n < b.n ? a.n : b.n;
    const int order = memcmp(a.p, b.p, n);
    if (order != 0) {
        return order;
    }
    return (a.n > b.n) - (a.n < b.n);
}

/* The keys of one map in ascending order. A key is placed by binary search, so that no order of
 * keys takes more than n log n comparisons; most writers leave them in order already. */
struct key_set {
    uint32_t count;
    struct gv_view sorted[GV_PSBT_KEYS_MAX];
};

/* Returns: false when the key is there already. In: room for one more (asserted). */
static bool insert_key(struct key_set *set, struct gv_view key)
{
    GV_ASSERT(set->count < GV_PSBT_KEYS_MAX);
    uint32_t low = 0;
    uint32_t high = set->count;
    if (high > 0 && compare_keys(set->sorted[high - 1], key) < 0) {
        low = high;
    }
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int order = compare_keys(set->sorted[middle], key);
        if (order == 0) {
            return false;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    memmove(&set->sorted[low + 1], &set->sorted[low], (set->count - low) * sizeof set->sorted[0]);
    set->sorted[low] = key;
    set->count++;
    return true;
}

static enum gv_err keep_entry(struct scan *scan, struct gv_psbt_map *map,
                              enum gv_psbt_map_kind kind, const struct gv_psbt_entry *entry)
{
    bool single = false;
    uint8_t versions = 0;
    const enum gv_err err = gv_psbt_check_entry(kind, entry, &single, &versions, scan->fail);
    if (err != GV_OK) {
        return err;
    }
    scan->v0_only = scan->v0_only || versions == V0;
    scan->v2_only = scan->v2_only || versions == V2;
    if (single && entry->type < GV_PSBT_FIELDS) {
        map->field[entry->type] = entry->value;
    } else if (single) {
        scan->version = entry->value;
    }
    return GV_OK;
}

static enum gv_err read_map(struct scan *scan, struct gv_psbt_map *map, enum gv_psbt_map_kind kind)
{
    const uint8_t *const start = scan->r.p;
    struct key_set keys;
    keys.count = 0;
    *map = (struct gv_psbt_map){0};
    for (;;) {
        const uint8_t *const at = scan->r.p;
        struct gv_psbt_entry entry;
        bool end = false;
        const enum gv_wire wire = gv_psbt_read_entry(&scan->r, &entry, &end);
        if (wire != GV_WIRE_OK) {
            return gv_psbt_wire_fail(scan->fail, wire, "PSBT");
        }
        if (end) {
            map->entries = gv_view_of(start, (size_t)(at - start));
            return GV_OK;
        }
        if (keys.count == GV_PSBT_KEYS_MAX) {
            return refuse(scan->fail, "psbt.parse_size", "a map has more than 512 entries");
        }
        if (!insert_key(&keys, entry.key)) {
            return refuse(scan->fail, "psbt.parse_duplicate_key", "a key occurs twice in one map");
        }
        const enum gv_err err = keep_entry(scan, map, kind, &entry);
        if (err != GV_OK) {
            return err;
        }
    }
}

bool gv_psbt_next_entry(struct gv_reader *r, struct gv_psbt_entry *entry)
{
    if (r->left == 0) {
        return false;
    }
    bool end = false;
    const enum gv_wire wire = gv_psbt_read_entry(r, entry, &end);
    GV_ASSERT(wire == GV_WIRE_OK);
    return !end;
}

/* ---- the global map --------------------------------------------------------------------------- */

static uint32_t u32_of(struct gv_view value)
{
    struct gv_reader r = gv_reader_of(value);
    return gv_read_u32le(&r);
}

/* A count from a field, no more than `left` maps of at least one byte each can follow. */
static bool count_of(struct gv_view value, size_t left, uint32_t *out)
{
    struct gv_reader r = gv_reader_of(value);
    const uint64_t n = gv_read_compact(&r);
    if (n > left) {
        return false;
    }
    *out = (uint32_t)n;
    return true;
}

static enum gv_err read_unsigned_tx(struct gv_psbt *psbt, struct gv_fail *fail)
{
    const struct gv_view raw = psbt->global.field[GV_PSBT_UNSIGNED_TX];
    struct gv_reader r = gv_reader_of(raw);
    enum gv_wire wire = GV_WIRE_OK;
    /* The marker of the witness form reads as "no inputs, one output": name it for what it is. */
    if (raw.n > 6 && raw.p[4] == 0 && raw.p[5] == 1) {
        if (gv_tx_read(&psbt->tx, &r, GV_TX_NETWORK) == GV_WIRE_OK) {
            return refuse(fail, "psbt.parse_tx_signed", "the transaction is in witness form");
        }
        r = gv_reader_of(raw);
    }
    wire = gv_tx_read(&psbt->tx, &r, GV_TX_BARE);
    if (wire == GV_WIRE_OK && r.left != 0) {
        return refuse(fail, "psbt.parse_tx_trailing", "bytes follow the unsigned transaction");
    }
    if (wire != GV_WIRE_OK) {
        return gv_psbt_wire_fail(fail, wire, "unsigned transaction");
    }

    struct gv_tx_inputs it = gv_tx_inputs(&psbt->tx);
    struct gv_tx_input in;
    while (gv_tx_next_input(&it, &in)) {
        if (in.script_sig.n != 0) {
            return refuse(fail, "psbt.parse_tx_signed", "the transaction carries a scriptSig");
        }
    }
    psbt->tx_version = psbt->tx.version;
    psbt->locktime = psbt->tx.locktime;
    psbt->input_count = psbt->tx.input_count;
    psbt->output_count = psbt->tx.output_count;
    return GV_OK;
}

static enum gv_err read_counts(struct gv_psbt *psbt, const struct scan *scan)
{
    const struct gv_view *const field = psbt->global.field;
    const uint32_t tx_version =
        field[GV_PSBT_TX_VERSION].p != NULL ? u32_of(field[GV_PSBT_TX_VERSION]) : 0;
    if (field[GV_PSBT_TX_VERSION].p == NULL || field[GV_PSBT_INPUT_COUNT].p == NULL ||
        field[GV_PSBT_OUTPUT_COUNT].p == NULL) {
        return refuse(scan->fail, "psbt.parse_missing_field",
                      "version 2 needs transaction version, input count and output count");
    }
    memcpy(&psbt->tx_version, &tx_version, sizeof psbt->tx_version);
    if (!count_of(field[GV_PSBT_INPUT_COUNT], scan->r.left, &psbt->input_count) ||
        !count_of(field[GV_PSBT_OUTPUT_COUNT], scan->r.left, &psbt->output_count)) {
        return refuse(scan->fail, "psbt.parse_size", "a count is larger than what follows");
    }
    return GV_OK;
}

static enum gv_err read_global(struct gv_psbt *psbt, struct scan *scan)
{
    const enum gv_err err = read_map(scan, &psbt->global, GV_PSBT_MAP_GLOBAL);
    if (err != GV_OK) {
        return err;
    }
    const bool has_tx = psbt->global.field[GV_PSBT_UNSIGNED_TX].p != NULL;
    psbt->version = scan->version.p != NULL ? u32_of(scan->version) : 0;
    if (psbt->version != 0 && psbt->version != 2) {
        return gv_fail(scan->fail, GV_ERR_INVALID, "psbt.version_mismatch",
                       "PSBT version %u is neither 0 nor 2", (unsigned)psbt->version);
    }
    if (psbt->version == 2) {
        if (has_tx) {
            return refuse(scan->fail, "psbt.version_mismatch",
                          "version 2 must not hold an unsigned transaction");
        }
        return read_counts(psbt, scan);
    }
    if (!has_tx) {
        return refuse(scan->fail, "psbt.parse_no_tx", "there is no unsigned transaction");
    }
    return read_unsigned_tx(psbt, scan->fail);
}

/* ---- inputs and outputs ------------------------------------------------------------------------ */

/* BIP370, "Determining Lock Time". */
struct locks {
    bool any;       /* an input requires a lock */
    bool no_height; /* an input requires a time and takes no height */
    bool no_time;
    uint32_t height;
    uint32_t time;
};

static enum gv_err add_lock(struct locks *locks, const struct gv_psbt_map *input,
                            struct gv_fail *fail)
{
    const struct gv_view time = input->field[GV_PSBT_IN_REQUIRED_TIME];
    const struct gv_view height = input->field[GV_PSBT_IN_REQUIRED_HEIGHT];
    const uint32_t time_value = time.p != NULL ? u32_of(time) : 0;
    const uint32_t height_value = height.p != NULL ? u32_of(height) : 0;
    if (time.p != NULL && time_value < LOCKTIME_THRESHOLD) {
        return refuse(fail, "psbt.parse_value", "a required time lock is below 500000000");
    }
    if (height.p != NULL && (height_value == 0 || height_value >= LOCKTIME_THRESHOLD)) {
        return refuse(fail, "psbt.parse_value", "a required height lock is not a height");
    }
    if (time.p == NULL && height.p == NULL) {
        return GV_OK;
    }
    locks->any = true;
    locks->no_height = locks->no_height || height.p == NULL;
    locks->no_time = locks->no_time || time.p == NULL;
    locks->height = height_value > locks->height ? height_value : locks->height;
    locks->time = time_value > locks->time ? time_value : locks->time;
    return GV_OK;
}

static enum gv_err settle_lock(struct gv_psbt *psbt, const struct locks *locks,
                               struct gv_fail *fail)
{
    const struct gv_view fallback = psbt->global.field[GV_PSBT_FALLBACK_LOCKTIME];
    if (!locks->any) {
        psbt->locktime = fallback.p != NULL ? u32_of(fallback) : 0;
    } else if (!locks->no_height) {
        psbt->locktime = locks->height;
    } else if (!locks->no_time) {
        psbt->locktime = locks->time;
    } else {
        return refuse(fail, "psbt.parse_value", "inputs require a height and a time lock");
    }
    return GV_OK;
}

static enum gv_err read_inputs(struct gv_psbt *psbt, struct scan *scan)
{
    struct locks locks = {0};
    struct gv_psbt_map other;
    for (uint32_t i = 0; i < psbt->input_count; i++) {
        struct gv_psbt_map *const map = i == 0 ? &psbt->input : &other;
        enum gv_err err = read_map(scan, map, GV_PSBT_MAP_INPUT);
        if (err == GV_OK && psbt->version == 2) {
            if (map->field[GV_PSBT_IN_PREVIOUS_TXID].p == NULL ||
                map->field[GV_PSBT_IN_OUTPUT_INDEX].p == NULL) {
                return refuse(scan->fail, "psbt.parse_missing_field",
                              "an input of version 2 needs previous txid and output index");
            }
            err = add_lock(&locks, map, scan->fail);
        }
        if (err != GV_OK) {
            return err;
        }
    }
    return psbt->version == 2 ? settle_lock(psbt, &locks, scan->fail) : GV_OK;
}

static enum gv_err read_outputs(struct gv_psbt *psbt, struct scan *scan)
{
    struct gv_psbt_map other;
    for (uint32_t i = 0; i < psbt->output_count; i++) {
        struct gv_psbt_map *const map = i == 0 ? &psbt->output : &other;
        const enum gv_err err = read_map(scan, map, GV_PSBT_MAP_OUTPUT);
        if (err != GV_OK) {
            return err;
        }
        if (psbt->version == 2 && (map->field[GV_PSBT_OUT_AMOUNT].p == NULL ||
                                   map->field[GV_PSBT_OUT_SCRIPT].p == NULL)) {
            return refuse(scan->fail, "psbt.parse_missing_field",
                          "an output of version 2 needs amount and script");
        }
    }
    return GV_OK;
}

enum gv_err gv_psbt_parse(struct gv_psbt *psbt, struct gv_view raw, struct gv_fail *fail)
{
    struct scan scan = {.r = gv_reader_of(raw), .fail = fail};
    *psbt = (struct gv_psbt){0};
    if (raw.n == 0) {
        return refuse(fail, "psbt.parse_empty", "there is nothing to read");
    }
    if (raw.n > GV_PSBT_CHECK_BYTES_MAX) {
        return refuse(fail, "psbt.parse_size", "the PSBT is larger than 128 KiB");
    }
    const size_t shown = raw.n < sizeof magic ? raw.n : sizeof magic;
    if (memcmp(raw.p, magic, shown) != 0) {
        return refuse(fail, "psbt.parse_magic", "the data does not begin with the PSBT magic");
    }
    if (shown < sizeof magic) {
        return gv_psbt_wire_fail(fail, GV_WIRE_TRUNCATED, "magic");
    }
    (void)gv_read_bytes(&scan.r, sizeof magic);

    enum gv_err err = read_global(psbt, &scan);
    if (err == GV_OK) {
        err = read_inputs(psbt, &scan);
    }
    if (err == GV_OK) {
        err = read_outputs(psbt, &scan);
    }
    if (err != GV_OK) {
        return err;
    }
    if (scan.r.left != 0) {
        return gv_psbt_wire_fail(fail, GV_WIRE_TRAILING, "PSBT");
    }
    if (psbt->version == 0 ? scan.v2_only : scan.v0_only) {
        return refuse(fail, "psbt.version_mismatch",
                      "the PSBT holds a field that its version does not have");
    }
    return GV_OK;
}

/* ---- version 2 as a transaction ---------------------------------------------------------------- */

bool gv_psbt_pair_tx(struct gv_tx *tx, void *buffer, size_t cap, const struct gv_psbt *psbt)
{
    GV_ASSERT(psbt->input_count == 1);
    GV_ASSERT(psbt->output_count == 1);
    if (psbt->version == 0) {
        *tx = psbt->tx;
        return true;
    }
    const struct gv_view *const in = psbt->input.field;
    const struct gv_view *const out = psbt->output.field;
    struct gv_psbt_write_input input = {
        .outpoint.vout = u32_of(in[GV_PSBT_IN_OUTPUT_INDEX]),
        .sequence =
            in[GV_PSBT_IN_SEQUENCE].p != NULL ? u32_of(in[GV_PSBT_IN_SEQUENCE]) : UINT32_MAX,
    };
    memcpy(input.outpoint.txid.b, in[GV_PSBT_IN_PREVIOUS_TXID].p, sizeof input.outpoint.txid.b);
    struct gv_reader amount = gv_reader_of(out[GV_PSBT_OUT_AMOUNT]);
    const struct gv_tx_output output = {.value_sat = gv_read_u64le(&amount),
                                        .script = out[GV_PSBT_OUT_SCRIPT]};

    struct gv_writer w = gv_writer_of(buffer, cap);
    gv_psbt_write_tx(&w, psbt->tx_version, psbt->locktime, &input, 1, &output, 1);
    if (w.full) {
        return false;
    }
    struct gv_reader r = gv_reader_of(gv_written(&w));
    const enum gv_wire wire = gv_tx_read(tx, &r, GV_TX_BARE);
    GV_ASSERT(wire == GV_WIRE_OK);
    return true;
}
