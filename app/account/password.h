/* Passwords: which are taken, and the PHC string that is kept of one.
 *
 *   $pbkdf2-sha512$i=210000$<salt>$<hash>        salt and hash in base64 without padding
 *
 * Hashing and verifying take a tenth of a second on purpose: only on HTTP workers and the control
 * thread, and bounded there (at most two at once). Pure. Thread: any.
 * Source: PHC string format, P-H-C/phc-string-format. */
#ifndef GV_APP_ACCOUNT_PASSWORD_H
#define GV_APP_ACCOUNT_PASSWORD_H

#include "firmware/base/kdf.h"

#define GV_PASSWORD_MIN      12u  /* characters */
#define GV_PASSWORD_MAX      256u /* bytes */
#define GV_PASSWORD_DISTINCT 5u   /* different bytes in it, at least */
#define GV_PASSWORD_ROUNDS   210000u
#define GV_PASSWORD_SALT_LEN 16u
/* "$pbkdf2-sha512$i=" 17, rounds 8, "$" salt 43 "$" hash 86, NUL. */
#define GV_PHC_MAX 160u

/** May this be somebody's password?
 *  Returns: GV_OK; GV_ERR_INVALID "password.*" at `pointer`: too short, too long, no UTF-8, control
 *  characters, too few different characters, holds the user's name. */
GV_MUST_USE enum gv_err gv_password_check(struct gv_view password, const char *name,
                                          const char *pointer, struct gv_fail *fail);

/** The parts of a PHC string. */
struct gv_phc {
    uint32_t rounds; /* 1..GV_PHC_ROUNDS_MAX */
    uint8_t salt[32];
    size_t salt_n; /* 8..32 */
    uint8_t hash[GV_SHA512_LEN];
};
#define GV_PHC_ROUNDS_MAX 10000000u

/** Returns: GV_OK; GV_ERR_INVALID for everything that gv_phc_format would not have written. */
GV_MUST_USE enum gv_err gv_phc_parse(struct gv_phc *phc, struct gv_view text);
void gv_phc_format(char text[GV_PHC_MAX], const struct gv_phc *phc);

/** Hash with GV_PASSWORD_ROUNDS. Slow. */
void gv_password_hash(char phc[GV_PHC_MAX], struct gv_view password,
                      const uint8_t salt[GV_PASSWORD_SALT_LEN]);
/** Slow, and as slow for a `phc` that is NULL or broken: nobody learns which names exist.
 *  Returns: whether it is the password, compared in constant time. */
GV_MUST_USE bool gv_password_verify(const char *phc, struct gv_view password);
/** Is it of an older, quicker kind, to be made anew at login? */
GV_MUST_USE bool gv_password_outdated(const char *phc);

#endif
