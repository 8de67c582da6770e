/* Shows that the root of a ladder is that of RFC 6962 by a second, recursive way of making it, that every rung
 * of every length of ladder has a proof, and that nothing else passes for one. */
#include "app/auction/dutch/ladder_root.h"

#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct gv_hash256 nodes[GV_LADDER_NODES_MAX];
static struct gv_hash256 leaves[GV_RUNGS_MAX];

static void make_leaves(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const char psbt[] = {'p', 's', 'b', 't', (char)(i & 0x7f), (char)(i >> 7)};
        gv_ladder_leaf(&leaves[i], 1000 + i, (struct gv_sat){90000 - i},
                       gv_view_of(psbt, sizeof(psbt)));
    }
    memcpy(nodes, leaves, count * sizeof(leaves[0]));
}

/* RFC 6962, 2.1: split at the largest power of two below n. */
static struct gv_hash256 root_of(const struct gv_hash256 *leaf,
                                 uint32_t n) // NOLINT(misc-no-recursion)
{
    uint8_t text[65] = {0x01};
    struct gv_hash256 root;
    uint32_t k = 1;
    if (n == 1) {
        return *leaf;
    }
    while (k * 2 < n) {
        k *= 2;
    }
    const struct gv_hash256 left = root_of(leaf, k);
    const struct gv_hash256 right = root_of(leaf + k, n - k);
    memcpy(text + 1, left.b, 32);
    memcpy(text + 33, right.b, 32);
    gv_sha256_of(&root, gv_view_of(text, sizeof(text)));
    return root;
}

static void a_leaf_is_the_hash_of_what_its_header_says(void **state)
{
    (void)state;
    uint8_t text[45] = {0, 0xe8, 3, 0, 0, 0x20, 0x4e};
    struct gv_hash256 served, expected, leaf;
    gv_sha256_of(&served, gv_view_str("psbt"));
    memcpy(text + 13, served.b, 32);
    gv_sha256_of(&expected, gv_view_of(text, sizeof(text)));
    gv_ladder_leaf(&leaf, 1000, (struct gv_sat){20000}, gv_view_str("psbt"));
    assert_memory_equal(leaf.b, expected.b, 32);
}

static void every_rung_of_every_length_has_its_proof(void **state)
{
    (void)state;
    static const uint32_t long_ones[] = {100,         127, 128, 129, 1024, 1025, GV_RUNGS_MAX - 1,
                                         GV_RUNGS_MAX};
    for (uint32_t n = 1; n <= 40 + sizeof(long_ones) / sizeof(long_ones[0]); n++) {
        const uint32_t count = n <= 40 ? n : long_ones[n - 41];
        make_leaves(count);
        const uint32_t total = gv_ladder_tree(nodes, count);
        const struct gv_hash256 root = root_of(leaves, count);
        assert_true(total <= GV_LADDER_NODES_MAX);
        assert_memory_equal(nodes[total - 1].b, root.b, 32);
        for (uint32_t i = 0; i < count; i++) {
            struct gv_ladder_proof proof;
            gv_ladder_prove(&proof, nodes, count, i);
            assert_memory_equal(proof.root.b, root.b, 32);
            assert_true(gv_ladder_verify(&proof, &leaves[i]));
        }
    }
}

static void no_other_rung_place_or_path_passes(void **state)
{
    (void)state;
    for (uint32_t count = 1; count <= 20; count++) {
        make_leaves(count);
        gv_ladder_tree(nodes, count);
        for (uint32_t i = 0; i < count; i++) {
            struct gv_ladder_proof proof;
            struct gv_ladder_proof bad;
            gv_ladder_prove(&proof, nodes, count, i);
            for (uint32_t other = 0; other < count; other++) {
                assert_int_equal(gv_ladder_verify(&proof, &leaves[other]), other == i);
            }
            for (uint32_t d = 0; d < proof.depth; d++) {
                bad = proof;
                bad.path[d].b[31] ^= 1u;
                assert_false(gv_ladder_verify(&bad, &leaves[i]));
            }
            bad = proof;
            bad.depth++;
            assert_false(gv_ladder_verify(&bad, &leaves[i]));
            if (proof.depth > 0) {
                bad.depth = (uint16_t)(proof.depth - 1u);
                assert_false(gv_ladder_verify(&bad, &leaves[i]));
            }
            bad = proof;
            bad.index = (uint16_t)count;
            assert_false(gv_ladder_verify(&bad, &leaves[i]));
            bad = (struct gv_ladder_proof){.count = 0};
            assert_false(gv_ladder_verify(&bad, &leaves[i]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leaf_is_the_hash_of_what_its_header_says),
        cmocka_unit_test(every_rung_of_every_length_has_its_proof),
        cmocka_unit_test(no_other_rung_place_or_path_passes),
    };
    return cmocka_run_group_tests_name("ladder_root", tests, NULL, NULL);
}
