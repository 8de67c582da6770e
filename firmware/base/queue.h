/* Queue: bounded, many producers, one consumer, items copied by value.
 *
 * Storage is lent by the caller. push never blocks: a full queue is GV_ERR_FULL (HTTP 503).
 * Thread: push any; pop the one consumer. */
#ifndef GV_FIRMWARE_BASE_QUEUE_H
#define GV_FIRMWARE_BASE_QUEUE_H

#include "firmware/base/err.h"

#include <pthread.h>
#include <stdint.h>

struct gv_queue {
    uint8_t *items;
    size_t item_bytes;
    uint32_t capacity;
    uint32_t head;
    uint32_t count;
    uint32_t high_water;
    uint64_t refused;
    bool closed;
    pthread_mutex_t lock;
    pthread_cond_t not_empty; /* on CLOCK_MONOTONIC */
};

void gv_queue_init(struct gv_queue *queue, void *items, size_t item_bytes, uint32_t capacity);
void gv_queue_deinit(struct gv_queue *queue);

/** Copy *item in. Returns: GV_OK; GV_ERR_FULL unless more than `margin` places are free;
 *  GV_ERR_CLOSED after gv_queue_close. */
GV_MUST_USE enum gv_err gv_queue_push(struct gv_queue *queue, const void *item, uint32_t margin);

/** Copy up to `items_max` items out, waiting up to timeout_ms for the first.
 *  Returns: number of items; 0 on time-out or when closed and empty. */
uint32_t gv_queue_pop(struct gv_queue *queue, void *items, uint32_t items_max, uint32_t timeout_ms);

/** Refuse further pushes and wake the consumer; what is queued can still be popped. */
void gv_queue_close(struct gv_queue *queue);

#endif
