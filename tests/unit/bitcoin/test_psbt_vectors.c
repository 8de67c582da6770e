/* Every case of the listing vectors gets the verdict and the code the files state; the same PSBTs
 * cut off at every byte, or with any one byte changed, are never taken for the listing they were. */
#include "tests/unit/bitcoin/vectors.h"

#include "firmware/base/text.h"
#include "tests/unit/bitcoin/cmocka_include.h"

static uint8_t served[GV_PSBT_SERVED_MAX];

/* Reasons that are the listing policy's or the chain's, not the signature's. */
static bool is_policy(const char *reason)
{
    return strcmp(reason, "dust-output") == 0 || strcmp(reason, "locktime") == 0 ||
           strcmp(reason, "relative-locktime") == 0;
}

static bool is_for_the_chain(const char *reason)
{
    return strncmp(reason, "utxo-spent", strlen("utxo-spent")) == 0;
}

static void code_of(char code[GV_FAIL_CODE_MAX], const char *reason)
{
    assert_true(gv_format(code, GV_FAIL_CODE_MAX, "psbt.%s", reason));
    for (char *p = code; *p != '\0'; p++) {
        if (*p == '-') {
            *p = '_';
        }
    }
}

static void expect_code(const struct psbt_case *c, const struct gv_psbt_verdict *verdict,
                        const char *code)
{
    if (strcmp(verdict->code, code) != 0) {
        fail_msg("%.*s: expected %s, got %s (%s)", (int)c->id.n, (const char *)c->id.p, code,
                 verdict->code, verdict->detail);
    }
}

static void expect_valid(const struct psbt_case *c, const struct gv_psbt_verdict *verdict,
                         bool valid)
{
    if (verdict->valid != valid) {
        fail_msg("%.*s: expected valid = %d, got %s (%s)", (int)c->id.n, (const char *)c->id.p,
                 valid, verdict->code, verdict->detail);
    }
}

static uint32_t each_case(const char *file, void (*check)(struct psbt_case *c, gv_json_ref object))
{
    struct gv_json_iter it;
    uint32_t cases = 0;
    gv_json_ref root = vectors_json(file);
    for (gv_json_ref e = gv_json_first(&it, root); e != NULL; e = gv_json_next(&it)) {
        struct psbt_case c;
        vectors_psbt_case(&c, e);
        check(&c, e);
        cases++;
    }
    return cases;
}

/* ---- verdicts ----------------------------------------------------------------------------------- */

static void check_valid_case(struct psbt_case *c, gv_json_ref object)
{
    struct gv_psbt_verdict verdict;
    const struct gv_view type = vectors_text(gv_json_get(object, "prevout"), "type");
    vectors_judge(&verdict, served, c->text, &c->terms);
    expect_valid(c, &verdict, true);
    assert_true(gv_view_is(type, verdict.script_type));
    assert_int_equal(verdict.value_sat, c->terms.price_sat);
    if (gv_view_is(type, "p2pkh") || gv_view_is(type, "p2sh-2of2")) {
        expect_code(c, &verdict, "psbt.pair_index");
    } else if (gv_view_is(type, "p2tr-script")) {
        expect_code(c, &verdict, "psbt.script_type");
    } else if (gv_view_is(c->id, "p2wpkh-map-order-big-unknown")) {
        expect_code(c, &verdict, "psbt.too_large");
    } else if (c->terms.price_sat < c->terms.prevout.value_sat) {
        expect_code(c, &verdict, "psbt.price_below_utxo");
    } else {
        expect_code(c, &verdict, "psbt.ok");
    }
    assert_int_equal(verdict.listable, strcmp(verdict.code, "psbt.ok") == 0);
}

static void every_valid_vector_is_valid(void **state)
{
    (void)state;
    assert_int_equal(each_case("psbt/valid.json", check_valid_case), 34);
}

static void check_hostile_case(struct psbt_case *c, gv_json_ref object)
{
    (void)object;
    struct gv_psbt_verdict verdict;
    char code[GV_FAIL_CODE_MAX] = "";
    c->terms.has_block = true;
    c->terms.block = 250;
    vectors_judge(&verdict, served, c->text, &c->terms);
    const bool fine = c->expect_valid || is_policy(c->reason) || is_for_the_chain(c->reason);
    expect_valid(c, &verdict, fine);
    assert_false(verdict.listable);
    if (c->expect_valid || is_for_the_chain(c->reason)) {
        expect_code(c, &verdict, "psbt.price_below_utxo");
        return;
    }
    code_of(code, c->reason);
    expect_code(c, &verdict, code);
}

static void every_hostile_vector_is_refused_for_its_reason(void **state)
{
    (void)state;
    assert_int_equal(each_case("psbt/hostile.json", check_hostile_case), 97);
}

static void check_finalized(struct psbt_case *c, gv_json_ref object)
{
    struct gv_psbt_verdict verdict;
    if (gv_json_type(gv_json_get(object, "psbt_finalized")) != GV_JSON_STRING) {
        return;
    }
    vectors_judge(&verdict, served, vectors_text(object, "psbt_finalized"), &c->terms);
    expect_valid(c, &verdict, true);
}

static void the_nodes_finalized_forms_are_valid(void **state)
{
    (void)state;
    (void)each_case("psbt/valid.json", check_finalized);
}

/* ---- the served form ------------------------------------------------------------------------------ */

/* Final scripts of the served form must be the node's own. */
static void check_served(struct psbt_case *c, gv_json_ref object)
{
    struct gv_psbt_verdict verdict;
    static uint8_t again[GV_PSBT_SERVED_MAX];
    vectors_judge(&verdict, served, c->text, &c->terms);
    if (!gv_unlock_is_segwit(verdict.type)) {
        assert_int_equal(verdict.served_len, 0);
        return;
    }
    const struct gv_view form = gv_view_of(served, verdict.served_len);
    struct gv_psbt_verdict second;
    gv_psbt_check(&second, again, form, &c->terms);
    expect_valid(c, &second, true);
    assert_true(gv_view_equal(form, gv_view_of(again, second.served_len)));

    if (gv_json_type(gv_json_get(object, "psbt_finalized")) != GV_JSON_STRING) {
        return;
    }
    struct gv_psbt ours;
    struct gv_psbt nodes;
    const struct gv_view final = vectors_base64(vectors_text(object, "psbt_finalized"));
    assert_int_equal(gv_psbt_parse(&ours, form, NULL), GV_OK);
    assert_int_equal(gv_psbt_parse(&nodes, final, NULL), GV_OK);
    for (size_t i = GV_PSBT_IN_FINAL_SCRIPTSIG; i <= GV_PSBT_IN_FINAL_SCRIPTWITNESS; i++) {
        assert_true(gv_view_equal(ours.input.field[i], nodes.input.field[i]));
    }
    assert_true(gv_view_equal(ours.tx.raw, nodes.tx.raw));
    assert_null(ours.input.field[GV_PSBT_IN_SIGHASH_TYPE].p);
    assert_null(ours.input.field[GV_PSBT_IN_NON_WITNESS_UTXO].p);
}

static void the_served_form_is_minimal_and_final(void **state)
{
    (void)state;
    (void)each_case("psbt/valid.json", check_served);
}

/* ---- hostile variations ---------------------------------------------------------------------------- */

static uint8_t work[GV_PSBT_CHECK_BYTES_MAX];

static void check_truncations(struct psbt_case *c, gv_json_ref object)
{
    (void)object;
    struct gv_psbt_verdict verdict;
    const struct gv_view raw = vectors_base64(c->text);
    /* Inside the 70 kB value one cut is like another: one in 97 is tried there. */
    const size_t step = raw.n > GV_PSBT_BYTES_MAX ? 97 : 1;
    for (size_t n = 0; n < raw.n; n += step) {
        memcpy(work, raw.p, n);
        gv_psbt_check(&verdict, served, gv_view_of(work, n), &c->terms);
        expect_valid(c, &verdict, false);
        if (n == 0) {
            expect_code(c, &verdict, "psbt.parse_empty");
        } else {
            expect_code(c, &verdict, "psbt.parse_truncated");
        }
    }
}

static void a_psbt_cut_off_anywhere_is_truncated(void **state)
{
    (void)state;
    (void)each_case("psbt/valid.json", check_truncations);
}

static void check_trailing(struct psbt_case *c, gv_json_ref object)
{
    (void)object;
    struct gv_psbt_verdict verdict;
    const struct gv_view raw = vectors_base64(c->text);
    memcpy(work, raw.p, raw.n);
    work[raw.n] = 0;
    gv_psbt_check(&verdict, served, gv_view_of(work, raw.n + 1), &c->terms);
    expect_code(c, &verdict, "psbt.parse_trailing");
}

static void one_byte_too_many_is_refused(void **state)
{
    (void)state;
    (void)each_case("psbt/valid.json", check_trailing);
}

/* A changed byte may leave a valid PSBT (unknown keys, derivations, another but equal form), but
 * what it says about the pair stays what was signed. */
static void check_mutations(struct psbt_case *c, gv_json_ref object)
{
    (void)object;
    struct gv_psbt_verdict good;
    struct gv_psbt_verdict verdict;
    const struct gv_view raw = vectors_base64(c->text);
    if (raw.n > 800) {
        return;
    }
    gv_psbt_check(&good, served, raw, &c->terms);
    memcpy(work, raw.p, raw.n);
    for (size_t i = 0; i < raw.n; i++) {
        work[i] ^= (uint8_t)(1u << (i % 8));
        gv_psbt_check(&verdict, served, gv_view_of(work, raw.n), &c->terms);
        if (verdict.valid) {
            assert_int_equal(verdict.value_sat, good.value_sat);
            assert_true(gv_spk_equal(&verdict.payout, &good.payout));
            assert_int_equal(verdict.locktime, good.locktime);
            assert_int_equal(verdict.sequence, good.sequence);
            assert_int_equal(verdict.tx_version, good.tx_version);
        }
        work[i] = raw.p[i];
    }
}

static void a_changed_byte_never_changes_what_was_signed(void **state)
{
    (void)state;
    (void)each_case("psbt/valid.json", check_mutations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_valid_vector_is_valid),
        cmocka_unit_test(every_hostile_vector_is_refused_for_its_reason),
        cmocka_unit_test(the_nodes_finalized_forms_are_valid),
        cmocka_unit_test(the_served_form_is_minimal_and_final),
        cmocka_unit_test(a_psbt_cut_off_anywhere_is_truncated),
        cmocka_unit_test(one_byte_too_many_is_refused),
        cmocka_unit_test(a_changed_byte_never_changes_what_was_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
