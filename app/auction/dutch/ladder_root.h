/* Ladder root: what a seller cannot change behind the buyers' backs, and neither can the box.
 *
 * The root of a Merkle tree over all rungs is published when a ladder is listed; each rung that is revealed
 * carries its proof, so everybody sees that it is the one that was there from the beginning.
 *
 *   leaf = SHA-256(0x00 || block, 4 bytes || price in satoshi, 8 bytes || SHA-256(PSBT as served))
 *   node = SHA-256(0x01 || left || right)          numbers with the lowest byte first
 * The shape is that of RFC 6962, 2.1 (a node without a sibling moves up as it is). A leaf tells nothing of
 * its PSBT: that holds a signature nobody can guess.
 * Pure. Thread: any. Source: RFC 6962. */
#ifndef GV_APP_AUCTION_DUTCH_LADDER_ROOT_H
#define GV_APP_AUCTION_DUTCH_LADDER_ROOT_H

#include "app/money/sat.h"
#include "firmware/base/crypto.h"
#include "firmware/base/limits.h"

#include <stdbool.h>
#include <stdint.h>

#define GV_LADDER_DEPTH_MAX 11u
_Static_assert((1u << GV_LADDER_DEPTH_MAX) >= GV_RUNGS_MAX,
               "a path reaches the root of any ladder");
/* Every level, each rounded up. */
#define GV_LADDER_NODES_MAX (2u * GV_RUNGS_MAX + GV_LADDER_DEPTH_MAX)

/** That a leaf is the index-th of `count` below `root`. */
struct gv_ladder_proof {
    struct gv_hash256 root;
    uint16_t index;
    uint16_t count; /* 0: there is no proof */
    uint16_t depth; /* of path: siblings from the leaf up */
    struct gv_hash256 path[GV_LADDER_DEPTH_MAX];
};

void gv_ladder_leaf(struct gv_hash256 *leaf, uint32_t block, struct gv_sat price,
                    struct gv_view psbt);
/** Build the levels above the leaves, behind them.
 *  In-out: nodes: `count` leaves, 1 to GV_RUNGS_MAX; room for GV_LADDER_NODES_MAX.
 *  Returns: how many there are now; the last one is the root. */
uint32_t gv_ladder_tree(struct gv_hash256 *nodes, uint32_t count);
/** The proof of a leaf. In: nodes: of gv_ladder_tree. index: below count. */
void gv_ladder_prove(struct gv_ladder_proof *proof, const struct gv_hash256 *nodes, uint32_t count,
                     uint32_t index);
/** Does the proof lead from the leaf to its root? For any bytes. */
GV_MUST_USE bool gv_ladder_verify(const struct gv_ladder_proof *proof,
                                  const struct gv_hash256 *leaf);

#endif
