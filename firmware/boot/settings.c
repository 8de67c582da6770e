#include "firmware/boot/settings.h"

#include "firmware/base/crypto.h"
#include "firmware/boot/settings_file.h"

static struct {
    struct gv_changes changes;
    const struct gv_config *running;
    atomic_bool private_targets;
} self;

static enum gv_err write_text(void *ctx, struct gv_view text, struct gv_fail *fail)
{
    (void)ctx;
    return gv_settings_file_write(self.running->data_dir, text, fail);
}

static void apply(void *ctx, const struct gv_config *next)
{
    (void)ctx;
    gv_log_set_level(next->log_level);
    atomic_store(&self.private_targets, next->webhooks_private);
}

struct gv_changes *gv_settings_open(const struct gv_config *running, const struct gv_config *below)
{
    const struct gv_changes_config config = {
        .running = running, .below = below, .write = write_text, .applied = apply};
    self.running = running;
    gv_changes_init(&self.changes, &config);
    apply(NULL, running);
    return &self.changes;
}

void gv_settings_close(void)
{
    gv_secure_zero(&self.changes.next, sizeof(self.changes.next));
}

const atomic_bool *gv_settings_private_targets(void)
{
    return &self.private_targets;
}
