#include "tests/unit/hal/sim_script.h"

#include "firmware/base/crypto.h"
#include "firmware/base/text.h"

struct gv_sim_node node;

int setup(void **state)
{
    static struct world world;
    world = (struct world){.status = 0};
    gv_sim_node_init(&node, (struct gv_utc){1700000000});
    world.http = gv_sim_node_http(&node);
    world.feed = gv_sim_node_feed(&node);
    assert_int_equal(gv_feed_subscribe(&world.feed, "tcp://x", "rawtx", NULL), GV_OK);
    assert_int_equal(gv_feed_subscribe(&world.feed, "tcp://x", "rawblock", NULL), GV_OK);
    assert_int_equal(gv_feed_subscribe(&world.feed, "tcp://x", "sequence", NULL), GV_OK);
    *state = &world;
    return 0;
}

int teardown(void **state)
{
    (void)state;
    gv_sim_node_deinit(&node);
    return 0;
}

/* ---- transactions of the test: one letter each ---------------------------------------------- */

struct letter make(char name, const struct letter *parent, uint32_t vout)
{
    struct letter l = {.makes = {{.sat = 150000000, .script = {0x51, (uint8_t)name}, .script_n = 2},
                                 {.sat = 1, .script = {0x6a}, .script_n = 1}}};
    struct gv_hash256 hash;
    (void)snprintf(l.raw, sizeof(l.raw), "raw-%c", name);
    gv_sha256d_of(&hash, gv_view_str(l.raw));
    memcpy(l.tx.txid, hash.b, 32);
    if (parent != NULL) {
        memcpy(l.spends.txid, parent->tx.txid, 32);
    } else {
        memset(l.spends.txid, name, 32);
    }
    l.spends.vout = vout;
    return l;
}

const struct gv_sim_tx *tx_of(struct letter *l)
{
    l->tx.raw = gv_view_str(l->raw);
    l->tx.spends = &l->spends;
    l->tx.spends_n = 1;
    l->tx.makes = l->makes;
    l->tx.makes_n = 2;
    return &l->tx;
}

void send_letter(struct letter *l)
{
    assert_true(gv_sim_node_send(&node, tx_of(l)));
}

/* ---- what comes from the node --------------------------------------------------------------- */

/* One letter for what a message is. */
static char word_of(const struct gv_feed_message *m)
{
    if (gv_view_is(m->topic, "rawtx")) {
        return 't';
    }
    if (gv_view_is(m->topic, "rawblock")) {
        return 'b';
    }
    return m->body.n == 41 || m->body.n == 33 ? (char)m->body.p[32] : '?';
}

const char *heard(struct world *w, const char *letters)
{
    static char text[512];
    struct gv_feed_message m;
    size_t n = 0;
    text[0] = '\0';
    while (gv_feed_recv(&w->feed, &m, 0) == GV_OK) {
        char name = '*';
        for (const char *l = letters; *l != '\0'; l++) {
            struct letter known = make(*l, NULL, 0);
            uint8_t reversed[32];
            for (size_t i = 0; i < 32; i++) {
                reversed[i] = known.tx.txid[31 - i];
            }
            if (gv_view_is(m.body, known.raw) ||
                (m.body.n == 41 && memcmp(m.body.p, reversed, 32) == 0)) {
                name = *l;
            }
        }
        char what = word_of(&m);
        bool named = what == 't' || what == 'A' || what == 'R';
        n += (size_t)snprintf(text + n, sizeof(text) - n, named ? "%s%c%c" : "%s%c",
                              n == 0 ? "" : " ", what, name);
        assert_true(n < sizeof(text));
    }
    return text;
}

const char *ask(struct world *w, const char *body)
{
    struct gv_http_buffer buffer = {.p = w->reply, .n = 0, .cap = sizeof(w->reply)};
    const struct gv_http_request request = {
        .url = "http://127.0.0.1:18443/",
        .method = "POST",
        .user_pass = "user:good",
        .body = gv_view_str(body),
        .sink = gv_http_buffer_sink,
        .sink_ctx = &buffer,
    };
    static struct gv_fail fail;
    w->reply[0] = '\0';
    if (gv_http_perform(&w->http, &request, &w->status, &fail) != GV_OK) {
        return fail.code;
    }
    return w->reply;
}

const char *call(struct world *w, const char *method, const char *params)
{
    char body[1024];
    (void)snprintf(body, sizeof(body),
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":[%s]}", method,
                   params);
    return ask(w, body);
}

const char *quoted(const uint8_t hash[32])
{
    static char texts[4][80];
    static unsigned turn;
    char *text = texts[turn++ % 4];
    text[0] = '"';
    gv_hex_encode_reversed(text + 1, gv_view_of(hash, 32));
    text[65] = '"';
    text[66] = '\0';
    return text;
}

void expect(const char *reply, const char *part)
{
    if (strstr(reply, part) == NULL) {
        fail_msg("expected %s in %s", part, reply);
    }
}
