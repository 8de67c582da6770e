/* The box's own certificates, judged by OpenSSL where the machine has it and by Mbed TLS. */
#include "tests/unit/hal/hal_test.h"

#include "firmware/base/bytes.h"
#include "hal/linux/cert.h"
#include "hal/linux/cert_limits.h"
#include "hal/linux/third_party_memory.h"
#include "hal/sim/clock.h"
#include "hal/sim/entropy.h"

#include <mbedtls/x509_crt.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAY_MS (24ull * 3600 * 1000)

struct world {
    char folder[PATH_BYTES];
    char dir[2 * PATH_BYTES];
    struct gv_sim_clock sim_clock;
    struct gv_sim_random random;
    struct gv_clock clock;
    struct gv_entropy entropy;
    struct gv_cert_names names;
    struct gv_cert_report report;
};

static int setup(void **state)
{
    static struct world world;
    world = (struct world){.random = gv_sim_random_of(7)};
    gv_memory_init();
    make_folder(world.folder);
    (void)snprintf(world.dir, sizeof(world.dir), "%s/tls", world.folder);
    world.clock = gv_sim_clock_init(&world.sim_clock, (struct gv_mono){0},
                                    (struct gv_utc){GV_CERT_EPOCH_S + 100});
    world.entropy = gv_sim_entropy(&world.random);
    assert_int_equal(gv_cert_names_add(&world.names, "gavel.local", NULL), GV_OK);
    assert_int_equal(gv_cert_names_add(&world.names, "127.0.0.1", NULL), GV_OK);
    assert_int_equal(gv_cert_names_add(&world.names, "::1", NULL), GV_OK);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    static const char *const files[] = {"ca.crt", "ca.key", "leaf.crt", "leaf.key"};
    for (size_t i = 0; i < 4; i++) {
        (void)unlink(in_folder(w->dir, files[i]));
    }
    (void)rmdir(w->dir);
    assert_int_equal(rmdir(w->folder), 0);
    return 0;
}

static void ensure(struct world *w, bool ca_made, bool leaf_made)
{
    struct gv_fail fail = {.text = ""};
    enum gv_err err = gv_cert_ensure(&w->report, w->dir, &w->names, &w->clock, &w->entropy, &fail);
    assert_string_equal(fail.text, "");
    assert_int_equal(err, GV_OK);
    assert_int_equal(w->report.ca_made, ca_made);
    assert_int_equal(w->report.leaf_made, leaf_made);
}

/* Exit code of a shell command, run in the folder of the certificates; its output is dropped. */
static int GV_PRINTF(2, 3) shell(const struct world *w, const char *format, ...)
{
    char command[2048];
    char whole[4096];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    (void)snprintf(whole, sizeof(whole), "cd %s && { %s; } >/dev/null 2>&1", w->folder, command);
    int status = system(whole);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool has_openssl(const struct world *w)
{
    return shell(w, "command -v openssl") == 0;
}

static void first_start_makes_everything_and_the_second_nothing(void **state)
{
    struct world *w = *state;
    ensure(w, true, true);
    char first[GV_CERT_FINGERPRINT_LEN];
    memcpy(first, w->report.ca_sha256, sizeof(first));
    assert_int_equal(strlen(first), 95);
    ensure(w, false, false);
    assert_string_equal(first, w->report.ca_sha256);
    assert_int_equal(w->report.renew_at.s, GV_CERT_EPOCH_S + 100 - 3600 + 46LL * 86400 * 2 / 3);
}

static void keys_and_folder_are_private(void **state)
{
    struct world *w = *state;
    struct stat info;
    ensure(w, true, true);
    assert_int_equal(stat(w->dir, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_int_equal(stat(w->report.files.ca_key, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(stat(w->report.files.leaf_key, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void openssl_accepts_the_chain_for_its_names_only(void **state)
{
    struct world *w = *state;
    if (!has_openssl(w)) {
        print_message("there is no openssl to judge by\n");
        skip();
    }
    ensure(w, true, true);
    static const struct {
        const char *option;
        int exit_code;
    } cases[] = {
        {"", 0},
        {"-verify_hostname gavel.local", 0},
        {"-verify_ip 127.0.0.1", 0},
        {"-verify_ip ::1", 0},
        {"-verify_hostname other.local", 2},
        {"-verify_ip 127.0.0.2", 2},
        {"-verify_hostname example.org", 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(shell(w,
                               "openssl verify -x509_strict -purpose sslserver -attime %d %s"
                               " -CAfile tls/ca.crt tls/leaf.crt",
                               GV_CERT_EPOCH_S + 100, cases[i].option),
                         cases[i].exit_code);
    }
    /* What the certificates say. */
    assert_int_equal(shell(w, "openssl x509 -in tls/ca.crt -noout -ext basicConstraints,keyUsage |"
                              " tr -d '\\n' | grep 'CA:TRUE, pathlen:0.*Certificate Sign'"),
                     0);
    assert_int_equal(shell(w, "openssl x509 -in tls/leaf.crt -noout -ext extendedKeyUsage |"
                              " grep 'Web Server'"),
                     0);
    assert_int_equal(shell(w, "openssl x509 -in tls/ca.crt -noout -fingerprint -sha256 | grep %s",
                           w->report.ca_sha256),
                     0);
}

/* The limits are worth something only if others honour them: OpenSSL must refuse a certificate
 * of our authority for a name outside them. */
static void openssl_refuses_names_outside_the_limits(void **state)
{
    static const struct {
        const char *san;
        int exit_code;
    } cases[] = {
        {"DNS:ok.local", 0},     {"IP:10.1.2.3", 0}, {"IP:fd00::7", 0},
        {"DNS:bank.example", 2}, {"IP:8.8.8.8", 2},  {"IP:2001:db8::1", 2},
    };
    struct world *w = *state;
    if (!has_openssl(w)) {
        print_message("there is no openssl to judge by\n");
        skip();
    }
    ensure(w, true, true);
    assert_int_equal(shell(w, "openssl ecparam -name prime256v1 -genkey -noout -out k &&"
                              " openssl req -new -key k -subj /CN=x -out r"),
                     0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(shell(w,
                               "echo subjectAltName=%s >e && openssl x509 -req -in r"
                               " -CA tls/ca.crt -CAkey tls/ca.key -days 3 -set_serial 7"
                               " -extfile e -out c",
                               cases[i].san),
                         0);
        assert_int_equal(shell(w, "openssl verify -no_check_time"
                                  " -CAfile tls/ca.crt c"),
                         cases[i].exit_code);
    }
    assert_int_equal(shell(w, "rm k r e c"), 0);
}

static void the_leaf_is_renewed_after_two_thirds_of_its_life(void **state)
{
    struct world *w = *state;
    ensure(w, true, true);
    gv_sim_clock_advance(&w->sim_clock, 30 * DAY_MS);
    ensure(w, false, false);
    gv_sim_clock_advance(&w->sim_clock, DAY_MS);
    ensure(w, false, true);
}

static void a_new_name_renews_the_leaf_and_a_lost_one_does_not(void **state)
{
    struct world *w = *state;
    ensure(w, true, true);
    assert_int_equal(gv_cert_names_add(&w->names, "192.168.1.7", NULL), GV_OK);
    ensure(w, false, true);
    w->names.ips_n--;
    ensure(w, false, false);
}

static void names_the_authority_may_not_certify_are_left_out(void **state)
{
    struct world *w = *state;
    assert_int_equal(gv_cert_names_add(&w->names, "shop.example.org", NULL), GV_OK);
    assert_int_equal(gv_cert_names_add(&w->names, "203.0.113.9", NULL), GV_OK);
    ensure(w, true, true); /* known when the authority was made: allowed */
    assert_int_equal(w->report.names_dropped, 0);
    assert_int_equal(gv_cert_names_add(&w->names, "www.shop.example.org", NULL), GV_OK);
    ensure(w, false, true); /* below a known one */
    assert_int_equal(gv_cert_names_add(&w->names, "other.example.org", NULL), GV_OK);
    assert_int_equal(gv_cert_names_add(&w->names, "203.0.113.10", NULL), GV_OK);
    ensure(w, false, false);
    assert_int_equal(w->report.names_dropped, 2);
}

static void an_authority_at_its_end_is_replaced(void **state)
{
    struct world *w = *state;
    ensure(w, true, true);
    gv_sim_clock_advance(&w->sim_clock, (3650 - 47) * DAY_MS);
    ensure(w, false, true);
    gv_sim_clock_advance(&w->sim_clock, 2 * DAY_MS);
    ensure(w, true, true);
}

static void damaged_or_foreign_files_are_made_anew(void **state)
{
    struct world *w = *state;
    uint8_t saved[4096];
    size_t n = 0;
    ensure(w, true, true);
    assert_int_equal(gv_file_read(w->report.files.leaf_key, saved, sizeof(saved), &n, NULL), GV_OK);

    assert_int_equal(unlink(w->report.files.leaf_crt), 0);
    ensure(w, false, true);
    assert_int_equal(gv_file_write_private(w->report.files.leaf_key, gv_view_of(saved, n), NULL),
                     GV_OK);
    ensure(w, false, true); /* a key that does not belong to the certificate */
    assert_int_equal(gv_file_write_private(w->report.files.leaf_crt, gv_view_of("junk", 4), NULL),
                     GV_OK);
    ensure(w, false, true);
    assert_int_equal(gv_file_write_private(w->report.files.ca_key, gv_view_of(saved, n), NULL),
                     GV_OK);
    ensure(w, true, true); /* and the leaf of the old authority is of no use */
    ensure(w, false, false);
}

static void a_clock_before_our_time_counts_as_the_epoch(void **state)
{
    struct world *w = *state;
    gv_sim_clock_set_utc(&w->sim_clock, (struct gv_utc){1000});
    ensure(w, true, true);
    ensure(w, false, false);
    gv_sim_clock_set_utc(&w->sim_clock, (struct gv_utc){GV_CERT_EPOCH_S + 10});
    ensure(w, false, false);
}

static void a_clock_that_steps_back_replaces_nothing(void **state)
{
    static const int64_t slow[] = {1000, GV_CERT_EPOCH_S + 200 * 86400LL};
    struct world *w = *state;
    int64_t made_s = GV_CERT_EPOCH_S + 400 * 86400LL;
    char first[GV_CERT_FINGERPRINT_LEN];
    gv_sim_clock_set_utc(&w->sim_clock, (struct gv_utc){made_s});
    ensure(w, true, true);
    memcpy(first, w->report.ca_sha256, sizeof(first));
    gv_sim_clock_set_utc(&w->sim_clock, (struct gv_utc){made_s + 31 * 86400LL});
    ensure(w, false, true); /* younger than the authority */
    for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++) {
        gv_sim_clock_set_utc(&w->sim_clock, (struct gv_utc){slow[i]});
        ensure(w, false, false);
        assert_string_equal(first, w->report.ca_sha256);
    }
    /* What has to be made meanwhile is dated by what is there already, and good afterwards. */
    assert_int_equal(gv_cert_names_add(&w->names, "192.168.1.8", NULL), GV_OK);
    ensure(w, false, true);
    gv_sim_clock_set_utc(&w->sim_clock, (struct gv_utc){made_s + 32 * 86400LL});
    ensure(w, false, false);
    assert_string_equal(first, w->report.ca_sha256);
}

static void a_leaf_from_the_future_is_replaced(void **state)
{
    struct world *w = *state;
    const int64_t made_s = GV_CERT_EPOCH_S + 400 * 86400LL;
    gv_sim_clock_set_utc(&w->sim_clock, (struct gv_utc){made_s});
    ensure(w, true, true);
    gv_sim_clock_set_utc(&w->sim_clock, (struct gv_utc){made_s + 90 * 86400LL});
    ensure(w, false, true);
    gv_sim_clock_set_utc(&w->sim_clock, (struct gv_utc){made_s + 86400LL});
    ensure(w, false, true);
    assert_true(w->report.not_after.s < made_s + 50 * 86400LL);
}

static void a_folder_that_cannot_be_made_is_reported(void **state)
{
    struct world *w = *state;
    struct gv_fail fail;
    assert_int_equal(gv_cert_ensure(&w->report, in_folder(w->folder, "no/where"), &w->names,
                                    &w->clock, &w->entropy, &fail),
                     GV_ERR_IO);
    assert_string_equal(fail.code, "file.io");
}

static void serials_are_positive_and_of_sixteen_bytes(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 8; i++) {
        mbedtls_x509_crt crt;
        ensure(w, i == 0, true);
        mbedtls_x509_crt_init(&crt);
        assert_int_equal(mbedtls_x509_crt_parse_file(&crt, w->report.files.leaf_crt), 0);
        assert_int_equal(crt.serial.len, 16);
        assert_true(crt.serial.p[0] >= 0x40 && crt.serial.p[0] < 0x80);
        mbedtls_x509_crt_free(&crt);
        assert_int_equal(unlink(w->report.files.leaf_crt), 0);
    }
    assert_int_equal(unlink(w->report.files.leaf_key), 0);
}

static void names_are_checked_and_kept_once(void **state)
{
    struct gv_cert_names names = {.dns_n = 0};
    static const char *const wrong[] = {"",   ".",    "a..b", "-a", "a-",  "a_b", "a b",
                                        "a.", "a,CN", "b\\c", ".a", "1:2", "::g", "a.-b.com"};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct gv_fail fail;
        assert_int_equal(gv_cert_names_add(&names, wrong[i], &fail), GV_ERR_INVALID);
        assert_string_equal(fail.code, "cert.name");
    }
    assert_int_equal(gv_cert_names_add(&names, "Box-1.LAN", NULL), GV_OK);
    assert_int_equal(gv_cert_names_add(&names, "box-1.lan", NULL), GV_OK);
    assert_int_equal(gv_cert_names_add(&names, "10.0.0.1", NULL), GV_OK);
    assert_int_equal(gv_cert_names_add(&names, "10.0.0.1", NULL), GV_OK);
    assert_int_equal(names.dns_n, 1);
    assert_int_equal(names.ips_n, 1);
    for (int i = 1; i < GV_CERT_DNS_MAX; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "n%d", i);
        assert_int_equal(gv_cert_names_add(&names, name, NULL), GV_OK);
    }
    assert_int_equal(gv_cert_names_add(&names, "one-more", NULL), GV_ERR_FULL);
}

static void this_machine_knows_its_own_names(void **state)
{
    struct gv_cert_names names = {.dns_n = 0};
    const struct gv_cert_ip loopback = {.b = {127, 0, 0, 1}, .n = 4};
    (void)state;
    gv_cert_names_add_local(&names);
    assert_true(gv_cert_names_has_dns(&names, "gavel.local"));
    assert_true(gv_cert_names_has_dns(&names, "localhost"));
    assert_true(gv_cert_names_has_ip(&names, &loopback));
    for (uint32_t i = 0; i < names.ips_n; i++) { /* no link-local address */
        assert_false(names.ips[i].n == 16 && names.ips[i].b[0] == 0xfe);
    }
}

static void the_longest_limits_fit(void **state)
{
    struct gv_cert_names names = {.dns_n = GV_CERT_DNS_MAX, .ips_n = GV_CERT_IPS_MAX};
    uint8_t out[GV_CERT_LIMITS_BYTES_MAX];
    (void)state;
    for (uint32_t i = 0; i < GV_CERT_DNS_MAX; i++) {
        memset(names.dns[i], 'a', GV_CERT_DNS_LEN - 1);
        names.ips[i].n = 16;
    }
    struct gv_view limits = gv_cert_limits_write(out, &names);
    assert_true(limits.n > 0);
    assert_int_equal(gv_cert_limits_apply(limits, &names), 0);
    /* Cut anywhere, it is read without running past its end. */
    for (size_t n = 0; n < limits.n; n++) {
        struct gv_cert_names copy = names;
        (void)gv_cert_limits_apply(gv_view_of(limits.p, n), &copy);
    }
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(first_start_makes_everything_and_the_second_nothing),
        WITH_FOLDER(keys_and_folder_are_private),
        WITH_FOLDER(openssl_accepts_the_chain_for_its_names_only),
        WITH_FOLDER(openssl_refuses_names_outside_the_limits),
        WITH_FOLDER(the_leaf_is_renewed_after_two_thirds_of_its_life),
        WITH_FOLDER(a_new_name_renews_the_leaf_and_a_lost_one_does_not),
        WITH_FOLDER(names_the_authority_may_not_certify_are_left_out),
        WITH_FOLDER(an_authority_at_its_end_is_replaced),
        WITH_FOLDER(damaged_or_foreign_files_are_made_anew),
        WITH_FOLDER(a_clock_before_our_time_counts_as_the_epoch),
        WITH_FOLDER(a_clock_that_steps_back_replaces_nothing),
        WITH_FOLDER(a_leaf_from_the_future_is_replaced),
        WITH_FOLDER(a_folder_that_cannot_be_made_is_reported),
        WITH_FOLDER(serials_are_positive_and_of_sixteen_bytes),
        cmocka_unit_test(names_are_checked_and_kept_once),
        cmocka_unit_test(this_machine_knows_its_own_names),
        cmocka_unit_test(the_longest_limits_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
