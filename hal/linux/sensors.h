/* Sensors: how warm the processor is, whether the Raspberry Pi's firmware sees too low a voltage and slowed
 * it down, and whether the clock follows a time server. What a board does not tell is unknown, never good.
 * Thread: any. Source: kernel documentation of thermal and hwmon; adjtimex(2);
 * systemd-timesyncd.service(8), /run/systemd/timesync/synchronized. */
#ifndef GV_HAL_LINUX_SENSORS_H
#define GV_HAL_LINUX_SENSORS_H

#include <stdbool.h>
#include <stdint.h>

enum gv_clock_sync {
    GV_CLOCK_SYNC_UNKNOWN, /* no time service that we could ask */
    GV_CLOCK_SYNC_NO,
    GV_CLOCK_SYNC_YES,
};

struct gv_sensors {
    bool has_temperature;
    int32_t temperature_mc; /* thousandths of a degree Celsius, the warmest zone */
    bool has_undervoltage;
    bool undervoltage; /* now */
    bool has_throttled;
    bool throttled; /* slowed down now, by voltage or warmth */
    enum gv_clock_sync clock;
};

/** In: root: "" for this machine, or a folder with the same files (tests). */
void gv_sensors_read(struct gv_sensors *sensors, const char *root);

#endif
