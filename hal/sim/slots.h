/* A card with two slots that loses power: every operation can be the last one, done not at all, half, or whole, and what
 * was written and not synced is then kept, lost or garbage. A start chooses its slot as the boards' firmware does. A
 * stand-in: what it does is what the makers of the boards document of tryboot, no board was asked.
 * Limits: those below. Thread: one. */
#ifndef GV_HAL_SIM_SLOTS_H
#define GV_HAL_SIM_SLOTS_H

#include "hal/iface/slots.h"

#define GV_SIM_PARTS_MAX 8u
#define GV_SIM_PART_MAX  16384u

struct gv_sim_part {
    char name[GV_SLOT_PART_NAME_MAX]; /* empty: none */
    size_t n;
    size_t synced; /* of n: what a power cut cannot take */
    uint8_t b[GV_SIM_PART_MAX];
};

/** Caller's storage; all zeros is a card whose slot a runs and is chosen. */
struct gv_sim_slots {
    struct gv_sim_part parts[2][GV_SIM_PARTS_MAX];
    enum gv_slot chosen;
    bool can_try;
    enum gv_slot tried;
    char record[GV_SLOT_RECORD_MAX];
    enum gv_slot running;
    struct gv_sim_part *open;
    uint32_t operations; /* so far */
    uint32_t cut_at;     /* the operation during which power is lost; 0: never */
    uint32_t random;     /* decides what becomes of what is not durable */
    bool off;
    bool flips; /* the medium gives back other bytes than were written */
};

struct gv_slots gv_sim_slots(struct gv_sim_slots *sim);

/** Power comes back, or a restart. In: try_it: it was asked for with the word "tryboot". */
void gv_sim_slots_start(struct gv_sim_slots *sim, bool try_it);

/** A part of a slot as it is now; NULL: none. */
const struct gv_sim_part *gv_sim_slots_part(const struct gv_sim_slots *sim, enum gv_slot slot,
                                            const char *name);

#endif
