/* Shows: after an item that the engine did not answer in time the rest of a batch is refused without another
 * look at its text, which is in the slot that the engine has now; what was listed before stays told.
 * How: the batch's own loop with a listing that times out, and the slot's values under lock from then on. */
#include "web/api/batch.c"

#include "web/api/upload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static struct gv_submission *slot;
static uint32_t asked;

/* Whoever reads the values while they are the engine's is ended by it. */
static void lock_values(bool locked)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t at = (uintptr_t)slot->json_arena & ~(page - 1u);
    assert_int_equal(mprotect((void *)at, page, locked ? PROT_NONE : PROT_READ | PROT_WRITE), 0);
}

void gv_create_keep(struct gv_upload *upload, const struct gv_family *family,
                    const struct gv_hash256 *key, const struct gv_hash256 *body)
{
    (void)upload;
    (void)family;
    (void)key;
    (void)body;
}

enum gv_err gv_create_check(struct gv_upload *upload, gv_json_ref root,
                            const struct gv_family *family, uint32_t granted, struct gv_fail *fail)
{
    (void)upload;
    (void)root;
    (void)family;
    (void)granted;
    return gv_fail(fail, GV_ERR_INVALID, "test.unexpected", "no item is parked here");
}

/* The first is listed, the second is not answered. */
enum gv_err gv_create_dutch(struct gv_upload *upload, gv_json_ref root,
                            const struct gv_family *family, uint32_t granted, uint64_t *id,
                            struct gv_fail *fail)
{
    (void)root;
    (void)family;
    (void)granted;
    *id = ++asked;
    if (asked == 1) {
        return GV_OK;
    }
    *id = 0;
    upload->submission = NULL;
    lock_values(true);
    return gv_fail(fail, GV_ERR_TIMEOUT, "engine.timeout", "the engine did not answer in time");
}

static void items_behind_a_timeout_are_refused_without_their_text(void **state)
{
    (void)state;
    static const char body[] = "{\"items\":[{\"a\":1},{\"a\":2},{\"a\":3},{\"a\":4},{\"a\":5}]}";
    static const struct gv_family family = {.v1 = true};
    static const struct gv_route route = {.extra = &family};
    struct gv_exchange x = {.route = &route, .app = gv_api_instance()};
    struct batch batch = {.x = &x, .family = &family};
    gv_json_ref items = NULL;
    struct gv_fail fail;
    gv_submissions_init();
    slot = gv_submission_acquire();
    assert_non_null(slot);
    memcpy(slot->body, body, sizeof(body));
    slot->body_len = sizeof(body) - 1;
    batch.upload = (struct gv_upload){.api = gv_api_instance(), .submission = slot};
    assert_int_equal(read_items(&batch, &items, &fail), GV_OK);
    assert_int_equal(batch.count, 5);
    batch.items[3].id = 77; /* listed when the batch was sent before */

    assert_int_equal(list_items(&batch, items), 3);
    lock_values(false);
    gv_submission_release(slot);
    assert_int_equal(asked, 2);
    assert_int_equal(batch.items[0].status, 201);
    assert_int_equal(batch.items[0].id, 1);
    assert_string_equal(batch.items[1].fail.code, "engine.timeout");
    assert_string_equal(batch.items[2].fail.code, "engine.busy");
    assert_int_equal(batch.items[2].status, 503);
    assert_int_equal(batch.items[3].status, 201);
    assert_string_equal(batch.items[4].fail.code, "engine.busy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_behind_a_timeout_are_refused_without_their_text),
    };
    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
