#include "firmware/base/assert.h"

#include "firmware/base/log.h"

#include <stdlib.h>

_Noreturn void gv_assert_failed(const char *expression, const char *file, int line)
{
    gv_log(GV_LOG_BROKEN, "assert", "failed at=%s:%d expression=%s", file, line, expression);
    abort();
}
