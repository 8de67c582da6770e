#include "app/cli/ctl_people.h"

#include "app/cli/ctl_ask.h"
#include "app/cli/ctl_secret.h"
#include "firmware/base/crypto.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

const char gv_ctl_people_usage[] =
    "  claim --name NAME [--language LANG]      own a fresh box; the password from stdin or asked\n"
    "  user add --name NAME --role ROLE         owner, operator, host, bidder or viewer\n"
    "  user list\n"
    "  user passwd NAME                         a new password; ends the person's sessions\n"
    "  user role NAME ROLE\n"
    "  user disable NAME | user enable NAME\n"
    "  user totp-off NAME                       for whoever has lost the second factor\n"
    "  user delete NAME\n"
    "  session list\n"
    "  session revoke ID\n";

#define PASSWORD_MAX 300u

static int misused(void)
{
    fprintf(stderr, "gavelctl: the commands about people are\n%s", gv_ctl_people_usage);
    return EX_USAGE;
}

/* Value of an option; NULL when it is not there. The words are pairs. */
static const char *option(int argc, char **argv, const char *name)
{
    for (int i = 0; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], name) == 0) {
            return argv[i + 1];
        }
    }
    return NULL;
}

/* Add the password, ask the daemon, forget it. Prints `done` when nothing else is to be shown. */
static int ask_with_password(const struct gv_ctl_options *options, struct gv_json_out *out,
                             const char *done)
{
    char password[PASSWORD_MAX];
    gv_json_ref answer = NULL;
    if (!gv_ctl_secret(password, sizeof(password))) {
        return EX_USAGE;
    }
    gv_jo_kstring(out, "password", password);
    gv_secure_zero(password, sizeof(password));
    const int status = gv_ctl_ask(options, out, &answer);
    gv_ctl_wipe();
    if (status == EX_OK && !options->json) {
        puts(done);
    }
    return status;
}

static int ask_and_tell(const struct gv_ctl_options *options, struct gv_json_out *out,
                        const char *done)
{
    gv_json_ref answer = NULL;
    const int status = gv_ctl_ask(options, out, &answer);
    if (status == EX_OK && answer != NULL) {
        puts(done);
    }
    return status;
}

static int claim(const struct gv_ctl_options *options, int argc, char **argv)
{
    const char *name = option(argc, argv, "--name");
    const char *language = option(argc, argv, "--language");
    struct gv_json_out out;
    if (name == NULL || argc != (language != NULL ? 4 : 2)) {
        return misused();
    }
    gv_ctl_begin(&out, "claim");
    gv_jo_kstring(&out, "name", name);
    if (language != NULL) {
        gv_jo_kstring(&out, "language", language);
    }
    return ask_with_password(options, &out, "claimed");
}

/* ---- users ---------------------------------------------------------------------------------------- */

static int add(const struct gv_ctl_options *options, int argc, char **argv)
{
    const char *name = option(argc, argv, "--name");
    const char *role = option(argc, argv, "--role");
    struct gv_json_out out;
    if (name == NULL || role == NULL || argc != 4) {
        return misused();
    }
    gv_ctl_begin(&out, "user.create");
    gv_jo_kstring(&out, "name", name);
    gv_jo_kstring(&out, "role", role);
    return ask_with_password(options, &out, "added");
}

static int list_users(const struct gv_ctl_options *options)
{
    struct gv_json_out out;
    struct gv_json_iter it;
    gv_json_ref answer = NULL;
    gv_ctl_begin(&out, "user.list");
    const int status = gv_ctl_ask(options, &out, &answer);
    for (gv_json_ref e = gv_json_first(&it, gv_json_get(answer, "users")); e != NULL;
         e = gv_json_next(&it)) {
        gv_ctl_print(true, gv_json_get(e, "name"));
        gv_ctl_print(true, gv_json_get(e, "role"));
        gv_ctl_print(true, gv_json_get(e, "last_login_at"));
        printf("%s%s\n", gv_ctl_flag(e, "disabled") ? "disabled " : "",
               gv_ctl_flag(e, "totp") ? "totp" : "");
    }
    return status;
}

/* What one word changes. */
static int change(const struct gv_ctl_options *options, const char *word, const char *name)
{
    struct gv_json_out out;
    if (strcmp(word, "delete") == 0) {
        gv_ctl_begin(&out, "user.delete");
        gv_jo_kstring(&out, "name", name);
        return ask_and_tell(options, &out, "deleted");
    }
    gv_ctl_begin(&out, "user.change");
    gv_jo_kstring(&out, "name", name);
    if (strcmp(word, "passwd") == 0) {
        return ask_with_password(options, &out, "changed");
    }
    if (strcmp(word, "totp-off") == 0) {
        gv_jo_kbool(&out, "totp", false);
    } else if (strcmp(word, "disable") == 0 || strcmp(word, "enable") == 0) {
        gv_jo_kbool(&out, "disabled", word[0] == 'd');
    } else {
        return misused();
    }
    return ask_and_tell(options, &out, "changed");
}

static int user(const struct gv_ctl_options *options, int argc, char **argv)
{
    struct gv_json_out out;
    if (argc >= 1 && strcmp(argv[0], "add") == 0) {
        return add(options, argc - 1, argv + 1);
    }
    if (argc == 1 && strcmp(argv[0], "list") == 0) {
        return list_users(options);
    }
    if (argc == 3 && strcmp(argv[0], "role") == 0) {
        gv_ctl_begin(&out, "user.change");
        gv_jo_kstring(&out, "name", argv[1]);
        gv_jo_kstring(&out, "role", argv[2]);
        return ask_and_tell(options, &out, "changed");
    }
    return argc == 2 ? change(options, argv[0], argv[1]) : misused();
}

/* ---- sessions ------------------------------------------------------------------------------------- */

static int session(const struct gv_ctl_options *options, int argc, char **argv)
{
    struct gv_json_out out;
    struct gv_json_iter it;
    gv_json_ref answer = NULL;
    if (argc == 2 && strcmp(argv[0], "revoke") == 0) {
        gv_ctl_begin(&out, "session.end");
        gv_jo_kstring(&out, "id", argv[1]);
        return ask_and_tell(options, &out, "revoked");
    }
    if (argc != 1 || strcmp(argv[0], "list") != 0) {
        return misused();
    }
    gv_ctl_begin(&out, "session.list");
    const int status = gv_ctl_ask(options, &out, &answer);
    for (gv_json_ref e = gv_json_first(&it, gv_json_get(answer, "sessions")); e != NULL;
         e = gv_json_next(&it)) {
        gv_ctl_print(true, gv_json_get(e, "id"));
        gv_ctl_print(true, gv_json_get(e, "user"));
        gv_ctl_print(true, gv_json_get(e, "address"));
        gv_ctl_print(true, gv_json_get(e, "last_seen_at"));
        gv_ctl_print(false, gv_json_get(e, "agent"));
    }
    return status;
}

bool gv_ctl_people_knows(const char *word)
{
    return strcmp(word, "claim") == 0 || strcmp(word, "user") == 0 || strcmp(word, "session") == 0;
}

int gv_ctl_people(const struct gv_ctl_options *options, int argc, char **argv)
{
    if (strcmp(argv[0], "claim") == 0) {
        return claim(options, argc - 1, argv + 1);
    }
    return strcmp(argv[0], "user") == 0 ? user(options, argc - 1, argv + 1)
                                        : session(options, argc - 1, argv + 1);
}
