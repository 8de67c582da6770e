/* Error answers in the shape their reader expects: {"error": text} on the original's routes,
 * problem+json (RFC 9457) on /api/v1, a small page elsewhere. */
#ifndef GV_WEB_API_ERRORS_H
#define GV_WEB_API_ERRORS_H

#include "firmware/base/json.h"
#include "web/server/server.h"

/** Answer with the HTTP status that fail->err means. */
void gv_api_fail(struct gv_exchange *x, const struct gv_fail *fail);
/** A problem as an object, for answers that hold several. */
void gv_api_write_problem(struct gv_json_out *out, const struct gv_exchange *x, int status,
                          const struct gv_fail *fail);
/** Make the fail and answer with it. */
void gv_api_refuse(struct gv_exchange *x, enum gv_err err, const char *code, const char *text);

#endif
