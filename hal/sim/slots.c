#include "hal/sim/slots.h"

#include <string.h>

/* How much of the operation happened before the lights went out. */
enum share {
    NONE,
    HALF,
    ALL,
};

static uint32_t draw(struct gv_sim_slots *sim)
{
    sim->random = sim->random * UINT32_C(1664525) + UINT32_C(1013904223); /* Knuth's constants */
    return sim->random >> 16;
}

static enum gv_err no_power(struct gv_fail *fail)
{
    return gv_fail(fail, GV_ERR_IO, "slot.io", "no power");
}

/* Counts an operation that changes something. Returns: how much of it happens; sim->off says whether it is the last. */
static enum share step(struct gv_sim_slots *sim)
{
    if (sim->off) {
        return NONE;
    }
    sim->operations++;
    if (sim->operations != sim->cut_at) {
        return ALL;
    }
    sim->off = true;
    return (enum share)(draw(sim) % 3u);
}

static enum gv_err after(const struct gv_sim_slots *sim, struct gv_fail *fail)
{
    return sim->off ? no_power(fail) : GV_OK;
}

static enum gv_err op_running(void *ctx, enum gv_slot *slot, struct gv_fail *fail)
{
    struct gv_sim_slots *sim = ctx;
    *slot = sim->running;
    return after(sim, fail);
}

static enum gv_err op_chosen(void *ctx, enum gv_slot *slot, struct gv_fail *fail)
{
    struct gv_sim_slots *sim = ctx;
    *slot = sim->chosen;
    return after(sim, fail);
}

static enum gv_err op_clear(void *ctx, enum gv_slot slot, struct gv_fail *fail)
{
    struct gv_sim_slots *sim = ctx;
    const enum share share = step(sim);
    if (share != NONE) {
        sim->can_try = false;
    }
    if (share == ALL) {
        memset(sim->parts[slot], 0, sizeof(sim->parts[slot]));
    }
    return after(sim, fail);
}

static enum gv_err op_open(void *ctx, enum gv_slot slot, const char *part, uint64_t bytes,
                           struct gv_fail *fail)
{
    struct gv_sim_slots *sim = ctx;
    uint32_t i = 0;
    if (bytes > GV_SIM_PART_MAX) {
        return gv_fail(fail, GV_ERR_TOO_LARGE, "slot.room", "%s does not fit", part);
    }
    while (i < GV_SIM_PARTS_MAX - 1u && sim->parts[slot][i].name[0] != '\0' &&
           strcmp(sim->parts[slot][i].name, part) != 0) {
        i++;
    }
    sim->open = &sim->parts[slot][i];
    if (step(sim) == ALL) {
        memset(sim->open, 0, sizeof(*sim->open));
        memcpy(sim->open->name, part, strlen(part) + 1);
    }
    return after(sim, fail);
}

static enum gv_err op_write(void *ctx, struct gv_view bytes, struct gv_fail *fail)
{
    struct gv_sim_slots *sim = ctx;
    const enum share share = step(sim);
    const size_t n = share == NONE ? 0 : share == HALF ? bytes.n / 2 : bytes.n;
    if (n <= GV_SIM_PART_MAX - sim->open->n) {
        memcpy(sim->open->b + sim->open->n, bytes.p, n);
        sim->open->n += n;
    }
    return after(sim, fail);
}

static enum gv_err op_sync(void *ctx, struct gv_fail *fail)
{
    struct gv_sim_slots *sim = ctx;
    const enum share share = step(sim);
    if (share != NONE) {
        const size_t rest = sim->open->n - sim->open->synced;
        sim->open->synced += share == HALF ? rest / 2 : rest;
    }
    if (sim->flips && sim->open->n > 0) {
        sim->open->b[sim->open->n / 2] ^= 1u;
    }
    return after(sim, fail);
}

static enum gv_err op_read(void *ctx, uint64_t offset, void *out, size_t n, struct gv_fail *fail)
{
    struct gv_sim_slots *sim = ctx;
    if (offset > sim->open->n || n > sim->open->n - offset) {
        return gv_fail(fail, GV_ERR_IO, "slot.io", "nothing there");
    }
    memcpy(out, sim->open->b + offset, n);
    return after(sim, fail);
}

static enum gv_err op_close(void *ctx, struct gv_fail *fail)
{
    struct gv_sim_slots *sim = ctx;
    sim->open = NULL;
    return after(sim, fail);
}

static enum gv_err op_try_once(void *ctx, enum gv_slot slot, struct gv_fail *fail)
{
    struct gv_sim_slots *sim = ctx;
    if (step(sim) == ALL) {
        sim->can_try = true;
        sim->tried = slot;
    }
    return after(sim, fail);
}

static enum gv_err op_choose(void *ctx, enum gv_slot slot, struct gv_fail *fail)
{
    struct gv_sim_slots *sim = ctx;
    if (step(sim) == ALL) {
        sim->chosen = slot;
    }
    return after(sim, fail);
}

static enum gv_err op_load(void *ctx, char record[GV_SLOT_RECORD_MAX], struct gv_fail *fail)
{
    struct gv_sim_slots *sim = ctx;
    memcpy(record, sim->record, sizeof(sim->record));
    return after(sim, fail);
}

static enum gv_err op_store(void *ctx, const char *record, struct gv_fail *fail)
{
    struct gv_sim_slots *sim = ctx;
    if (step(sim) == ALL) {
        memset(sim->record, 0, sizeof(sim->record));
        memcpy(sim->record, record, strnlen(record, sizeof(sim->record) - 1));
    }
    return after(sim, fail);
}

struct gv_slots gv_sim_slots(struct gv_sim_slots *sim)
{
    static const struct gv_slots_ops ops = {
        .running = op_running,
        .chosen = op_chosen,
        .clear = op_clear,
        .open = op_open,
        .write = op_write,
        .sync = op_sync,
        .read = op_read,
        .close = op_close,
        .try_once = op_try_once,
        .choose = op_choose,
        .load = op_load,
        .store = op_store,
    };
    return (struct gv_slots){.ops = &ops, .ctx = sim};
}

/* What was not synced is kept, lost, or neither. */
static void forget(struct gv_sim_slots *sim, struct gv_sim_part *part)
{
    switch (draw(sim) % 3u) {
    case 0:
        break;
    case 1:
        part->n = part->synced;
        break;
    default:
        memset(part->b + part->synced, 0xa5, part->n - part->synced);
    }
    part->synced = part->n;
}

void gv_sim_slots_start(struct gv_sim_slots *sim, bool try_it)
{
    for (unsigned slot = 0; slot < 2; slot++) {
        for (unsigned i = 0; i < GV_SIM_PARTS_MAX; i++) {
            forget(sim, &sim->parts[slot][i]);
        }
    }
    sim->running = try_it && sim->can_try ? sim->tried : sim->chosen;
    sim->open = NULL;
    sim->off = false;
    sim->cut_at = 0;
    sim->operations = 0;
}

const struct gv_sim_part *gv_sim_slots_part(const struct gv_sim_slots *sim, enum gv_slot slot,
                                            const char *name)
{
    for (unsigned i = 0; i < GV_SIM_PARTS_MAX; i++) {
        if (strcmp(sim->parts[slot][i].name, name) == 0) {
            return &sim->parts[slot][i];
        }
    }
    return NULL;
}
