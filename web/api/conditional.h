/* Conditional requests (RFC 9110, 13): what a client saw, by the entity tag of it.
 *
 * Reading: every whole JSON answer to a GET carries the tag of its bytes, and 304 when the client has
 * them. Changing: If-Match is read here and travels with the command; who owns the thing compares
 * (firmware/base/version.h), so that of two writers who saw the same one wins. Thread: HTTP workers. */
#ifndef GV_WEB_API_CONDITIONAL_H
#define GV_WEB_API_CONDITIONAL_H

#include "firmware/base/json.h"
#include "firmware/base/version.h"
#include "web/server/server.h"

/* 16 hexadecimal digits and NUL. */
#define GV_TAG_MAX 17u

/** The tag of a version, without quotes. */
void gv_tag_of(char tag[GV_TAG_MAX], uint64_t version);
/** Member "etag", as If-Match wants it: of things that are read in lists, which have one header. */
void gv_render_etag(struct gv_json_out *out, uint64_t version);

/** The versions that a list of tags names, at most GV_EXPECT_MAX; up to where it is no list any more.
 *  Thread: any (pure). */
void gv_expect_read(struct gv_expect *expect, struct gv_view list);
/** What If-Match names. In: needed: 428 "http.if_match" without one; else any state is meant then.
 *  Returns: false when it was refused, also with 412 "http.changed" for tags that none of ours is. */
GV_MUST_USE bool gv_api_expect(struct gv_exchange *x, bool needed, struct gv_expect *expect);

/** Send a whole answer. A GET that went well has the ETag of its bytes, or is answered 304. Only what
 *  everybody may read is kept by caches. */
void gv_api_answer(struct gv_exchange *x, struct gv_view body, const char *content_type);
void gv_api_json(struct gv_exchange *x, const struct gv_json_out *out);
/** Send JSON that tells the box's time, or what is good for this moment only: no two answers are the
 *  same, so it has no tag, and nobody keeps it. */
void gv_api_live(struct gv_exchange *x, const struct gv_json_out *out);

#endif
