/* Card: the text file that an owner leaves on the SD card for the first start of a box: Wi-Fi, name, SSH key, node.
 * Hostile like any upload: whoever finds a card writes what he likes. Values are checked so narrowly that they mean
 * themselves in every file they are copied to.
 * Limits: the lengths below. Thread: any; pure. */
#ifndef GV_APP_CONFIG_CARD_H
#define GV_APP_CONFIG_CARD_H

#include "firmware/base/bytes.h"

#define GV_CARD_TEXT_MAX     8192u /* bytes of the whole file */
#define GV_CARD_NAME_MAX     32u   /* bytes of a network's name: IEEE 802.11 */
#define GV_CARD_PASSWORD_MAX 64u   /* 63 characters, or 64 hex digits: IEEE 802.11i */
#define GV_CARD_HOST_MAX     63u   /* one label: RFC 1123 */
#define GV_CARD_KEY_MAX      1024u /* an RSA key of 4096 bits has 724 */
#define GV_CARD_WIFI_MAX     512u  /* bytes of what gv_card_wifi writes */

/* Empty: the file does not say. */
struct gv_card {
    char wifi_name[GV_CARD_NAME_MAX + 1u];
    char wifi_password[GV_CARD_PASSWORD_MAX + 1u]; /* a secret */
    char wifi_country[3];
    char host_name[GV_CARD_HOST_MAX + 1u];
    char ssh_key[GV_CARD_KEY_MAX + 1u];
    char node[8]; /* a network of bitcoin */
};

/** Read the file: lines "key = value", "#" begins a comment line; bytes of a byte order mark and "\r" are skipped.
 *  A known key without a value counts as a line that is missing.
 *  Returns: GV_OK; GV_ERR_INVALID "card.*" with "line N: ..."; the text never repeats a value.
 *  Out:     card: set only on GV_OK. */
GV_MUST_USE enum gv_err gv_card_read(struct gv_card *card, struct gv_view text,
                                     struct gv_fail *fail);

/** The Wi-Fi part as wpa_supplicant.conf(5). In: card: wifi_name is not empty. Out: text, ended by a zero byte. */
void gv_card_wifi(const struct gv_card *card, char text[GV_CARD_WIFI_MAX]);

#endif
