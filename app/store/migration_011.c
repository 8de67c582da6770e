#include "app/store/sql.h"

/* A kind that is rare is found without a walk through the whole log. */
const char gv_migration_011[] = "CREATE INDEX audit_by_kind ON audit (kind, id);";
