#include "firmware/boot/ports_file.h"

#include "firmware/base/assert.h"
#include "firmware/base/text.h"
#include "hal/linux/files.h"

#include <string.h>
#include <unistd.h>

static void make_path(char path[GV_FILE_PATH_MAX], const char *data_dir)
{
    const bool fits = gv_format(path, GV_FILE_PATH_MAX, "%s/ports.json", data_dir);
    GV_ASSERT(fits); /* longer names have been opened below the folder */
}

enum gv_err gv_ports_file_write(const char *data_dir, unsigned http_port, unsigned https_port,
                                const uint16_t *orders, struct gv_fail *fail)
{
    char path[GV_FILE_PATH_MAX];
    char sequencer[144] = "";
    char text[256];
    make_path(path, data_dir);
    bool fits = orders == NULL ||
                gv_format(sequencer, sizeof(sequencer),
                          "\"orders\":%u,\"bids\":%u,\"claims\":%u,"
                          "\"orders_tls\":%u,\"bids_tls\":%u,\"claims_tls\":%u,",
                          orders[0], orders[1], orders[2], orders[3], orders[4], orders[5]);
    GV_ASSERT(fits);
    fits = gv_format(text, sizeof(text), "{\"http\":%u,\"https\":%u,%s\"pid\":%ld}\n", http_port,
                     https_port, sequencer, (long)getpid());
    GV_ASSERT(fits);
    return gv_file_write_private(path, gv_view_of(text, strlen(text)), fail);
}

void gv_ports_file_remove(const char *data_dir)
{
    char path[GV_FILE_PATH_MAX];
    make_path(path, data_dir);
    (void)unlink(path);
}
