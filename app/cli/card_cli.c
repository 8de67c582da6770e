#include "app/cli/card_cli.h"

#include "app/config/card.h"
#include "firmware/base/crypto.h"
#include "firmware/base/text.h"
#include "hal/linux/files.h"

#include <stdio.h>
#include <sysexits.h>

static enum gv_err write_one(const char *dir, const char *name, const char *value,
                             struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    char line[GV_CARD_KEY_MAX + 2u];
    if (value[0] == '\0') {
        return GV_OK;
    }
    if (!gv_format(path, sizeof(path), "%s/%s", dir, name)) {
        return gv_fail(fail, GV_ERR_INVALID, "card.path", "%s: the path is too long", dir);
    }
    gv_format_cut(line, sizeof(line), "%s\n", value);
    const enum gv_err err = gv_file_write_private(path, gv_view_str(line), fail);
    gv_secure_zero(line, sizeof(line));
    return err;
}

static enum gv_err write_all(const struct gv_card *card, const char *dir, struct gv_fail *fail)
{
    char wifi[GV_CARD_WIFI_MAX] = "";
    if (card->wifi_name[0] != '\0') {
        gv_card_wifi(card, wifi);
    }
    enum gv_err err = write_one(dir, "wifi.conf", wifi, fail);
    if (err == GV_OK) {
        err = write_one(dir, "host-name", card->host_name, fail);
    }
    if (err == GV_OK) {
        err = write_one(dir, "ssh-key", card->ssh_key, fail);
    }
    if (err == GV_OK) {
        err = write_one(dir, "node", card->node, fail);
    }
    gv_secure_zero(wifi, sizeof(wifi));
    return err;
}

int gv_cli_card_read(const char *file, const char *dir)
{
    char text[GV_CARD_TEXT_MAX];
    struct gv_card card;
    struct gv_fail fail = {.err = GV_OK};
    size_t n = 0;
    int status = EX_NOINPUT;
    enum gv_err err = gv_file_read(file, text, sizeof(text), &n, &fail);
    if (err == GV_OK) {
        status = EX_DATAERR;
        err = gv_card_read(&card, gv_view_of(text, n), &fail);
    }
    if (err == GV_OK) {
        status = EX_IOERR;
        err = write_all(&card, dir, &fail);
        gv_secure_zero(&card, sizeof(card));
    }
    gv_secure_zero(text, sizeof(text));
    if (err != GV_OK) {
        fprintf(stderr, "gavelctl card: %s\n", fail.text);
        return status;
    }
    return EX_OK;
}
