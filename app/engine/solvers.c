#include "app/engine/solvers.h"

#include "app/bitcoin/sig.h"
#include "firmware/base/text.h"

#include <inttypes.h>
#include <string.h>

#define SIG_LEN 64u

static const struct gv_solver_credential *find(const struct gv_solver_registry *registry,
                                               const struct gv_solver_id *id)
{
    for (uint32_t i = 0; i < registry->count; i++) {
        if (gv_solver_id_equal(&registry->items[i].id, id)) {
            return &registry->items[i];
        }
    }
    return NULL;
}

void gv_solver_secret_hash(struct gv_hash256 *hash, struct gv_view secret)
{
    struct gv_sha256 sha;
    gv_tagged_init(&sha, "gavel/solver-secret");
    gv_sha256_add(&sha, secret);
    gv_sha256_finish(&sha, hash);
}

static bool proven_by_secret(const struct gv_solver_credential *solver, struct gv_view secret)
{
    struct gv_hash256 hash;
    gv_solver_secret_hash(&hash, secret);
    return solver->has_secret &&
           gv_constant_time_equal(hash.b, solver->secret_hash.b, sizeof(hash.b));
}

static bool proven_by_signature(const struct gv_solver_credential *solver, const char *domain,
                                const struct gv_order_item *item, const char *hex)
{
    uint8_t sig[SIG_LEN];
    struct gv_hash256 digest;
    if (!solver->has_pubkey || gv_hex_decode(sig, sizeof(sig), hex, strlen(hex)) != GV_OK) {
        return false;
    }
    if (item->kind == GV_ORDER_LINE_BID) {
        gv_order_bid_digest(&digest, domain, &item->bid);
    } else {
        gv_order_claim_digest(&digest, domain, &item->claim);
    }
    return gv_schnorr_verify(gv_view_of(sig, sizeof(sig)),
                             gv_view_of(solver->pubkey, sizeof(solver->pubkey)),
                             gv_view_of(digest.b, sizeof(digest.b)));
}

bool gv_solver_proven(const struct gv_solver_registry *registry, const struct gv_order_item *item)
{
    const bool is_bid = item->kind == GV_ORDER_LINE_BID;
    const char *auth = is_bid ? item->bid.auth : item->claim.auth;
    const struct gv_solver_credential *solver =
        find(registry, is_bid ? &item->bid.bid.solver : &item->claim.solver);
    if (solver == NULL || strlen(auth) < 4) {
        return false;
    }
    if (memcmp(auth, "key:", 4) == 0) {
        return proven_by_secret(solver, gv_view_str(auth + 4));
    }
    return memcmp(auth, "sig:", 4) == 0 &&
           proven_by_signature(solver, registry->domain, item, auth + 4);
}

uint64_t gv_solver_version(const struct gv_solver *solver)
{
    return gv_version_of("%s %" PRId64 " %" PRId64, solver->id.text, solver->suspended_until_s,
                         solver->cool_until_s);
}
