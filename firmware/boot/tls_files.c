#include "firmware/boot/tls_files.h"

#include "firmware/base/log.h"
#include "firmware/base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS 3600000u
#define LEAP_S  60 /* more than a clock drifts between two looks */

/* Names of the setting, separated by commas and blanks. */
static enum gv_err add_configured(struct gv_cert_names *names, const char *list,
                                  struct gv_fail *fail)
{
    char copy[GV_CONFIG_TEXT_MAX];
    char *rest = NULL;
    gv_format_cut(copy, sizeof(copy), "%s", list);
    for (char *name = strtok_r(copy, ", ", &rest); name != NULL;
         name = strtok_r(NULL, ", ", &rest)) {
        const enum gv_err err = gv_cert_names_add(names, name, fail);
        if (err != GV_OK) {
            return err;
        }
    }
    return GV_OK;
}

/* List what was found since the last time. An address that has no text keeps its empty place in ip_texts. */
static void list_names(struct gv_tls_files *files)
{
    uint32_t n = 0;
    while (files->names[n] != NULL) {
        n++;
    }
    for (; files->listed_dns < files->found.dns_n; files->listed_dns++) {
        files->names[n++] = files->found.dns[files->listed_dns];
    }
    for (; files->listed_ips < files->found.ips_n; files->listed_ips++) {
        const struct gv_cert_ip *ip = &files->found.ips[files->listed_ips];
        char *text = files->ip_texts[files->listed_ips];
        if (inet_ntop(ip->n == 4 ? AF_INET : AF_INET6, ip->b, text, sizeof(files->ip_texts[0])) !=
            NULL) {
            files->names[n++] = text;
        }
    }
}

static enum gv_err ensure(struct gv_tls_files *files, const struct gv_config *config,
                          const struct gv_clock *clock, const struct gv_entropy *entropy,
                          struct gv_fail *fail)
{
    char dir[GV_FILE_PATH_MAX];
    files->looked_at = gv_clock_mono(clock);
    files->looked_utc = gv_clock_utc(clock);
    if (!gv_format(dir, sizeof(dir), "%s/tls", config->data_dir)) {
        return gv_fail(fail, GV_ERR_INVALID, "tls.path", "general.data_dir is too long");
    }
    return gv_cert_ensure(&files->report, dir, &files->found, clock, entropy, fail);
}

enum gv_err gv_tls_files_open(struct gv_tls_files *files, const struct gv_config *config,
                              const struct gv_clock *clock, const struct gv_entropy *entropy,
                              struct gv_fail *fail)
{
    size_t n = 0;
    gv_cert_names_add_local(&files->found);
    enum gv_err err = add_configured(&files->found, config->hosts, fail);
    if (err != GV_OK) {
        return err;
    }
    list_names(files);
    if (!config->https_tls) {
        return GV_OK;
    }
    err = ensure(files, config, clock, entropy, fail);
    if (err == GV_OK) {
        err = gv_file_read(files->report.files.ca_crt, files->ca_pem_text,
                           sizeof(files->ca_pem_text), &n, fail);
    }
    if (err != GV_OK) {
        return err;
    }
    files->ca_pem = gv_view_of(files->ca_pem_text, n);
    gv_log(GV_LOG_INFO, "tls", "ca_sha256=%s", files->report.ca_sha256);
    return GV_OK;
}

bool gv_tls_files_grow(struct gv_tls_files *files)
{
    gv_cert_names_add_local(&files->found);
    if (files->listed_dns == files->found.dns_n && files->listed_ips == files->found.ips_n) {
        return false;
    }
    list_names(files);
    gv_log(GV_LOG_INFO, "tls", "names.grown dns=%u ips=%u", files->found.dns_n, files->found.ips_n);
    return true;
}

bool gv_tls_files_due(const struct gv_tls_files *files, const struct gv_clock *clock)
{
    const uint64_t passed_ms = gv_clock_mono(clock).ms - files->looked_at.ms;
    const int64_t leap_s =
        gv_clock_utc(clock).s - files->looked_utc.s - (int64_t)(passed_ms / 1000u);
    return passed_ms >= LOOK_MS || leap_s > LEAP_S || leap_s < -LEAP_S;
}

enum gv_err gv_tls_files_renew(struct gv_tls_files *files, const struct gv_config *config,
                               const struct gv_clock *clock, const struct gv_entropy *entropy,
                               bool force, bool *changed, struct gv_fail *fail)
{
    if (force && unlink(files->report.files.leaf_crt) != 0 && errno != ENOENT) {
        return gv_fail(fail, GV_ERR_IO, "tls.leaf", "cannot remove the old certificate: errno %d",
                       errno);
    }
    const enum gv_err err = ensure(files, config, clock, entropy, fail);
    *changed = err == GV_OK && files->report.leaf_made;
    return err;
}
