#include "app/cli/ctl_client.h"

#include "app/cli/ctl_ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static void print_memory(gv_json_ref list, const char *size_key)
{
    struct gv_json_iter it;
    for (gv_json_ref e = gv_json_first(&it, list); e != NULL; e = gv_json_next(&it)) {
        printf("  ");
        gv_ctl_print(true, gv_json_get(e, "name"));
        printf("%10" PRId64 " of %10" PRId64 " in use, %" PRId64 " refused\n",
               gv_ctl_number(e, "in_use"), gv_ctl_number(e, size_key), gv_ctl_number(e, "refused"));
    }
}

int gv_ctl_status(const struct gv_ctl_options *options)
{
    struct gv_json_out out;
    gv_json_ref answer = NULL;
    gv_ctl_begin(&out, "status");
    const int status = gv_ctl_ask(options, &out, &answer);
    if (status != EX_OK || answer == NULL) {
        return status;
    }
    const gv_json_ref listings = gv_json_get(answer, "listings");
    printf("version   ");
    gv_ctl_print(false, gv_json_get(answer, "version"));
    printf("uptime    %" PRId64 " s\n", gv_ctl_number(answer, "uptime_s"));
    printf("node      %s, block %" PRId64 " of %" PRId64 "%s\n",
           gv_ctl_flag(answer, "node_reachable") ? "reachable" : "unreachable",
           gv_ctl_number(answer, "height"), gv_ctl_number(answer, "headers"),
           gv_ctl_flag(answer, "live") ? "" : ", not live: nothing is revealed");
    printf("indexer   %s\n", gv_ctl_flag(answer, "indexer_ready") ? "ready" : "not ready");
    printf("listings  %" PRId64 " upcoming, %" PRId64 " active, %" PRId64 " finished, %" PRId64
           " sold, %" PRId64 " closed, %" PRId64 " expired\n",
           gv_ctl_number(listings, "upcoming"), gv_ctl_number(listings, "active"),
           gv_ctl_number(listings, "finished"), gv_ctl_number(listings, "sold"),
           gv_ctl_number(listings, "closed"), gv_ctl_number(listings, "expired"));
    printf("pools\n");
    print_memory(gv_json_get(answer, "pools"), "size");
    printf("heaps\n");
    print_memory(gv_json_get(answer, "heaps"), "bytes");
    return EX_OK;
}

int gv_ctl_key_create(const struct gv_ctl_options *options, int argc, char **argv)
{
    struct gv_json_out out;
    gv_json_ref answer = NULL;
    const char *name = NULL;
    const char *expires = NULL;
    bool legacy = false;
    bool scoped = false;
    gv_ctl_begin(&out, "apikey.create");
    gv_jo_key(&out, "scopes");
    gv_jo_array(&out);
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--legacy-unlocked") == 0) {
            legacy = true;
        } else if (strcmp(argv[i], "--name") == 0 && i + 1 < argc) {
            name = argv[++i];
        } else if (strcmp(argv[i], "--expires") == 0 && i + 1 < argc) {
            expires = argv[++i];
        } else if (strcmp(argv[i], "--scope") == 0 && i + 1 < argc) {
            gv_jo_string(&out, argv[++i]);
            scoped = true;
        } else {
            fprintf(stderr, "gavelctl: apikey create takes --name, --scope, --expires, "
                            "--legacy-unlocked\n");
            return EX_USAGE;
        }
    }
    if (!scoped) {
        gv_jo_string(&out, "auctions:write");
    }
    gv_jo_array_end(&out);
    gv_jo_kbool(&out, "legacy_unlocked", legacy);
    if (name == NULL) {
        fprintf(stderr, "gavelctl: apikey create needs --name\n");
        return EX_USAGE;
    }
    gv_jo_kstring(&out, "name", name);
    if (expires != NULL) {
        gv_jo_kstring(&out, "expires_at", expires);
    }
    const int status = gv_ctl_ask(options, &out, &answer);
    if (status == EX_OK && answer != NULL) {
        gv_ctl_print(false, gv_json_get(answer, "key"));
    }
    gv_ctl_wipe();
    return status;
}

int gv_ctl_key_list(const struct gv_ctl_options *options)
{
    struct gv_json_out out;
    struct gv_json_iter it;
    gv_json_ref answer = NULL;
    gv_ctl_begin(&out, "apikey.list");
    const int status = gv_ctl_ask(options, &out, &answer);
    if (status != EX_OK || answer == NULL) {
        return status;
    }
    for (gv_json_ref e = gv_json_first(&it, gv_json_get(answer, "keys")); e != NULL;
         e = gv_json_next(&it)) {
        struct gv_json_iter scope_it;
        gv_ctl_print(true, gv_json_get(e, "id"));
        gv_ctl_print(true, gv_json_get(e, "name"));
        for (gv_json_ref s = gv_json_first(&scope_it, gv_json_get(e, "scopes")); s != NULL;
             s = gv_json_next(&scope_it)) {
            gv_ctl_print(true, s);
        }
        printf("%s%s\n", gv_ctl_flag(e, "legacy_unlocked") ? "legacy_unlocked " : "",
               gv_json_type(gv_json_get(e, "revoked_at")) == GV_JSON_STRING ? "revoked" : "valid");
    }
    return EX_OK;
}

int gv_ctl_key_revoke(const struct gv_ctl_options *options, const char *id)
{
    struct gv_json_out out;
    gv_json_ref answer = NULL;
    gv_ctl_begin(&out, "apikey.revoke");
    gv_jo_kstring(&out, "id", id);
    const int status = gv_ctl_ask(options, &out, &answer);
    if (status == EX_OK && answer != NULL) {
        printf("revoked %s\n", id);
    }
    return status;
}

int gv_ctl_verify(const struct gv_ctl_options *options, const char *command)
{
    struct gv_json_out out;
    gv_json_ref answer = NULL;
    gv_ctl_begin(&out, command);
    const int status = gv_ctl_ask(options, &out, &answer);
    if (status == EX_OK && answer != NULL) {
        const int64_t from = gv_ctl_number(answer, "from"); /* older ones were deleted */
        printf("ok, %" PRId64 " entries", gv_ctl_number(answer, "entries"));
        if (from > 1) {
            printf(" from %" PRId64 " on", from);
        }
        printf("; hash of the last: ");
        gv_ctl_print(false, gv_json_get(answer, "last_hash"));
    }
    return status;
}
