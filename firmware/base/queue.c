#include "firmware/base/queue.h"

#include "firmware/base/assert.h"
#include "firmware/base/wait.h"

#include <string.h>

void gv_queue_init(struct gv_queue *queue, void *items, size_t item_bytes, uint32_t capacity)
{
    GV_ASSERT(items != NULL);
    GV_ASSERT(item_bytes > 0);
    GV_ASSERT(capacity > 0);
    *queue = (struct gv_queue){.items = items, .item_bytes = item_bytes, .capacity = capacity};
    gv_wait_init(&queue->not_empty);
    int rc = pthread_mutex_init(&queue->lock, NULL);
    GV_ASSERT(rc == 0);
}

void gv_queue_deinit(struct gv_queue *queue)
{
    pthread_cond_destroy(&queue->not_empty);
    pthread_mutex_destroy(&queue->lock);
}

static uint8_t *place(const struct gv_queue *queue, uint32_t offset)
{
    /* 64 bits: head + offset may pass 2^32 in a large queue. */
    uint64_t index = ((uint64_t)queue->head + offset) % queue->capacity;
    return queue->items + (size_t)index * queue->item_bytes;
}

enum gv_err gv_queue_push(struct gv_queue *queue, const void *item, uint32_t margin)
{
    enum gv_err err = GV_OK;
    pthread_mutex_lock(&queue->lock);
    if (queue->closed) {
        err = GV_ERR_CLOSED;
    } else if (queue->capacity - queue->count <= margin) {
        queue->refused++;
        err = GV_ERR_FULL;
    } else {
        memcpy(place(queue, queue->count), item, queue->item_bytes);
        queue->count++;
        if (queue->count > queue->high_water) {
            queue->high_water = queue->count;
        }
        pthread_cond_signal(&queue->not_empty);
    }
    pthread_mutex_unlock(&queue->lock);
    return err;
}

uint32_t gv_queue_pop(struct gv_queue *queue, void *items, uint32_t items_max, uint32_t timeout_ms)
{
    struct timespec deadline = gv_wait_until(timeout_ms);
    int rc = 0;
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->closed && rc == 0 && timeout_ms > 0) {
        rc = pthread_cond_timedwait(&queue->not_empty, &queue->lock, &deadline);
    }
    uint32_t n = queue->count < items_max ? queue->count : items_max;
    for (uint32_t i = 0; i < n; i++) {
        memcpy((uint8_t *)items + (size_t)i * queue->item_bytes, place(queue, i),
               queue->item_bytes);
    }
    queue->head = (uint32_t)(((uint64_t)queue->head + n) % queue->capacity);
    queue->count -= n;
    pthread_mutex_unlock(&queue->lock);
    return n;
}

void gv_queue_close(struct gv_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->not_empty);
    pthread_mutex_unlock(&queue->lock);
}
