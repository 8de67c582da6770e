#include "app/store/sql.h"

/* What the audit log says of one thing: the history of a lot is read by everybody. */
const char gv_migration_010[] = "CREATE INDEX audit_by_subject ON audit (subject, id);";
