/* Front: what a box has outside, a light and a button, played and looked at by one thread.
 *
 * A press of ten seconds is a factory reset: asked for here, done by the next start before anything is read, so that
 * a power cut in the middle only means that the start after it goes on. It takes listings, unrevealed PSBTs, users,
 * keys, certificates, backups and stored settings: the box is as it was first switched on, and belongs to nobody.
 * What the machine's administrator wrote (/etc/gavel) stays. The process ends for it: the service manager starts it again,
 * and before that forgets what a box keeps outside of the data folder (firmware/image).
 * Thread: main; the indicator and gv_front_says any. */
#ifndef GV_FIRMWARE_BOOT_FRONT_H
#define GV_FIRMWARE_BOOT_FRONT_H

#include "firmware/base/err.h"
#include "hal/iface/indicator.h"

#include <stdbool.h>
#include <stdint.h>

/** Find light and button. Without either no thread is started, and the indicator writes log lines only.
 *  Out: indicator: lives until gv_front_stop.
 *  In: data_dir: kept. restart: called at a long press, from the thread; kept. */
GV_MUST_USE enum gv_err gv_front_start(struct gv_indicator *indicator, const char *data_dir,
                                       void (*restart)(void *ctx), struct gv_fail *fail);
/** Does nothing when it never started. */
void gv_front_stop(void);
/** As gv_front_stop, and the light goes on to say that a person must look: the start has failed. */
void gv_front_stop_broken(void);

/** What the light says of a daemon that runs: it sells, waits for the node, or needs a person.
 *  In: alive: gv_alive_beats. commits_failed: since the start; one is enough, as for the page and /ready: a card that
 *  failed once will again. live: the chain's tip is known. */
enum gv_indication gv_front_says(bool alive, uint64_t commits_failed, bool live);

/** Note that the next start is to forget everything.  Returns: GV_OK once that is on the disk; GV_ERR_IO. */
GV_MUST_USE enum gv_err gv_factory_reset_ask(const char *data_dir, struct gv_fail *fail);
/** Whether it was, and is not done yet. */
bool gv_factory_reset_is_asked(const char *data_dir);
/** When a reset was asked for: empty the data folder. Call before anything in it is read, with its lock held.
 *  Returns: GV_OK; GV_ERR_IO: something is still there, and the next start tries again.
 *  Out: done: it was asked for. Whatever was read before belongs to the former box. */
GV_MUST_USE enum gv_err gv_factory_reset_apply(const char *data_dir, bool *done,
                                               struct gv_fail *fail);

#endif
