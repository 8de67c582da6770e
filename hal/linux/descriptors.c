#include "hal/linux/descriptors.h"

#include <errno.h>
#include <sys/resource.h>

enum gv_err gv_descriptors_raise(unsigned wanted, struct gv_fail *fail)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return gv_fail(fail, GV_ERR_IO, "descriptors", "getrlimit: errno %d", errno);
    }
    if (limit.rlim_cur >= wanted) {
        return GV_OK;
    }
    if (limit.rlim_max < wanted) {
        return gv_fail(fail, GV_ERR_IO, "descriptors",
                       "%u file descriptors are needed, and only %llu are allowed: raise the hard "
                       "limit (LimitNOFILE= of the unit, or ulimit -Hn)",
                       wanted, (unsigned long long)limit.rlim_max);
    }
    limit.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return gv_fail(fail, GV_ERR_IO, "descriptors", "setrlimit: errno %d", errno);
    }
    return GV_OK;
}
