#include "hal/linux/trust.h"

#include "firmware/base/log.h"

#include <unistd.h>

enum gv_err gv_trust_open(struct gv_trust *trust, const char *path, struct gv_fail *fail)
{
    mbedtls_x509_crt_init(&trust->chain);
    trust->is_open = false;
    if (access(path, R_OK) != 0) {
        return gv_fail(fail, GV_ERR_NOT_FOUND, "trust.no_file",
                       "the file of trusted certificates %s cannot be read", path);
    }
    /* Negative: nothing could be read; positive: how many could not. */
    int left_out = mbedtls_x509_crt_parse_file(&trust->chain, path);
    if (left_out < 0 || trust->chain.version == 0) {
        mbedtls_x509_crt_free(&trust->chain);
        return gv_fail(fail, GV_ERR_INVALID, "trust.no_certificate",
                       "%s holds no certificate that can be used", path);
    }
    if (left_out > 0) {
        gv_log(GV_LOG_INFO, "trust", "certificates left out=%d", left_out);
    }
    trust->is_open = true;
    return GV_OK;
}

void gv_trust_close(struct gv_trust *trust)
{
    if (trust->is_open) {
        mbedtls_x509_crt_free(&trust->chain);
        trust->is_open = false;
    }
}
