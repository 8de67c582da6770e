#include "hal/linux/sensors.h"

#include "firmware/base/text.h"
#include "hal/linux/files.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timex.h>
#include <unistd.h>

#define ZONES_MAX 8u
#define HWMON_MAX 8u
#define TEXT_MAX  32u
/* Bits of the firmware's GET_THROTTLED: what holds now. (Those from bit 16 on: what ever did.) */
#define UNDERVOLTAGE_NOW 0x1u
#define CAPPED_NOW       0x2u
#define THROTTLED_NOW    0x4u
#define SOFT_LIMIT_NOW   0x8u

/* The first line of a file under root. */
static bool read_text(char text[TEXT_MAX], const char *root, const char *path)
{
    char full[GV_FILE_PATH_MAX];
    size_t n = 0;
    if (!gv_format(full, sizeof(full), "%s%s", root, path) ||
        gv_file_read(full, text, TEXT_MAX - 1, &n, NULL) != GV_OK) {
        return false;
    }
    while (n > 0 && text[n - 1] == '\n') {
        n--;
    }
    text[n] = '\0';
    return n > 0;
}

static bool read_number(long *value, const char *root, const char *path, int base)
{
    char text[TEXT_MAX];
    char *end = text;
    if (!read_text(text, root, path)) {
        return false;
    }
    errno = 0;
    *value = strtol(text, &end, base);
    return errno == 0 && end != text && *end == '\0';
}

static void read_temperature(struct gv_sensors *sensors, const char *root)
{
    char path[64];
    long value = 0;
    for (unsigned i = 0; i < ZONES_MAX; i++) {
        gv_format_cut(path, sizeof(path), "/sys/class/thermal/thermal_zone%u/temp", i);
        if (!read_number(&value, root, path, 10) || value < -60000 || value > 200000) {
            continue;
        }
        if (!sensors->has_temperature || value > sensors->temperature_mc) {
            sensors->temperature_mc = (int32_t)value;
        }
        sensors->has_temperature = true;
    }
}

/* The kernel of the vendor tells all bits; the upstream one tells low voltage only, as a sensor's alarm. */
static void read_throttled(struct gv_sensors *sensors, const char *root)
{
    long bits = 0;
    if (read_number(&bits, root, "/sys/devices/platform/soc/soc:firmware/get_throttled", 16)) {
        sensors->has_undervoltage = true;
        sensors->has_throttled = true;
        sensors->undervoltage = ((unsigned long)bits & UNDERVOLTAGE_NOW) != 0;
        sensors->throttled =
            ((unsigned long)bits & (CAPPED_NOW | THROTTLED_NOW | SOFT_LIMIT_NOW)) != 0;
        return;
    }
    for (unsigned i = 0; i < HWMON_MAX; i++) {
        char path[64];
        char name[TEXT_MAX];
        long alarm = 0;
        gv_format_cut(path, sizeof(path), "/sys/class/hwmon/hwmon%u/name", i);
        if (!read_text(name, root, path) ||
            !gv_view_equal(gv_view_str(name), gv_view_str("rpi_volt"))) {
            continue;
        }
        gv_format_cut(path, sizeof(path), "/sys/class/hwmon/hwmon%u/in0_lcrit_alarm", i);
        if (read_number(&alarm, root, path, 10)) {
            sensors->has_undervoltage = true;
            sensors->undervoltage = alarm != 0;
        }
    }
}

static bool exists(const char *root, const char *path)
{
    char full[GV_FILE_PATH_MAX];
    return gv_format(full, sizeof(full), "%s%s", root, path) && access(full, F_OK) == 0;
}

/* timesyncd's mark first: a hardened unit may not ask the kernel. */
static enum gv_clock_sync read_clock(const char *root)
{
    struct timex kernel = {.modes = 0};
    if (exists(root, "/run/systemd/timesync/synchronized")) {
        return GV_CLOCK_SYNC_YES;
    }
    if (exists(root, "/run/systemd/timesync")) {
        return GV_CLOCK_SYNC_NO;
    }
    if (root[0] != '\0') {
        return GV_CLOCK_SYNC_UNKNOWN; /* the kernel's answer would be this machine's */
    }
    const int state = adjtimex(&kernel);
    if (state < 0) {
        return GV_CLOCK_SYNC_UNKNOWN;
    }
    return state == TIME_ERROR ? GV_CLOCK_SYNC_NO : GV_CLOCK_SYNC_YES;
}

void gv_sensors_read(struct gv_sensors *sensors, const char *root)
{
    *sensors = (struct gv_sensors){.clock = read_clock(root)};
    read_temperature(sensors, root);
    read_throttled(sensors, root);
}
