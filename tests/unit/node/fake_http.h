/* A scripted HTTP peer: answers are queued beforehand, requests are kept for inspection.
 * Bodies are delivered in pieces of `piece` bytes, so that parsers meet every boundary. */
#ifndef GV_TESTS_UNIT_NODE_FAKE_HTTP_H
#define GV_TESTS_UNIT_NODE_FAKE_HTTP_H

#include "hal/iface/http.h"

#define FAKE_ANSWERS_MAX 16u
#define FAKE_TEXT_MAX    16384u

struct fake_answer {
    enum gv_err err;
    int status;
    const char *headers[4]; /* "Name: value", NULL-terminated */
    const char *body;
};

struct fake_http {
    struct fake_answer answers[FAKE_ANSWERS_MAX];
    unsigned answers_n;
    unsigned next;
    size_t piece; /* 0: all at once */
    char request[FAKE_TEXT_MAX];
    char url[8192];
    char method[8];
    char user_pass[256];
};

struct gv_http fake_http_open(struct fake_http *fake);
/** Queue one answer; the body must outlive it. */
void fake_http_push(struct fake_http *fake, enum gv_err err, int status, const char *body);

#endif
