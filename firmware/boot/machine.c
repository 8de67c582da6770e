#include "firmware/boot/machine.h"

#include "firmware/base/text.h"
#include "hal/linux/memory_stats.h"
#include "hal/linux/sensors.h"
#include "hal/linux/third_party_memory.h"
#include "hal/linux/wear.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>

_Static_assert(GV_API_WRITTEN == GV_WEAR_CLASSES, "every class is told");
_Static_assert(sizeof(((struct gv_api_machine *)NULL)->ca_sha256) == GV_CERT_FINGERPRINT_LEN,
               "a fingerprint fits");

static struct {
    const char *data_dir;
    pthread_mutex_t lock;
    struct gv_cert_report certificate;
    bool has_certificate;
    struct gv_own_cert own;
} self = {.lock = PTHREAD_MUTEX_INITIALIZER};

void gv_machine_init(const char *data_dir)
{
    self.data_dir = data_dir;
}

void gv_machine_note_certificate(const struct gv_cert_report *report)
{
    pthread_mutex_lock(&self.lock);
    self.certificate = *report;
    self.has_certificate = true;
    pthread_mutex_unlock(&self.lock);
}

void gv_machine_note_own(const struct gv_own_cert *own)
{
    pthread_mutex_lock(&self.lock);
    self.own = *own;
    pthread_mutex_unlock(&self.lock);
}

/* Size of a file in the data folder; 0 when there is none. */
static uint64_t size_of(const char *name)
{
    char path[GV_FILE_PATH_MAX];
    struct stat info;
    if (!gv_format(path, sizeof(path), "%s/%s", self.data_dir, name) || stat(path, &info) != 0) {
        return 0;
    }
    return (uint64_t)info.st_size;
}

void gv_machine_read(void *ctx, struct gv_api_machine *machine)
{
    struct statvfs disk;
    struct sysinfo memory; /* not /proc/meminfo: the unit hides it */
    struct gv_sensors sensors;
    (void)ctx;
    gv_sensors_read(&sensors, "");
    *machine = (struct gv_api_machine){
        .resident_bytes = gv_resident_bytes(),
        .sqlite_used_bytes = gv_memory_sqlite().in_use,
        .database_bytes = size_of("gavel.db"),
        .wal_bytes = size_of("gavel.db-wal"),
        .has_temperature = sensors.has_temperature,
        .temperature_mc = sensors.temperature_mc,
        .has_undervoltage = sensors.has_undervoltage,
        .undervoltage = sensors.undervoltage,
        .has_throttled = sensors.has_throttled,
        .throttled = sensors.throttled,
        .knows_clock = sensors.clock != GV_CLOCK_SYNC_UNKNOWN,
        .clock_synchronised = sensors.clock == GV_CLOCK_SYNC_YES,
    };
    if (sysinfo(&memory) == 0) {
        machine->memory_total_bytes = (uint64_t)memory.totalram * memory.mem_unit;
    }
    if (statvfs(self.data_dir, &disk) == 0) {
        machine->disk_free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
        machine->disk_total_bytes = (uint64_t)disk.f_blocks * disk.f_frsize;
    }
    for (unsigned i = 0; i < GV_WEAR_CLASSES; i++) {
        machine->written[i].name = gv_wear_name((enum gv_wear)i);
        machine->written[i].total_bytes = gv_wear_total((enum gv_wear)i);
        machine->written[i].day_bytes = gv_wear_day((enum gv_wear)i);
    }
    pthread_mutex_lock(&self.lock);
    machine->has_certificate = self.has_certificate;
    machine->own = self.own;
    if (self.has_certificate) {
        memcpy(machine->ca_sha256, self.certificate.ca_sha256, sizeof(machine->ca_sha256));
        memcpy(machine->leaf_sha256, self.certificate.leaf_sha256, sizeof(machine->leaf_sha256));
        machine->not_after = self.certificate.not_after;
        machine->renew_at = self.certificate.renew_at;
    }
    pthread_mutex_unlock(&self.lock);
}
