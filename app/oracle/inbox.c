#include "app/oracle/inbox.h"

#include "app/oracle/window.h"
#include "firmware/base/assert.h"
#include "firmware/base/mem.h"
#include "firmware/base/wait.h"

#include <string.h>

/* Fewer bytes than this are not worth a system call to give back. */
#define IDLE_BYTES 65536u

_Static_assert(GV_ORACLE_TXID_BYTES == 16, "the sums in inbox.h");

void gv_oracle_inbox_init(struct gv_oracle_inbox *inbox)
{
    inbox->head = 0;
    inbox->used = 0;
    inbox->touched = 0;
    inbox->closed = false;
    memset(&inbox->stats, 0, sizeof(inbox->stats));
    gv_wait_init(&inbox->not_empty);
    int rc = pthread_mutex_init(&inbox->lock, NULL);
    GV_ASSERT(rc == 0);
}

/* ---- packing ---------------------------------------------------------------------------------- */

static size_t packed_size(uint32_t values, uint32_t inputs)
{
    return GV_ORACLE_ITEM_HEAD + values * sizeof(uint64_t) + (size_t)inputs * GV_ORACLE_ITEM_INPUT;
}

static void write_txid(struct gv_writer *w, const struct gv_hash256 *txid)
{
    gv_write_bytes(w, gv_view_of(txid->b, GV_ORACLE_TXID_BYTES));
}

static size_t pack(uint8_t bytes[GV_ORACLE_ITEM_BYTES_MAX], const struct gv_oracle_item *item)
{
    struct gv_writer w = gv_writer_of(bytes, GV_ORACLE_ITEM_BYTES_MAX);
    const struct gv_oracle_tx *tx = &item->tx;
    GV_ASSERT(tx->value_count <= GV_ORACLE_OUTPUTS);
    GV_ASSERT(tx->input_count <= GV_ORACLE_INPUTS_MAX);
    gv_write_u8(&w, (uint8_t)item->kind);
    gv_write_u8(&w, tx->broken);
    gv_write_u8(&w, tx->value_count);
    gv_write_u8(&w, tx->input_count);
    gv_write_u32le(&w, item->value);
    gv_write_u64le(&w, (uint64_t)item->time_ms);
    write_txid(&w, &tx->txid);
    for (uint32_t i = 0; i < tx->value_count; i++) {
        gv_write_u64le(&w, tx->sats[i]);
    }
    for (uint32_t i = 0; i < tx->input_count; i++) {
        write_txid(&w, &tx->input[i].txid);
        gv_write_u32le(&w, tx->input[i].vout);
    }
    GV_ASSERT(!w.full);
    return w.n;
}

static void read_txid(struct gv_reader *r, struct gv_hash256 *txid)
{
    memcpy(txid->b, gv_read_bytes(r, GV_ORACLE_TXID_BYTES).p, GV_ORACLE_TXID_BYTES);
}

static void unpack(struct gv_oracle_item *item, struct gv_view bytes)
{
    struct gv_reader r = gv_reader_of(bytes);
    memset(item, 0, sizeof(*item));
    item->kind = (enum gv_oracle_item_kind)gv_read_u8(&r);
    item->tx.broken = gv_read_u8(&r);
    item->tx.value_count = gv_read_u8(&r);
    item->tx.input_count = gv_read_u8(&r);
    item->value = gv_read_u32le(&r);
    item->time_ms = (int64_t)gv_read_u64le(&r);
    read_txid(&r, &item->tx.txid);
    for (uint32_t i = 0; i < item->tx.value_count; i++) {
        item->tx.sats[i] = gv_read_u64le(&r);
    }
    for (uint32_t i = 0; i < item->tx.input_count; i++) {
        read_txid(&r, &item->tx.input[i].txid);
        item->tx.input[i].vout = gv_read_u32le(&r);
    }
    GV_ASSERT(!r.bad);
    GV_ASSERT(r.left == 0);
}

/* ---- the ring, under the lock ------------------------------------------------------------------- */

static uint32_t position(const struct gv_oracle_inbox *inbox, uint32_t offset)
{
    const uint32_t at = inbox->head + offset; /* both below a few megabytes */
    return at < sizeof(inbox->ring) ? at : at - (uint32_t)sizeof(inbox->ring);
}

static void copy_in(struct gv_oracle_inbox *inbox, const uint8_t *bytes, uint32_t n)
{
    const uint32_t at = position(inbox, inbox->used);
    const uint32_t room = (uint32_t)sizeof(inbox->ring) - at;
    const uint32_t first = n < room ? n : room;
    memcpy(inbox->ring + at, bytes, first);
    memcpy(inbox->ring, bytes + first, n - first);
    inbox->used += n;
    if (at + first > inbox->touched) {
        inbox->touched = at + first;
    }
}

static void copy_out(const struct gv_oracle_inbox *inbox, uint8_t *bytes, uint32_t n)
{
    const uint32_t room = (uint32_t)sizeof(inbox->ring) - inbox->head;
    const uint32_t first = n < room ? n : room;
    memcpy(bytes, inbox->ring + inbox->head, first);
    memcpy(bytes + first, inbox->ring, n - first);
}

/* An empty ring begins at its beginning again, so that it never touches more than a burst needs. */
static void rewind_empty(struct gv_oracle_inbox *inbox)
{
    inbox->head = 0;
    if (inbox->touched > IDLE_BYTES) {
        gv_mem_idle(inbox->ring, inbox->touched);
        inbox->touched = 0;
    }
}

static bool is_state(enum gv_oracle_item_kind kind)
{
    return kind == GV_ORACLE_ITEM_NODE || kind == GV_ORACLE_ITEM_FILL ||
           kind == GV_ORACLE_ITEM_BLOCK;
}

/* Bytes that an item of this kind must leave free. */
static uint32_t kept_free(enum gv_oracle_item_kind kind)
{
    return is_state(kind) ? 0 : GV_ORACLE_INBOX_STATES * GV_ORACLE_INBOX_STATE_BYTES;
}

/* ---- both ends ---------------------------------------------------------------------------------- */

enum gv_err gv_oracle_inbox_push(struct gv_oracle_inbox *inbox, const struct gv_oracle_item *item)
{
    uint8_t bytes[GV_ORACLE_ITEM_BYTES_MAX];
    const size_t n = pack(bytes, item);
    enum gv_err err = GV_OK;
    pthread_mutex_lock(&inbox->lock);
    if (inbox->closed) {
        err = GV_ERR_CLOSED;
    } else if (n + kept_free(item->kind) > sizeof(inbox->ring) - inbox->used) {
        inbox->stats.refused++;
        err = GV_ERR_FULL;
    } else {
        copy_in(inbox, bytes, (uint32_t)n);
        inbox->stats.pushed++;
        if (inbox->used > inbox->stats.high_water) {
            inbox->stats.high_water = inbox->used;
        }
        pthread_cond_signal(&inbox->not_empty);
    }
    pthread_mutex_unlock(&inbox->lock);
    return err;
}

bool gv_oracle_inbox_pop(struct gv_oracle_inbox *inbox, struct gv_oracle_item *item,
                         uint32_t timeout_ms)
{
    uint8_t bytes[GV_ORACLE_ITEM_BYTES_MAX];
    size_t n = 0;
    int rc = 0;
    pthread_mutex_lock(&inbox->lock);
    if (inbox->used == 0 && timeout_ms > 0) {
        const struct timespec deadline = gv_wait_until(timeout_ms);
        while (inbox->used == 0 && !inbox->closed && rc == 0) {
            rc = pthread_cond_timedwait(&inbox->not_empty, &inbox->lock, &deadline);
        }
    }
    if (inbox->used > 0) {
        copy_out(inbox, bytes, GV_ORACLE_ITEM_HEAD);
        n = packed_size(bytes[2], bytes[3]);
        GV_ASSERT(n <= sizeof(bytes));
        copy_out(inbox, bytes, (uint32_t)n);
        inbox->head = position(inbox, (uint32_t)n);
        inbox->used -= (uint32_t)n;
        if (inbox->used == 0) {
            rewind_empty(inbox);
        }
    }
    pthread_mutex_unlock(&inbox->lock);
    if (n == 0) {
        return false;
    }
    unpack(item, gv_view_of(bytes, n));
    return true;
}

void gv_oracle_inbox_close(struct gv_oracle_inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->closed = true;
    pthread_cond_broadcast(&inbox->not_empty);
    pthread_mutex_unlock(&inbox->lock);
}

void gv_oracle_inbox_stats(struct gv_oracle_inbox *inbox, struct gv_oracle_inbox_stats *stats)
{
    pthread_mutex_lock(&inbox->lock);
    *stats = inbox->stats;
    pthread_mutex_unlock(&inbox->lock);
}
