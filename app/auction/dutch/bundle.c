#include "app/auction/dutch/bundle.h"

#include "firmware/base/text.h"

#include <string.h>

#define NAME_MAX_LEN (GV_ASSET_NAME_MAX - 1u)

/* The place behind the first name. */
static size_t first_free(const struct gv_dutch_terms *terms)
{
    return strlen(terms->asset_name) + 1u;
}

struct gv_view gv_bundle_packed(const struct gv_dutch_terms *terms)
{
    return gv_view_of(terms->asset_name + first_free(terms), terms->more_n);
}

/* One packed asset. Returns: false when it is malformed. */
static bool read_one(struct gv_reader *r, struct gv_dutch_asset *asset)
{
    const uint8_t name_n = gv_read_u8(r);
    asset->name = gv_read_bytes(r, name_n);
    const uint8_t divisible = gv_read_u8(r);
    const uint64_t qty = gv_read_u64le(r);
    asset->divisible = divisible == 1;
    asset->qty_base = (int64_t)(qty <= INT64_MAX ? qty : 0);
    return !r->bad && name_n > 0 && divisible <= 1 && asset->qty_base > 0;
}

bool gv_bundle_next(struct gv_bundle_iter *it, struct gv_dutch_asset *asset)
{
    const struct gv_dutch_terms *terms = it->terms;
    if (it->at == 0) {
        it->at = 1;
        *asset = (struct gv_dutch_asset){.name = gv_view_str(terms->asset_name),
                                         .qty_base = terms->asset_qty_base,
                                         .divisible = terms->asset_divisible};
        return true;
    }
    const uint32_t offset = it->at - 1u;
    const struct gv_view packed = gv_bundle_packed(terms);
    struct gv_reader r = gv_reader_of(gv_view_of(packed.p + offset, packed.n - offset));
    if (r.left == 0 || !read_one(&r, asset)) {
        return false;
    }
    it->at = 1u + terms->more_n - (uint32_t)r.left;
    return true;
}

static uint32_t count(const struct gv_dutch_terms *terms)
{
    struct gv_dutch_asset asset;
    uint32_t n = 0;
    for (struct gv_bundle_iter it = gv_bundle_iter(terms); gv_bundle_next(&it, &asset);) {
        n++;
    }
    return n;
}

bool gv_bundle_add(struct gv_dutch_terms *terms, struct gv_view name, int64_t qty_base,
                   bool divisible)
{
    const size_t used = first_free(terms) + terms->more_n;
    struct gv_writer w = gv_writer_of(terms->asset_name + used, GV_ASSET_NAME_MAX - used);
    if (name.n == 0 || name.n > NAME_MAX_LEN || count(terms) >= GV_BUNDLE_MAX) {
        return false;
    }
    gv_write_u8(&w, (uint8_t)name.n);
    gv_write_bytes(&w, name);
    gv_write_u8(&w, divisible);
    gv_write_u64le(&w, (uint64_t)qty_base);
    if (w.full) {
        return false;
    }
    terms->more_n = (uint16_t)(terms->more_n + w.n);
    return true;
}

bool gv_bundle_load(struct gv_dutch_terms *terms, struct gv_view packed)
{
    struct gv_reader r = gv_reader_of(packed);
    struct gv_dutch_asset asset;
    terms->more_n = 0;
    if (packed.n > GV_ASSET_NAME_MAX - first_free(terms)) {
        return false;
    }
    while (r.left > 0) {
        if (!read_one(&r, &asset)) {
            return false;
        }
    }
    if (packed.n > 0) {
        memcpy(terms->asset_name + first_free(terms), packed.p, packed.n);
    }
    terms->more_n = (uint16_t)packed.n;
    return count(terms) <= GV_BUNDLE_MAX;
}
