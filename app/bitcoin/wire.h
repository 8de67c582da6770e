/* Wire: what all parsers of Bitcoin's serialisation share.
 *
 * A length or count is judged before anything is read or looped with it: it must be minimal, no
 * larger than anything that can exist, and (counts) no more than the bytes left could hold.
 * Thread: any (pure). */
#ifndef GV_APP_BITCOIN_WIRE_H
#define GV_APP_BITCOIN_WIRE_H

#include "firmware/base/bytes.h"
#include "firmware/base/limits.h"

/* No script, transaction or PSBT value is longer than a block. */
#define GV_WIRE_LENGTH_MAX GV_BLOCK_BYTES_MAX

/** What is wrong with a piece of serialised data. */
enum gv_wire {
    GV_WIRE_OK,
    GV_WIRE_TRUNCATED, /* the data ends inside something */
    GV_WIRE_SIZE,      /* a length or count that is not minimal or cannot be true */
    GV_WIRE_TRAILING,  /* data is left over */
    GV_WIRE_FORM,      /* complete, but of a form that is not allowed */
};

/** Stable slug ("truncated", "size", ...) and plain words. Returns: static strings. */
const char *gv_wire_slug(enum gv_wire wire);
const char *gv_wire_text(enum gv_wire wire);

/** CompactSize integer in its only minimal form. */
GV_MUST_USE enum gv_wire gv_wire_compact(struct gv_reader *r, uint64_t *out);

/** Length and that many bytes, as a view into the reader's memory.
 *  Returns: GV_WIRE_SIZE above GV_WIRE_LENGTH_MAX, GV_WIRE_TRUNCATED above what is left. */
GV_MUST_USE enum gv_wire gv_wire_var_bytes(struct gv_reader *r, struct gv_view *out);

/** Count of items that take at least item_bytes_min (> 0) each.
 *  Returns: GV_WIRE_SIZE when the rest of the data cannot hold them. */
GV_MUST_USE enum gv_wire gv_wire_count(struct gv_reader *r, uint32_t *out, size_t item_bytes_min);

/** One witness stack: count, then items. Out: the stack as it stands, count included. */
GV_MUST_USE enum gv_wire gv_wire_stack(struct gv_reader *r, struct gv_view *out);

/* The items of a listable witness: empty item, 16 signatures, script. */
#define GV_STACK_ITEMS_MAX 18u

/** A witness stack taken apart. `count` tells all items, `item` holds the first ones. */
struct gv_stack {
    uint32_t count;
    struct gv_view item[GV_STACK_ITEMS_MAX];
};

/** Take a whole serialised stack apart.
 *  Returns: GV_WIRE_TRAILING when bytes follow the last item. Out: views into `raw`. */
GV_MUST_USE enum gv_wire gv_stack_parse(struct gv_stack *out, struct gv_view raw);

#endif
