/* Inside web/api: every handler of the route table, by the file that holds it. */
#ifndef GV_WEB_API_HANDLERS_H
#define GV_WEB_API_HANDLERS_H

#include "web/server/server.h"

/** One thing by three names: /api/listings and /api/auctions of the original, and /api/v1/dutch.
 *  `extra` of a row. */
struct gv_family {
    const char *list_key;   /* "listings" */
    const char *object_key; /* "listing" */
    const char *id_key;     /* "listing_id" */
    const char *status_key; /* "listing_status" */
    const char *not_found;  /* text of 404 */
    const char *created;    /* text of 201 */
    const char *path;       /* of the list, for Location */
    bool v1;                /* answers as /api/v1 does */
};

/* lists.c */
void gv_handle_legacy_list(struct gv_exchange *x);
void gv_handle_legacy_address(struct gv_exchange *x);
/* list_v1.c */
void gv_handle_v1_list(struct gv_exchange *x);
/* stats.c */
void gv_handle_stats(struct gv_exchange *x);
/* extend.c */
void gv_handle_extend(struct gv_exchange *x);
/* one.c */
void gv_handle_one(struct gv_exchange *x);
/* current_psbt.c */
void gv_handle_current_psbt(struct gv_exchange *x);
void gv_handle_lot_events(struct gv_exchange *x);
/* batch.c */
void gv_handle_batch(struct gv_exchange *x);
/* create.c, check.c, ladder.c, purchase.c */
void gv_handle_create(struct gv_exchange *x);
void gv_handle_check(struct gv_exchange *x);
void gv_handle_ladder(struct gv_exchange *x);
void gv_handle_purchase(struct gv_exchange *x);
/* node.c */
void gv_handle_legacy_health(struct gv_exchange *x);
void gv_handle_node(struct gv_exchange *x);
void gv_handle_health(struct gv_exchange *x);
void gv_handle_ready(struct gv_exchange *x);
void gv_handle_ca(struct gv_exchange *x);
void gv_handle_ca_profile(struct gv_exchange *x);
/* metrics.c */
void gv_handle_metrics(struct gv_exchange *x);
/* oracle.c */
void gv_handle_oracle(struct gv_exchange *x);
void gv_handle_oracle_history(struct gv_exchange *x);
/* prices.c */
void gv_handle_oracle_blocks(struct gv_exchange *x);
void gv_handle_oracle_days(struct gv_exchange *x);
/* oracle.c */
/** Lets a price stream through, or says that there is no oracle. */
void gv_handle_price_stream(struct gv_exchange *x);
/* settings.c, logs.c, system.c */
void gv_handle_settings(struct gv_exchange *x);
void gv_handle_settings_change(struct gv_exchange *x);
void gv_handle_logs(struct gv_exchange *x);
void gv_handle_system(struct gv_exchange *x);
void gv_handle_restart(struct gv_exchange *x);
/* backups.c */
void gv_handle_backups(struct gv_exchange *x);
void gv_handle_backup_create(struct gv_exchange *x);
void gv_handle_backup_verify(struct gv_exchange *x);
void gv_handle_backup_delete(struct gv_exchange *x);
void gv_handle_backup_file(struct gv_exchange *x);
void gv_handle_restore(struct gv_exchange *x);
void gv_handle_update(struct gv_exchange *x);
void gv_handle_update_upload(struct gv_exchange *x);
void gv_handle_update_delete(struct gv_exchange *x);
void gv_handle_update_apply(struct gv_exchange *x);
void gv_handle_restore_state(struct gv_exchange *x);
/* orders.c */
void gv_handle_orders(struct gv_exchange *x);
void gv_handle_orders_add(struct gv_exchange *x);
void gv_handle_orders_status(struct gv_exchange *x);
void gv_handle_orders_log(struct gv_exchange *x);
void gv_handle_orders_verify(struct gv_exchange *x);
void gv_handle_order(struct gv_exchange *x);
void gv_handle_order_bids(struct gv_exchange *x);

/* solvers.c */
void gv_handle_solvers(struct gv_exchange *x);
void gv_handle_solver_register(struct gv_exchange *x);
void gv_handle_solver_suspend(struct gv_exchange *x);
void gv_handle_solver_deposit(struct gv_exchange *x);
void gv_handle_order_deposit(struct gv_exchange *x);

/* webhooks.c */
void gv_handle_webhooks(struct gv_exchange *x);
void gv_handle_webhook_create(struct gv_exchange *x);
void gv_handle_webhook_change(struct gv_exchange *x);
void gv_handle_webhook_delete(struct gv_exchange *x);
void gv_handle_webhook_test(struct gv_exchange *x);
void gv_handle_deliveries(struct gv_exchange *x);
void gv_handle_redeliver(struct gv_exchange *x);
/* own_cert.c: the owner's certificate, and the challenge for one */
void gv_handle_own_cert_install(struct gv_exchange *x);
void gv_handle_own_cert_remove(struct gv_exchange *x);
void gv_handle_acme_challenge(struct gv_exchange *x);
/* session.c: sessions, tokens */
void gv_handle_login(struct gv_exchange *x);
void gv_handle_session(struct gv_exchange *x);
void gv_handle_logout(struct gv_exchange *x);
void gv_handle_session_token(struct gv_exchange *x);
void gv_handle_sessions(struct gv_exchange *x);
void gv_handle_session_end(struct gv_exchange *x);
void gv_handle_jwks(struct gv_exchange *x);
/* account.c */
void gv_handle_account_password(struct gv_exchange *x);
void gv_handle_totp_offer(struct gv_exchange *x);
void gv_handle_totp_confirm(struct gv_exchange *x);
void gv_handle_totp_clear(struct gv_exchange *x);
/* users.c */
void gv_handle_users(struct gv_exchange *x);
void gv_handle_user_create(struct gv_exchange *x);
void gv_handle_user_change(struct gv_exchange *x);
void gv_handle_user_delete(struct gv_exchange *x);
/* keys.c */
void gv_handle_keys(struct gv_exchange *x);
void gv_handle_key_create(struct gv_exchange *x);
void gv_handle_key_revoke(struct gv_exchange *x);
/* audit.c */
void gv_handle_audit(struct gv_exchange *x);
void gv_handle_audit_verify(struct gv_exchange *x);
/* setup.c */
void gv_handle_setup(struct gv_exchange *x);
void gv_handle_setup_claim(struct gv_exchange *x);
void gv_handle_setup_step(struct gv_exchange *x);
/* own_node.c */
void gv_handle_setup_own_node(struct gv_exchange *x);
/* setup_node.c */
void gv_handle_setup_discover(struct gv_exchange *x);
void gv_handle_setup_node_test(struct gv_exchange *x);
/* assets.c */
void gv_handle_asset(struct gv_exchange *x);
void gv_handle_shell(struct gv_exchange *x);
/** Where the type of a problem leads: its place in the documentation. */
void gv_handle_problem(struct gv_exchange *x);

#endif
