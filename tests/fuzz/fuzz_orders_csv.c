/* Any bytes as a table of new orders: every order that comes out of it has a description that storage
 * takes, and a table made of them again gives the same ones. */
#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "web/api/orders_csv.h"

#include <string.h>

/* A description in quotation marks that are all doubled, and the end of the line. */
#define TABLE_MAX (2u * GV_ORDER_UPLOAD_BYTES + 4u * GV_ORDER_UPLOAD_MAX)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t write_table(char *table, const struct gv_order_upload *upload)
{
    size_t n = 0;
    const char *at = upload->text;
    for (uint32_t i = 0; i < upload->count; i++) {
        const size_t len = strlen(at);
        GV_ASSERT(len >= 1);
        GV_ASSERT(len <= GV_ORDER_TEXT_MAX);
        GV_ASSERT(gv_text_is_plain(gv_view_str(at)));
        table[n++] = '"';
        for (; *at != '\0'; at++) {
            table[n++] = *at;
            if (*at == '"') {
                table[n++] = '"';
            }
        }
        table[n++] = '"';
        table[n++] = '\n';
        at++;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[TABLE_MAX];
    static struct gv_order_upload upload;
    static struct gv_order_upload again;
    if (size > sizeof(text)) {
        return 0;
    }
    memset(&upload, 0, sizeof(upload));
    memset(&again, 0, sizeof(again));
    memcpy(text, data, size);
    if (gv_orders_csv_parse(&upload, text, size, NULL) != GV_OK) {
        return 0;
    }
    text[0] = '\n'; /* so that a description of "description" is none of the head */
    const size_t n = 1 + write_table(text + 1, &upload);
    GV_ASSERT(gv_orders_csv_parse(&again, text, n, NULL) == GV_OK);
    GV_ASSERT(again.count == upload.count);
    GV_ASSERT(memcmp(again.text, upload.text, upload.len) == 0);
    return 0;
}
