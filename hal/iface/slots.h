/* Slots: the two systems of a card, one of which runs, and what a start will choose.
 *
 *   a slot   a root file system, and the files that start it (kernel, initrd, device trees, command line)
 *   chosen   the slot that starts when nobody says anything; changed by one byte of the boot partition, so that a power
 *            cut leaves the one or the other
 *   try_once the slot that the next start takes when it is asked for, and only that start
 *
 * An updater writes the slot that does not run, has it tried once, and chooses it when it has proved itself. What the
 * updater must know after a power cut is its record: a few lines, replaced as a whole.
 * One part of a slot is open at a time. Common results: GV_OK; GV_ERR_IO "slot.io"; GV_ERR_STATE "slot.layout": this is
 * no card with two slots. Thread: one, the updater's. */
#ifndef GV_HAL_IFACE_SLOTS_H
#define GV_HAL_IFACE_SLOTS_H

#include "firmware/base/bytes.h"

#define GV_SLOT_RECORD_MAX    512u
#define GV_SLOT_PART_NAME_MAX 48u

/** The part that is the root file system; every other part is a file that starts it. */
#define GV_SLOT_ROOT "root"

enum gv_slot {
    GV_SLOT_A,
    GV_SLOT_B,
};

struct gv_slots_ops {
    enum gv_err (*running)(void *ctx, enum gv_slot *slot, struct gv_fail *fail);
    enum gv_err (*chosen)(void *ctx, enum gv_slot *slot, struct gv_fail *fail);
    enum gv_err (*clear)(void *ctx, enum gv_slot slot, struct gv_fail *fail);
    enum gv_err (*open)(void *ctx, enum gv_slot slot, const char *part, uint64_t bytes,
                        struct gv_fail *fail);
    enum gv_err (*write)(void *ctx, struct gv_view bytes, struct gv_fail *fail);
    enum gv_err (*sync)(void *ctx, struct gv_fail *fail);
    enum gv_err (*read)(void *ctx, uint64_t offset, void *out, size_t n, struct gv_fail *fail);
    enum gv_err (*close)(void *ctx, struct gv_fail *fail);
    enum gv_err (*try_once)(void *ctx, enum gv_slot slot, struct gv_fail *fail);
    enum gv_err (*choose)(void *ctx, enum gv_slot slot, struct gv_fail *fail);
    enum gv_err (*load)(void *ctx, char record[GV_SLOT_RECORD_MAX], struct gv_fail *fail);
    enum gv_err (*store)(void *ctx, const char *record, struct gv_fail *fail);
};

struct gv_slots {
    const struct gv_slots_ops *ops;
    void *ctx;
};

static inline enum gv_slot gv_slot_other(enum gv_slot slot)
{
    return slot == GV_SLOT_A ? GV_SLOT_B : GV_SLOT_A;
}

/** 'a' or 'b'. */
static inline char gv_slot_letter(enum gv_slot slot)
{
    return slot == GV_SLOT_A ? 'a' : 'b';
}

/** The slot this system was started from. */
GV_MUST_USE static inline enum gv_err gv_slots_running(struct gv_slots *slots, enum gv_slot *slot,
                                                       struct gv_fail *fail)
{
    return slots->ops->running(slots->ctx, slot, fail);
}

/** The slot that starts when nobody says anything. */
GV_MUST_USE static inline enum gv_err gv_slots_chosen(struct gv_slots *slots, enum gv_slot *slot,
                                                      struct gv_fail *fail)
{
    return slots->ops->chosen(slots->ctx, slot, fail);
}

/** Forget a slot that is neither running nor chosen: no start can be asked to try it, durably. */
GV_MUST_USE static inline enum gv_err gv_slots_clear(struct gv_slots *slots, enum gv_slot slot,
                                                     struct gv_fail *fail)
{
    return slots->ops->clear(slots->ctx, slot, fail);
}

/** Begin a part of a slot, empty. In: part: GV_SLOT_ROOT or a plain file name. bytes: what will be written.
 *  Returns also: GV_ERR_TOO_LARGE "slot.room". */
GV_MUST_USE static inline enum gv_err gv_slots_open(struct gv_slots *slots, enum gv_slot slot,
                                                    const char *part, uint64_t bytes,
                                                    struct gv_fail *fail)
{
    return slots->ops->open(slots->ctx, slot, part, bytes, fail);
}

/** Append to the open part. */
GV_MUST_USE static inline enum gv_err gv_slots_write(struct gv_slots *slots, struct gv_view bytes,
                                                     struct gv_fail *fail)
{
    return slots->ops->write(slots->ctx, bytes, fail);
}

/** The open part is on the medium when this returns GV_OK, and what is read afterwards comes from there. */
GV_MUST_USE static inline enum gv_err gv_slots_sync(struct gv_slots *slots, struct gv_fail *fail)
{
    return slots->ops->sync(slots->ctx, fail);
}

/** Read exactly n bytes of the open part. */
GV_MUST_USE static inline enum gv_err gv_slots_read(struct gv_slots *slots, uint64_t offset,
                                                    void *out, size_t n, struct gv_fail *fail)
{
    return slots->ops->read(slots->ctx, offset, out, n, fail);
}

/** End the open part, on every path. */
GV_MUST_USE static inline enum gv_err gv_slots_close(struct gv_slots *slots, struct gv_fail *fail)
{
    return slots->ops->close(slots->ctx, fail);
}

/** From now on a start that is asked to try starts this slot, whose parts are all durable. */
GV_MUST_USE static inline enum gv_err gv_slots_try_once(struct gv_slots *slots, enum gv_slot slot,
                                                        struct gv_fail *fail)
{
    return slots->ops->try_once(slots->ctx, slot, fail);
}

/** From now on every start takes this slot; durable on GV_OK, and before it the one or the other. */
GV_MUST_USE static inline enum gv_err gv_slots_choose(struct gv_slots *slots, enum gv_slot slot,
                                                      struct gv_fail *fail)
{
    return slots->ops->choose(slots->ctx, slot, fail);
}

/** The updater's record, ended by a zero byte; empty when there is none. */
GV_MUST_USE static inline enum gv_err
gv_slots_load(struct gv_slots *slots, char record[GV_SLOT_RECORD_MAX], struct gv_fail *fail)
{
    return slots->ops->load(slots->ctx, record, fail);
}

/** Replace the record as a whole, durably. In: record: below GV_SLOT_RECORD_MAX bytes. */
GV_MUST_USE static inline enum gv_err gv_slots_store(struct gv_slots *slots, const char *record,
                                                     struct gv_fail *fail)
{
    return slots->ops->store(slots->ctx, record, fail);
}

#endif
