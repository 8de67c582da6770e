/* One-time codes of an authenticator app: the second factor.
 *
 * Six digits, SHA-1, 30 seconds: what every app can. A code is taken within one step of the clock
 * and only once: each taken step must be newer than the last one (struct gv_user.totp_step).
 * Source: RFC 4226 section 5.3, RFC 6238; secret as text: RFC 4648 section 6. Pure. Thread: any. */
#ifndef GV_APP_ACCOUNT_TOTP_H
#define GV_APP_ACCOUNT_TOTP_H

#include "firmware/base/bytes.h"
#include "firmware/base/time.h"

#define GV_TOTP_SECRET_LEN 20u
#define GV_TOTP_TEXT_MAX   33u /* 32 digits of base32 and NUL */
#define GV_TOTP_URI_MAX    192u
#define GV_TOTP_STEP_S     30
#define GV_TOTP_DRIFT      1u /* steps a clock may be off */

/** The last `digits` (6..8) decimal digits of step's value. */
uint32_t gv_totp_value(struct gv_view secret, uint64_t step, unsigned digits);

/** Is this the code of a step around `now` that is newer than last_step?
 *  Out: step: the step to remember, on true only. */
GV_MUST_USE bool gv_totp_check(const uint8_t secret[GV_TOTP_SECRET_LEN], struct gv_view code,
                               struct gv_utc now, uint64_t last_step, uint64_t *step);

void gv_totp_secret_text(char text[GV_TOTP_TEXT_MAX], const uint8_t secret[GV_TOTP_SECRET_LEN]);
/** What the QR code says. In: name: of the user, safe in an address (user.h). */
void gv_totp_uri(char uri[GV_TOTP_URI_MAX], const char *name,
                 const uint8_t secret[GV_TOTP_SECRET_LEN]);

#endif
