#include "app/bitcoin/wire.h"

const char *gv_wire_slug(enum gv_wire wire)
{
    switch (wire) {
    case GV_WIRE_OK:
        return "ok";
    case GV_WIRE_TRUNCATED:
        return "truncated";
    case GV_WIRE_SIZE:
        return "size";
    case GV_WIRE_TRAILING:
        return "trailing";
    case GV_WIRE_FORM:
        return "form";
    }
    return "unknown";
}

const char *gv_wire_text(enum gv_wire wire)
{
    switch (wire) {
    case GV_WIRE_OK:
        return "well formed";
    case GV_WIRE_TRUNCATED:
        return "the data ends too early";
    case GV_WIRE_SIZE:
        return "a length or count is not minimal or larger than anything that can follow";
    case GV_WIRE_TRAILING:
        return "bytes are left over behind the end";
    case GV_WIRE_FORM:
        return "the serialisation has a form that is not allowed here";
    }
    return "unknown";
}

enum gv_wire gv_wire_compact(struct gv_reader *r, uint64_t *out)
{
    if (r->left == 0) {
        return GV_WIRE_TRUNCATED;
    }
    size_t need = 1;
    if (r->p[0] >= 0xfd) {
        need = (size_t)1 + ((size_t)2 << (r->p[0] - 0xfd));
    }
    if (r->left < need) {
        return GV_WIRE_TRUNCATED;
    }
    *out = gv_read_compact(r);
    return r->bad ? GV_WIRE_SIZE : GV_WIRE_OK;
}

enum gv_wire gv_wire_var_bytes(struct gv_reader *r, struct gv_view *out)
{
    uint64_t n = 0;
    const enum gv_wire wire = gv_wire_compact(r, &n);
    if (wire != GV_WIRE_OK) {
        return wire;
    }
    if (n > GV_WIRE_LENGTH_MAX) {
        return GV_WIRE_SIZE;
    }
    if (n > r->left) {
        return GV_WIRE_TRUNCATED;
    }
    *out = gv_read_bytes(r, n);
    return GV_WIRE_OK;
}

enum gv_wire gv_wire_count(struct gv_reader *r, uint32_t *out, size_t item_bytes_min)
{
    uint64_t n = 0;
    const enum gv_wire wire = gv_wire_compact(r, &n);
    if (wire != GV_WIRE_OK) {
        return wire;
    }
    if (n > r->left / item_bytes_min || n > UINT32_MAX) {
        return GV_WIRE_SIZE;
    }
    *out = (uint32_t)n;
    return GV_WIRE_OK;
}

enum gv_wire gv_wire_stack(struct gv_reader *r, struct gv_view *out)
{
    const uint8_t *const start = r->p;
    uint32_t count = 0;
    enum gv_wire wire = gv_wire_count(r, &count, 1);
    for (uint32_t i = 0; wire == GV_WIRE_OK && i < count; i++) {
        struct gv_view item;
        wire = gv_wire_var_bytes(r, &item);
    }
    if (wire == GV_WIRE_OK) {
        *out = gv_view_of(start, (size_t)(r->p - start));
    }
    return wire;
}

enum gv_wire gv_stack_parse(struct gv_stack *out, struct gv_view raw)
{
    struct gv_reader r = gv_reader_of(raw);
    out->count = 0;
    enum gv_wire wire = gv_wire_count(&r, &out->count, 1);
    for (uint32_t i = 0; wire == GV_WIRE_OK && i < out->count; i++) {
        struct gv_view item;
        wire = gv_wire_var_bytes(&r, &item);
        if (wire == GV_WIRE_OK && i < GV_STACK_ITEMS_MAX) {
            out->item[i] = item;
        }
    }
    if (wire == GV_WIRE_OK && r.left != 0) {
        return GV_WIRE_TRAILING;
    }
    return wire;
}
