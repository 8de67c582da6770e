/* What a service manager hears: takes the datagrams sent to the socket of the given name, and prints each as a line. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char text[1024];
    const size_t name_n = argc == 2 ? strlen(argv[1]) : sizeof(address.sun_path);
    const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (name_n >= sizeof(address.sun_path)) {
        return EX_USAGE;
    }
    memcpy(address.sun_path, argv[1], name_n);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        return EX_OSERR;
    }
    for (;;) {
        const ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
        if (n < 0) {
            (void)close(fd);
            return EX_IOERR;
        }
        text[n] = '\0';
        for (char *end = text; (end = strchr(end, '\n')) != NULL;) {
            *end = ' ';
        }
        (void)puts(text);
        (void)fflush(stdout);
    }
}
