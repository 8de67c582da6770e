/* TLS configuration: certificates in reference-counted generations, cipher policy, tickets, random
 * numbers. Used by tls.c only.
 * Thread: open, load and close main; acquire, release and tickets any (one short lock). */
#ifndef GV_HAL_LINUX_TLS_CONFIG_H
#define GV_HAL_LINUX_TLS_CONFIG_H

#include "firmware/base/bytes.h"

#include <stdint.h>

struct mbedtls_ssl_config;
struct gv_tls_generation;

GV_MUST_USE enum gv_err gv_tls_config_open(struct gv_fail *fail);
void gv_tls_config_close(void);

/** Read the files into a free generation and make it the current one; on failure nothing changes.
 *  Returns: GV_OK; GV_ERR_CRYPTO "server.tls"; GV_ERR_FULL "server.tls_generations". */
GV_MUST_USE enum gv_err gv_tls_generation_load(const char *cert_path, const char *key_path,
                                               struct gv_fail *fail);
/** As gv_tls_own_use and gv_tls_own_covers. */
void gv_tls_generation_own(const char *path);
bool gv_tls_generation_covers(struct gv_view host);
/** The current generation, held until released. */
struct gv_tls_generation *gv_tls_generation_acquire(void);
void gv_tls_generation_release(struct gv_tls_generation *generation);
const struct mbedtls_ssl_config *
gv_tls_generation_config(const struct gv_tls_generation *generation);

/** Sessions resumed since open. */
uint64_t gv_tls_tickets_accepted(void);

#endif
