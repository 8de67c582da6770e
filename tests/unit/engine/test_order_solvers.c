/* Shows which lines prove their solver (case 34): signed ones byte for byte as another implementation of
 * BIP340 signs them, and none that was changed, signed by somebody else or meant for another box.
 * How: lines as they come over the wire, against a registry made by hand. The signatures follow from the
 * formulas of BIP340 in plain Python integers, without libsecp256k1: private key of the BIP's test vector 1,
 * auxiliary randomness zero, message the tagged hash of wire.h. */
#include "app/engine/solvers.h"
#include "firmware/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PUBKEY "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659"
#define DOMAIN "q2V0c2lnbmluZ2RvbWFpbg"

#define BID_SIG                                                                                    \
    "095ea4a5e1f0fee3585fdcd191cc416508183db838c45df6d56fb224b60e4863"                             \
    "bab3981d5807d8e6e454b0db2a9335eb34cfeb4cbd101e681962d3d21e5bc27d"
#define BID_ONE_SIG                                                                                \
    "3bbb5bd5adde827635089d62cfba1d8cc257a19431727ea6238578f27aab3fe7"                             \
    "c9416fbc95b6ebe44701c91439d8bfa332623c73fd44ed6d5e302da4c2b67455"
#define CLAIM_SIG                                                                                  \
    "d7903b91c0625a75ff8182486ba79dffdd26729ebe75cf0c5d3224c566a9de98"                             \
    "bfe4f1b9eac06aa0f50f20d4c8eabc33d5f3cdcb841db0643386b7610fa95835"
/* The same claim, for a box whose domain is "b3RoZXJib3hvdGhlcmJveA". */
#define CLAIM_ELSEWHERE_SIG                                                                        \
    "521902fea049f62dbaffeb59e407bbf8f4ed4a6d54ee759c0219daf0a4194224"                             \
    "892269960e73a69b22977783522682f46e2732e5002ef9d64eb8ae4c71a6e962"

#define BID                                                                                        \
    "{\"SubmitBid\":{\"order_id\":7,\"solver_id\":\"s1\",\"max_input\":140,"                       \
    "\"conversion_rate\":1.4,\"valid_till\":1795210509"
#define CLAIM "{\"FulfillmentComplete\":{\"order_id\":7,\"solver_id\":\"s1\""

static struct gv_solver_registry registry;

static int set_up(void **state)
{
    (void)state;
    struct gv_solver_credential *solver = &registry.items[0];
    memset(&registry, 0, sizeof(registry));
    memcpy(registry.domain, DOMAIN, sizeof(DOMAIN));
    registry.count = 1;
    memcpy(solver->id.text, "s1", sizeof("s1"));
    solver->has_pubkey = true;
    return gv_hex_decode(solver->pubkey, sizeof(solver->pubkey), PUBKEY, strlen(PUBKEY)) == GV_OK
               ? 0
               : -1;
}

/* In: written: without its end, to which "auth" is added. */
static bool proven(const char *written, const char *auth)
{
    static char text[GV_ORDER_LINE_MAX + GV_JSON_PADDING];
    static uint8_t memory[GV_ORDER_LINE_ARENA];
    struct gv_order_item item;
    struct gv_order_line line;
    struct gv_arena arena;
    const int n = snprintf(text, GV_ORDER_LINE_MAX, "%s,\"auth\":\"%s\"}}", written, auth);
    memset(&item, 0, sizeof(item));
    gv_arena_init(&arena, memory, sizeof(memory));
    assert_int_equal(gv_order_line_parse(&line, &arena, text, (size_t)n, NULL), GV_OK);
    item.kind = line.kind;
    if (line.kind == GV_ORDER_LINE_BID) {
        item.bid = line.bid;
    } else {
        item.claim = line.claim;
    }
    return gv_solver_proven(&registry, &item);
}

static void a_signed_line_is_proven_however_it_is_written(void **state)
{
    (void)state;
    assert_true(proven(BID, "sig:" BID_SIG));
    assert_true(proven(CLAIM, "sig:" CLAIM_SIG));
    assert_true(proven("{\"SubmitBid\":{\"valid_till\":1795210509,\"more\":[1],"
                       "\"conversion_rate\":14e-1, \"max_input\":140,\"solver_id\":\"s1\","
                       "\"order_id\":7",
                       "sig:" BID_SIG));
    assert_true(proven("{\"SubmitBid\":{\"order_id\":7,\"solver_id\":\"s1\",\"max_input\":100,"
                       "\"conversion_rate\":1,\"valid_till\":1795210509",
                       "sig:" BID_ONE_SIG));
}

static void a_signature_is_worth_nothing_for_anything_else(void **state)
{
    (void)state;
    static const char *const others[] = {
        "{\"SubmitBid\":{\"order_id\":8,\"solver_id\":\"s1\",\"max_input\":140,"
        "\"conversion_rate\":1.4,\"valid_till\":1795210509",
        "{\"SubmitBid\":{\"order_id\":7,\"solver_id\":\"s2\",\"max_input\":140,"
        "\"conversion_rate\":1.4,\"valid_till\":1795210509",
        "{\"SubmitBid\":{\"order_id\":7,\"solver_id\":\"s1\",\"max_input\":141,"
        "\"conversion_rate\":1.4,\"valid_till\":1795210509",
        "{\"SubmitBid\":{\"order_id\":7,\"solver_id\":\"s1\",\"max_input\":140,"
        "\"conversion_rate\":1.5,\"valid_till\":1795210509",
        "{\"SubmitBid\":{\"order_id\":7,\"solver_id\":\"s1\",\"max_input\":140,"
        "\"conversion_rate\":1.4,\"valid_till\":1795210510",
        CLAIM,
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(proven(others[i], "sig:" BID_SIG));
    }
    assert_false(proven(BID, "sig:" CLAIM_SIG));
}

static void a_line_signed_for_another_box_is_refused(void **state)
{
    (void)state;
    assert_false(proven(CLAIM, "sig:" CLAIM_ELSEWHERE_SIG));
    memcpy(registry.domain, "b3RoZXJib3hvdGhlcmJveA", sizeof(DOMAIN));
    assert_true(proven(CLAIM, "sig:" CLAIM_ELSEWHERE_SIG));
    assert_false(proven(CLAIM, "sig:" CLAIM_SIG));
}

static void every_changed_bit_of_a_signature_makes_it_false(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(CLAIM_SIG) - 1; i++) {
        char auth[] = "sig:" CLAIM_SIG;
        auth[4 + i] = auth[4 + i] == '0' ? '1' : '0';
        assert_false(proven(CLAIM, auth));
    }
}

static void what_is_no_signature_proves_nothing(void **state)
{
    (void)state;
    static const char *const auths[] = {
        "",
        "sig",
        "sig:",
        "sig:00",
        "SIG:" CLAIM_SIG,
        CLAIM_SIG,
        "sig:" CLAIM_SIG "00",
        "key:",
        "key:sig:" CLAIM_SIG,
    };
    for (size_t i = 0; i < sizeof(auths) / sizeof(auths[0]); i++) {
        assert_false(proven(CLAIM, auths[i]));
    }
    registry.items[0].has_pubkey = false;
    assert_false(proven(CLAIM, "sig:" CLAIM_SIG));
    registry.count = 0;
    assert_false(proven(CLAIM, "sig:" CLAIM_SIG));
}

static void a_secret_proves_only_its_solver(void **state)
{
    (void)state;
    struct gv_solver_credential *solver = &registry.items[0];
    assert_false(proven(CLAIM, "key:gvs_right"));
    solver->has_secret = true;
    gv_solver_secret_hash(&solver->secret_hash, gv_view_str("gvs_right"));
    assert_true(proven(CLAIM, "key:gvs_right"));
    assert_true(proven(CLAIM, "sig:" CLAIM_SIG)); /* both are good */
    assert_false(proven(CLAIM, "key:gvs_wrong"));
    assert_false(proven(CLAIM, "key:gvs_right "));
    memcpy(solver->id.text, "s2", sizeof("s2"));
    assert_false(proven(CLAIM, "key:gvs_right"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_signed_line_is_proven_however_it_is_written, set_up),
        cmocka_unit_test_setup(a_signature_is_worth_nothing_for_anything_else, set_up),
        cmocka_unit_test_setup(a_line_signed_for_another_box_is_refused, set_up),
        cmocka_unit_test_setup(every_changed_bit_of_a_signature_makes_it_false, set_up),
        cmocka_unit_test_setup(what_is_no_signature_proves_nothing, set_up),
        cmocka_unit_test_setup(a_secret_proves_only_its_solver, set_up),
    };
    return cmocka_run_group_tests_name("order_solvers", tests, NULL, NULL);
}
