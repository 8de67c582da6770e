/* The file on an SD card: refused with nothing changed, or every value is one line that cannot break out of the file
 * it is copied to. */
#include "app/config/card.h"
#include "firmware/base/assert.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_one_line(const char *value)
{
    GV_ASSERT(strpbrk(value, "\r\n") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gv_card card;
    struct gv_fail fail = {.err = GV_OK};
    memset(&card, 0, sizeof(card));
    if (gv_card_read(&card, gv_view_of(data, size), &fail) != GV_OK) {
        static const struct gv_card untouched;
        GV_ASSERT(memcmp(&card, &untouched, sizeof(card)) == 0);
        GV_ASSERT(fail.code[0] != '\0');
        return 0;
    }
    assert_one_line(card.wifi_password);
    assert_one_line(card.host_name);
    assert_one_line(card.ssh_key);
    if (card.wifi_name[0] != '\0') {
        char text[GV_CARD_WIFI_MAX];
        unsigned lines = 0;
        gv_card_wifi(&card, text);
        for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++) {
            lines++;
        }
        GV_ASSERT(lines == 9);
    }
    return 0;
}
