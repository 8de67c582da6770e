/* Feed messages: a sequence of frames from anybody. First byte of each: topic, then the counter (one
 * byte), the body's length (two bytes), the body. What is taken for a transaction is parsed, too. */
#include "app/bitcoin/tx.h"
#include "app/node/notify.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct gv_notify *notify, const struct gv_feed_message *message)
{
    struct gv_notice notice;
    uint64_t before = notify->messages;
    if (gv_notify_decode(notify, message, &notice) != GV_OK) {
        GV_ASSERT(notify->messages == before);
        return;
    }
    GV_ASSERT(notify->messages == before + 1);
    GV_ASSERT(!notice.restarted || notice.lost);
    if (notice.kind == GV_NOTICE_TX) {
        struct gv_tx tx;
        struct gv_hash256 txid;
        if (gv_tx_parse(&tx, notice.tx, NULL) == GV_OK) {
            gv_tx_txid(&txid, &tx);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const topics[] = {"rawtx", "rawblock", "hashblock", "sequence", "other"};
    struct gv_notify notify = {.messages = 0};
    struct gv_reader r = gv_reader_of(gv_view_of(data, size));
    while (r.left > 0) {
        const char *topic = topics[gv_read_u8(&r) % 5];
        uint32_t counter = gv_read_u8(&r);
        uint16_t n = gv_read_u16le(&r);
        struct gv_view body = gv_read_bytes(&r, n < r.left ? n : r.left);
        if (r.bad) {
            break;
        }
        const struct gv_feed_message message = {
            .topic = gv_view_str(topic), .body = body, .counter = counter};
        take(&notify, &message);
    }
    return 0;
}
