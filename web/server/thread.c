#include "web/server/thread.h"

#include <signal.h>

bool gv_web_thread_start(pthread_t *thread, size_t stack_bytes, void *(*body)(void *arg), void *arg)
{
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    if (pthread_attr_init(&attributes) != 0) {
        return false;
    }
    bool started = pthread_attr_setstacksize(&attributes, stack_bytes) == 0;
    pthread_sigmask(SIG_SETMASK, &all, &before);
    started = started && pthread_create(thread, &attributes, body, arg) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return started;
}
