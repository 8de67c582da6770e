#include "app/auction/dutch/ladder_root.h"

#include "firmware/base/assert.h"
#include "firmware/base/bytes.h"

#define LEAF 0x00u
#define NODE 0x01u

void gv_ladder_leaf(struct gv_hash256 *leaf, uint32_t block, struct gv_sat price,
                    struct gv_view psbt)
{
    uint8_t text[1 + 4 + 8 + 32];
    struct gv_hash256 served;
    struct gv_writer w = gv_writer_of(text, sizeof(text));
    gv_sha256_of(&served, psbt);
    gv_write_u8(&w, LEAF);
    gv_write_u32le(&w, block);
    gv_write_u64le(&w, price.v);
    gv_write_bytes(&w, gv_view_of(served.b, sizeof(served.b)));
    GV_ASSERT(!w.full);
    gv_sha256_of(leaf, gv_written(&w));
}

static struct gv_hash256 join(const struct gv_hash256 *left, const struct gv_hash256 *right)
{
    uint8_t text[1 + 32 + 32];
    struct gv_hash256 node;
    struct gv_writer w = gv_writer_of(text, sizeof(text));
    gv_write_u8(&w, NODE);
    gv_write_bytes(&w, gv_view_of(left->b, sizeof(left->b)));
    gv_write_bytes(&w, gv_view_of(right->b, sizeof(right->b)));
    GV_ASSERT(!w.full);
    gv_sha256_of(&node, gv_written(&w));
    return node;
}

uint32_t gv_ladder_tree(struct gv_hash256 *nodes, uint32_t count)
{
    uint32_t at = 0;
    GV_ASSERT(count >= 1);
    GV_ASSERT(count <= GV_RUNGS_MAX);
    for (uint32_t n = count; n > 1; n = (n + 1) / 2) {
        const struct gv_hash256 *level = nodes + at;
        struct gv_hash256 *above = nodes + at + n;
        for (uint32_t i = 0; i < n; i += 2) {
            above[i / 2] = i + 1 < n ? join(&level[i], &level[i + 1]) : level[i];
        }
        at += n;
    }
    GV_ASSERT(at < GV_LADDER_NODES_MAX);
    return at + 1;
}

/* Has node `i` of a level of `n` a sibling? All have one but the last of an odd number. */
static bool has_sibling(uint32_t i, uint32_t n)
{
    return (i ^ 1u) < n;
}

void gv_ladder_prove(struct gv_ladder_proof *proof, const struct gv_hash256 *nodes, uint32_t count,
                     uint32_t index)
{
    uint32_t at = 0;
    uint32_t i = index;
    GV_ASSERT(index < count);
    GV_ASSERT(count <= GV_RUNGS_MAX);
    *proof = (struct gv_ladder_proof){.index = (uint16_t)index, .count = (uint16_t)count};
    for (uint32_t n = count; n > 1; n = (n + 1) / 2, i /= 2) {
        if (has_sibling(i, n)) {
            GV_ASSERT(proof->depth < GV_LADDER_DEPTH_MAX);
            proof->path[proof->depth] = nodes[at + (i ^ 1u)];
            proof->depth++;
        }
        at += n;
    }
    proof->root = nodes[at];
}

bool gv_ladder_verify(const struct gv_ladder_proof *proof, const struct gv_hash256 *leaf)
{
    struct gv_hash256 node = *leaf;
    uint32_t used = 0;
    uint32_t i = proof->index;
    if (proof->index >= proof->count || proof->count > GV_RUNGS_MAX ||
        proof->depth > GV_LADDER_DEPTH_MAX) {
        return false;
    }
    for (uint32_t n = proof->count; n > 1; n = (n + 1) / 2, i /= 2) {
        if (!has_sibling(i, n)) {
            continue;
        }
        if (used == proof->depth) {
            return false;
        }
        const struct gv_hash256 *sibling = &proof->path[used];
        node = (i & 1u) != 0 ? join(sibling, &node) : join(&node, sibling);
        used++;
    }
    return used == proof->depth && gv_hash256_equal(&node, &proof->root);
}
