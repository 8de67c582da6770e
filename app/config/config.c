#include "app/config/config.h"

#include "app/config/settings.h"
#include "firmware/base/assert.h"
#include "firmware/base/text.h"

#include <string.h>

#define ENV_PREFIX "GAVEL_"
#define KEY_MAX    64u

void gv_config_defaults(struct gv_config *config)
{
    memset(config, 0, sizeof(*config));
    for (size_t i = 0; i < GV_SETTINGS_COUNT; i++) {
        enum gv_err err = gv_setting_store(config, GV_SOURCE_DEFAULT, &gv_settings[i],
                                           gv_settings[i].standard, NULL);
        GV_ASSERT(err == GV_OK);
    }
}

static enum gv_err set_from(struct gv_config *config, enum gv_config_source source, const char *key,
                            const char *value, struct gv_fail *fail)
{
    const struct gv_setting *setting = gv_setting_find(key);
    if (setting == NULL) {
        return gv_fail(fail, GV_ERR_INVALID, "config.unknown_key", "%.64s: no such setting", key);
    }
    return gv_setting_store(config, source, setting, value, fail);
}

enum gv_err gv_config_set(struct gv_config *config, const char *key, const char *value,
                          struct gv_fail *fail)
{
    return set_from(config, GV_SOURCE_FLAG, key, value, fail);
}

/* ---- environment ---------------------------------------------------------------------------- */

/* The value when `entry` is "name=value", else NULL. */
static const char *value_of(const char *entry, const char *name)
{
    size_t n = strlen(name);
    if (strncmp(entry, name, n) == 0 && entry[n] == '=') {
        return entry + n + 1;
    }
    return NULL;
}

static const char *find_variable(char *const *environment, const char *name)
{
    for (; *environment != NULL; environment++) {
        const char *value = value_of(*environment, name);
        if (value != NULL) {
            return value;
        }
    }
    return NULL;
}

/* The original has host and port apart; its default host is the name of a compose service, ours is
 * this machine. */
static enum gv_err read_rpc_address(struct gv_config *config, char *const *environment,
                                    struct gv_fail *fail)
{
    const char *host = find_variable(environment, "BITCOIN_RPC_HOST");
    const char *port = find_variable(environment, "BITCOIN_RPC_PORT");
    if (host == NULL && port == NULL) {
        return GV_OK;
    }
    uint64_t number = 0;
    if (port != NULL && !gv_parse_u64(&number, gv_view_str(port), 65535)) {
        return gv_fail(fail, GV_ERR_INVALID, "config.range",
                       "BITCOIN_RPC_PORT: must be a whole number within 0..65535");
    }
    if (host != NULL && strpbrk(host, "/ ") != NULL) {
        return gv_fail(fail, GV_ERR_INVALID, "config.value",
                       "BITCOIN_RPC_HOST: must be a host name or an address");
    }
    char url[GV_CONFIG_TEXT_MAX];
    if (!gv_format(url, sizeof(url), "http://%s:%s", host == NULL ? "127.0.0.1" : host,
                   port == NULL ? "8332" : port)) {
        return gv_fail(fail, GV_ERR_INVALID, "config.range", "BITCOIN_RPC_HOST: too long");
    }
    return set_from(config, GV_SOURCE_ENVIRONMENT, "node.url", url, fail);
}

static enum gv_err read_aliases(struct gv_config *config, char *const *environment,
                                struct gv_fail *fail)
{
    enum gv_err err = read_rpc_address(config, environment, fail);
    for (size_t i = 0; i < GV_SETTINGS_COUNT && err == GV_OK; i++) {
        if (gv_settings[i].alias == NULL) {
            continue;
        }
        const char *value = find_variable(environment, gv_settings[i].alias);
        if (value != NULL) {
            err = gv_setting_store(config, GV_SOURCE_ENVIRONMENT, &gv_settings[i], value, fail);
        }
    }
    return err;
}

/* "GAVEL_NODE__COOKIE_FILE=..." to "node.cookie_file". Other GAVEL_ names, without the double
 * underscore, belong to other programs (test runners).
 * Returns: the value; NULL when the entry is not ours. */
static const char *own_variable(const char *entry, char key[KEY_MAX])
{
    const char *equals = strchr(entry, '=');
    const char *split = strstr(entry, "__");
    if (strncmp(entry, ENV_PREFIX, sizeof(ENV_PREFIX) - 1) != 0 || equals == NULL ||
        split == NULL || split > equals) {
        return NULL;
    }
    size_t n = 0;
    for (const char *p = entry + sizeof(ENV_PREFIX) - 1; p < equals && n + 1 < KEY_MAX; p++) {
        if (p == split) {
            key[n++] = '.';
            p++;
        } else if (*p >= 'A' && *p <= 'Z') {
            key[n++] = (char)(*p - 'A' + 'a');
        } else {
            key[n++] = *p;
        }
    }
    key[n] = '\0';
    return equals + 1;
}

enum gv_err gv_config_environment(struct gv_config *config, char *const *environment,
                                  struct gv_fail *fail)
{
    struct gv_config next = *config;
    enum gv_err err = read_aliases(&next, environment, fail);
    for (char *const *entry = environment; *entry != NULL && err == GV_OK; entry++) {
        char key[KEY_MAX];
        const char *value = own_variable(*entry, key);
        if (value != NULL) {
            err = set_from(&next, GV_SOURCE_ENVIRONMENT, key, value, fail);
        }
    }
    if (err == GV_OK) {
        *config = next;
    }
    gv_secure_zero(next.node_password, sizeof(next.node_password));
    return err;
}

/* ---- rules across settings --------------------------------------------------------------------- */

static bool is_here(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* Whoever is not on this machine must prove who he is, and no bare word of his moves an order. */
static enum gv_err check_orders(const struct gv_config *config, struct gv_fail *fail)
{
    if (!config->orders_enabled) {
        return GV_OK;
    }
    if (!is_here(config->orders_bind) && !config->orders_authenticated) {
        return gv_fail(fail, GV_ERR_INVALID, "config.orders_bind",
                       "orders.bind: other than 127.0.0.1 or ::1 only with orders.authenticated");
    }
    if (!is_here(config->orders_bind) && !config->orders_proof) {
        return gv_fail(fail, GV_ERR_INVALID, "config.orders_bind",
                       "orders.bind: other than 127.0.0.1 or ::1 only with orders.proof");
    }
    if (config->orders_tls && !config->https_tls) {
        return gv_fail(fail, GV_ERR_INVALID, "config.orders_tls",
                       "orders.tls: only with https.tls, whose certificate it shows");
    }
    if (config->orders_tls && !is_here(config->orders_tls_bind) && !config->orders_proof) {
        return gv_fail(fail, GV_ERR_INVALID, "config.orders_tls_bind",
                       "orders.tls_bind: other than 127.0.0.1 or ::1 only with orders.proof");
    }
    return GV_OK;
}

static enum gv_err check_issuer(const struct gv_config *config, struct gv_fail *fail)
{
    const char *url = config->auth_jwks_url;
    if (url[0] == '\0') {
        return GV_OK;
    }
    if (strncmp(url, "https://", 8) != 0 || url[8] == '\0' || strpbrk(url, " @#") != NULL) {
        return gv_fail(fail, GV_ERR_INVALID, "config.issuer",
                       "auth.jwks_url: must be https://host/path, without credentials");
    }
    if (config->auth_jwks_file[0] != '\0') {
        return gv_fail(fail, GV_ERR_INVALID, "config.issuer",
                       "auth.jwks_file excludes auth.jwks_url: keys come from one place");
    }
    return GV_OK;
}

enum gv_err gv_config_check(const struct gv_config *config, struct gv_fail *fail)
{
    bool cookie = config->node_cookie_file[0] != '\0';
    bool user = config->node_user[0] != '\0';
    bool password = config->node_password[0] != '\0';
    if (cookie && (user || password)) {
        return gv_fail(fail, GV_ERR_INVALID, "config.node_credentials",
                       "node.cookie_file excludes node.user and node.password: give one way in");
    }
    if (user != password) { /* neither: a fresh box, to be connected through its page */
        return gv_fail(fail, GV_ERR_INVALID, "config.node_credentials",
                       "set node.cookie_file, or both node.user and node.password");
    }
    if (strchr(config->node_user, ':') != NULL) {
        return gv_fail(fail, GV_ERR_INVALID, "config.node_credentials",
                       "node.user: a colon cannot be sent in HTTP Basic authentication");
    }
    if (config->https_tls && config->http_port != 0 && config->http_port == config->https_port) {
        return gv_fail(fail, GV_ERR_INVALID, "config.ports",
                       "http.port and https.port must differ");
    }
    const enum gv_err err = check_issuer(config, fail);
    return err == GV_OK ? check_orders(config, fail) : err;
}

void gv_config_each(const struct gv_config *config,
                    void (*visit)(void *ctx, const char *key, const char *value,
                                  const char *standard, const char *help),
                    void *ctx)
{
    for (size_t i = 0; i < GV_SETTINGS_COUNT; i++) {
        const struct gv_setting *setting = &gv_settings[i];
        char value[2 * GV_CONFIG_TEXT_MAX] = "***";
        if ((setting->flags & GV_SETTING_SECRET) == 0) {
            gv_setting_text(config, setting, value, sizeof(value));
        }
        visit(ctx, setting->key, value, setting->standard, setting->help);
    }
}
