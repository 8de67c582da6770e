/* Control commands about updates; operate.h has their form. */
#include "firmware/base/json.h"
#include "web/api/update.h"
#include "web/control/operate.h"
#include "web/control/people.h"

static enum gv_err no_members(gv_json_ref request, struct gv_fail *fail)
{
    static const char *const members[] = {"cmd", NULL};
    return gv_json_members(request, members, "", fail);
}

enum gv_err gv_control_update_status(const struct gv_control *control, gv_json_ref request,
                                     struct gv_json_out *out, struct gv_fail *fail)
{
    struct gv_update_status status;
    const enum gv_err err = no_members(request, fail);
    if (err == GV_OK) {
        control->updates->status(&status);
        gv_update_write(out, &status);
    }
    return err;
}

enum gv_err gv_control_update_apply(const struct gv_control *control, gv_json_ref request,
                                    struct gv_json_out *out, struct gv_fail *fail)
{
    struct gv_update_status status;
    struct gv_actor actor;
    char version[GV_VERSION_MAX];
    enum gv_err err = no_members(request, fail);
    if (err == GV_OK) {
        err = control->updates->adopt(fail);
    }
    if (err == GV_OK) {
        err = control->updates->apply(fail);
    }
    if (err != GV_OK) {
        return err;
    }
    control->updates->status(&status);
    gv_version_format(status.staged, version);
    gv_update_write(out, &status);
    gv_control_actor(&actor, request);
    return gv_engine_note(control->engine, &actor, "update.asked", version, "", fail);
}

enum gv_err gv_control_update_gate(const struct gv_control *control, gv_json_ref request,
                                   struct gv_json_out *out, struct gv_fail *fail)
{
    (void)out;
    const enum gv_err err = no_members(request, fail);
    return err == GV_OK ? control->updates->may_restart(fail) : err;
}
