#include "firmware/boot/own_cert.h"

#include "firmware/base/crypto.h"
#include "firmware/base/text.h"
#include "firmware/boot/machine.h"
#include "hal/linux/own_cert.h"
#include "hal/linux/tls.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static struct {
    pthread_mutex_t lock; /* the file and pem */
    char path[GV_FILE_PATH_MAX];
    uint8_t pem[GV_OWN_CERT_PEM_MAX + 1]; /* wiped whenever the lock is given back */
    bool is_on;                           /* https.tls */
    const char *_Atomic const *names;
    const struct gv_clock *clock;
    const struct gv_entropy *entropy;
    struct gv_own_cert now; /* thread: main */
    atomic_bool changed;    /* look again */
} self = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int rng(void *ctx, unsigned char *out, size_t n)
{
    gv_entropy_fill(ctx, out, n);
    return 0;
}

/* In: self.pem holds n bytes. Out: own: what it says. */
static enum gv_err judge(struct gv_own_cert *own, size_t n, bool fresh, struct gv_fail *fail)
{
    struct gv_own_pair pair;
    self.pem[n] = '\0';
    enum gv_err err = gv_own_cert_load(&pair, gv_view_of(self.pem, n + 1), rng,
                                       (void *)(uintptr_t)self.entropy, fail);
    if (err == GV_OK) {
        err = gv_own_cert_check_time(&pair.says, gv_clock_utc(self.clock), fresh, fail);
    }
    *own = pair.says;
    gv_own_cert_free(&pair);
    return err;
}

/* A browser that comes by a name the box does not know is sent away: such a certificate would be of no use. */
static enum gv_err check_known(const struct gv_own_cert *own, struct gv_fail *fail)
{
    for (const char *_Atomic const *name = self.names; *name != NULL; name++) {
        if (gv_own_cert_covers(own, gv_view_str(*name))) {
            return GV_OK;
        }
    }
    return gv_fail_at(fail, GV_ERR_INVALID, "/pem", "tls.own_names",
                      "this box is called by none of the certificate's names (%s ...): add one to "
                      "web.hosts and restart first",
                      own->names[0]);
}

/* ---- operations ----------------------------------------------------------------------------- */

static enum gv_err install(struct gv_own_cert *own, struct gv_view pem, struct gv_fail *fail)
{
    if (!self.is_on) {
        return gv_fail(fail, GV_ERR_STATE, "tls.off", "https.tls is off: no certificate is served");
    }
    if (pem.n > GV_OWN_CERT_PEM_MAX) {
        return gv_fail_at(fail, GV_ERR_INVALID, "/pem", "tls.own_chain",
                          "chain and key have more than %u bytes", GV_OWN_CERT_PEM_MAX);
    }
    pthread_mutex_lock(&self.lock);
    memcpy(self.pem, pem.p, pem.n);
    enum gv_err err = judge(own, pem.n, true, fail);
    if (err == GV_OK) {
        err = check_known(own, fail);
    }
    if (err == GV_OK) {
        err = gv_file_write_private(self.path, gv_view_of(self.pem, pem.n), fail);
    }
    gv_secure_zero(self.pem, sizeof(self.pem));
    pthread_mutex_unlock(&self.lock);
    if (err == GV_OK) {
        gv_log(GV_LOG_INFO, "tls", "own.installed sha256=%s name=%s", own->sha256, own->names[0]);
        atomic_store(&self.changed, true);
    }
    return err;
}

static enum gv_err take_away(struct gv_fail *fail)
{
    pthread_mutex_lock(&self.lock);
    const int rc = unlink(self.path);
    const int code = errno;
    enum gv_err err = rc == 0 ? gv_file_sync_folder(self.path, fail) : GV_OK;
    pthread_mutex_unlock(&self.lock);
    if (rc != 0) {
        return code == ENOENT ? gv_fail(fail, GV_ERR_NOT_FOUND, "tls.own_none",
                                        "there is no certificate of the owner")
                              : gv_fail(fail, GV_ERR_IO, "file.io", "errno %d", code);
    }
    atomic_store(&self.changed, true);
    return err;
}

const struct gv_own_cert_ops gv_boot_own_ops = {.install = install, .remove = take_away};

/* ---- main ----------------------------------------------------------------------------------- */

static void read_file(struct gv_own_cert *own)
{
    struct gv_fail fail = {.err = GV_OK};
    size_t n = 0;
    *own = (struct gv_own_cert){.state = GV_OWN_CERT_NONE};
    pthread_mutex_lock(&self.lock);
    enum gv_err err = gv_file_read(self.path, self.pem, GV_OWN_CERT_PEM_MAX, &n, &fail);
    const bool absent = err == GV_ERR_NOT_FOUND;
    if (err == GV_OK) {
        err = judge(own, n, false, &fail);
    }
    gv_secure_zero(self.pem, sizeof(self.pem));
    pthread_mutex_unlock(&self.lock);
    if (err != GV_OK && !absent) {
        own->state = GV_OWN_CERT_REFUSED;
        gv_format_cut(own->why, sizeof(own->why), "%s", fail.text);
    }
}

bool gv_boot_own_look(bool force)
{
    struct gv_own_cert own;
    const bool ended =
        self.now.state == GV_OWN_CERT_SERVED && gv_clock_utc(self.clock).s >= self.now.not_after.s;
    const bool asked = atomic_exchange(&self.changed, false);
    if (!self.is_on || (!asked && !ended && !force)) {
        return false;
    }
    read_file(&own);
    const bool same =
        own.state == self.now.state && strcmp(own.sha256, self.now.sha256) == 0 && !asked;
    if (own.state == GV_OWN_CERT_REFUSED && !same) {
        gv_log(GV_LOG_BROKEN, "tls", "the owner's certificate is not served: %s", own.why);
    }
    self.now = own;
    gv_tls_own_use(own.state == GV_OWN_CERT_SERVED ? self.path : NULL);
    gv_machine_note_own(&own);
    return !same;
}

void gv_boot_own_retry(void)
{
    atomic_store(&self.changed, true);
}

enum gv_err gv_boot_own_open(const struct gv_config *config, const char *_Atomic const *names,
                             const struct gv_clock *clock, const struct gv_entropy *entropy,
                             struct gv_fail *fail)
{
    self.is_on = config->https_tls;
    self.names = names;
    self.clock = clock;
    self.entropy = entropy;
    if (!gv_format(self.path, sizeof(self.path), "%s/tls/own.pem", config->data_dir)) {
        return gv_fail(fail, GV_ERR_INVALID, "tls.path", "general.data_dir is too long");
    }
    (void)gv_boot_own_look(true); /* the server has not loaded anything yet */
    return GV_OK;
}
