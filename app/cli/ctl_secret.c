#include "app/cli/ctl_secret.h"

#include "firmware/base/crypto.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* One line without its end. */
static bool read_line(char *text, size_t cap)
{
    if (fgets(text, (int)cap, stdin) == NULL) {
        fputs("gavelctl: no password was given\n", stderr);
        return false;
    }
    const size_t n = strcspn(text, "\r\n");
    if (text[n] == '\0' && n + 1 == cap) {
        fputs("gavelctl: the password is too long\n", stderr);
        return false;
    }
    text[n] = '\0';
    return true;
}

static bool ask_line(const char *prompt, char *text, size_t cap)
{
    fputs(prompt, stderr);
    const bool read = read_line(text, cap);
    fputc('\n', stderr);
    return read;
}

static bool ask_twice(char *text, size_t cap)
{
    char again[512];
    bool good = ask_line("Password: ", text, cap) && ask_line("Again: ", again, sizeof(again));
    if (good && strcmp(text, again) != 0) {
        fputs("gavelctl: the two differ\n", stderr);
        good = false;
    }
    gv_secure_zero(again, sizeof(again));
    return good;
}

bool gv_ctl_secret(char *text, size_t cap)
{
    struct termios shown;
    if (isatty(STDIN_FILENO) == 0 || tcgetattr(STDIN_FILENO, &shown) != 0) {
        return read_line(text, cap);
    }
    struct termios hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) != 0) {
        fputs("gavelctl: the terminal cannot hide what is typed\n", stderr);
        return false;
    }
    const bool good = ask_twice(text, cap);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    return good;
}
