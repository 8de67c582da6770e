/* Peer addresses as keys for caps: one IPv4 address, or one IPv6 /64 (a household owns a whole /64).
 * Thread: any (pure). */
#ifndef GV_WEB_SERVER_ADDRESS_H
#define GV_WEB_SERVER_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct gv_address_key {
    uint8_t b[16]; /* IPv4 as ::ffff:a.b.c.d; IPv6 with the last 64 bits zero, except ::1 */
};

/** Key of a socket address; all zero for families other than IPv4 and IPv6. */
struct gv_address_key gv_address_key_of(const struct sockaddr *address);
/** Key of an address in text form; all zero when it is none. */
struct gv_address_key gv_address_key_parse(const char *text);
/** The same of the whole address: for neighbours, whom an IPv6 /64 would make one. */
struct gv_address_key gv_address_key_whole(const char *text);

/** Text of a socket address, without port. Returns: false for families other than IPv4 and IPv6. */
bool gv_address_of(char *out, size_t cap, const struct sockaddr *address);

bool gv_address_key_equal(const struct gv_address_key *a, const struct gv_address_key *b);
bool gv_address_key_is_loopback(const struct gv_address_key *key);

/** Copy an address text without its zone (fe80::1%eth0, which is an interface of ours); an IPv4 address
 *  in IPv6 clothes (::ffff:a.b.c.d) becomes a.b.c.d.
 *  A text that does not fit becomes "". */
void gv_address_text(char *out, size_t cap, const char *text);

#endif
