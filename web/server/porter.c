#include "web/server/places.h"

#include "hal/linux/tls.h"
#include "web/server/ticks.h"

#include "firmware/base/assert.h"

#include <errno.h>
#include <sys/epoll.h>

/* How often deadlines are looked at while somebody waits. */
#define TICK_MS    100
#define CROWDED_MS 10
/* When places are short a client may let us wait for this part of the time for all of a handshake, and so
 * often, before it goes for another: no ordinary network takes as long for an answer, less still for the
 * first bytes, which are on the way when the connection is; and no drip lasts. */
#define PATIENCE_PART 20u
#define SILENCE_PART  100u
#define MOVES_MAX     8u
/* Handshakes begun in one turn: each costs milliseconds, and the others are not to wait for all. The newest
 * so that whoever comes behind a flood does not wait for it, the oldest so that everybody gets on. */
#define BEGUN_A_TURN 2u

/* One turn: what is the porter's, and who of them has something for it. */
struct turn {
    bool mine[GV_ENTRANCE_PLACES];
    bool called[GV_ENTRANCE_PLACES];
    unsigned wanted; /* places that should come free */
    uint64_t looked_ms;
};

static void end(struct turn *turn, struct gv_place *place, bool politely)
{
    turn->mine[place - gv_entrance.places] = false;
    gv_place_end(place, politely);
}

/* ---- Who goes ------------------------------------------------------------------------------------- */

/* Has it let us wait for too long? */
static bool may_go(const struct turn *turn, unsigned i)
{
    const struct gv_place *place = &gv_entrance.places[i];
    if (!turn->mine[i] || turn->called[i]) {
        return false;
    }
    const uint64_t patience_ms = gv_entrance.config.handshake_ms /
                                 (place->stage == GV_STAGE_SILENT ? SILENCE_PART : PATIENCE_PART);
    return place->moved_ms + patience_ms < turn->looked_ms;
}

static bool goes_before(const struct gv_place *a, const struct gv_place *b)
{
    const bool a_silent = a->stage == GV_STAGE_SILENT;
    const bool b_silent = b->stage == GV_STAGE_SILENT;
    return a_silent != b_silent ? a_silent : a->order < b->order;
}

static void make_room(struct turn *turn)
{
    for (; turn->wanted > 0; turn->wanted--) {
        struct gv_place *first = NULL;
        for (unsigned i = 0; i < GV_ENTRANCE_PLACES; i++) {
            struct gv_place *place = &gv_entrance.places[i];
            if (may_go(turn, i) && (first == NULL || goes_before(place, first))) {
                first = place;
            }
        }
        if (first == NULL) {
            return;
        }
        end(turn, first, false);
    }
}

static void end_late(struct turn *turn)
{
    const struct gv_entrance_config *config = &gv_entrance.config;
    for (unsigned i = 0; i < GV_ENTRANCE_PLACES; i++) {
        struct gv_place *place = &gv_entrance.places[i];
        if (!turn->mine[i] || (turn->called[i] && place->stage == GV_STAGE_SILENT)) {
            continue; /* not ours to end, or it waits for us */
        }
        const bool shakes = place->is_tls && place->stage != GV_STAGE_REQUEST;
        const uint64_t limit_ms = shakes ? config->handshake_ms : config->request_ms;
        if (place->since_ms + limit_ms < turn->looked_ms) {
            if (shakes) {
                gv_tls_count_late();
            }
            end(turn, place, false);
        }
    }
}

/* ---- Who goes on ---------------------------------------------------------------------------------- */

static void become_ready(struct turn *turn, struct gv_place *place)
{
    turn->mine[place - gv_entrance.places] = false;
    (void)epoll_ctl(gv_entrance.epoll_fd, EPOLL_CTL_DEL, place->descriptor, NULL);
    pthread_mutex_lock(&gv_entrance.lock);
    gv_place_move(place, GV_PLACE_READY);
    pthread_mutex_unlock(&gv_entrance.lock);
}

/* The word is with the client. */
static bool await(struct gv_place *place, uint32_t events)
{
    if (place->moves < MOVES_MAX) {
        place->moves++;
        place->moved_ms = gv_now_ms(); /* what we did for it is not its time */
    }
    if (place->events == events) {
        return true;
    }
    place->events = events;
    struct epoll_event event = {.events = events,
                                .data = {.u64 = (uint64_t)(place - gv_entrance.places)}};
    return epoll_ctl(gv_entrance.epoll_fd, EPOLL_CTL_MOD, place->descriptor, &event) == 0;
}

/* The handshake as far as it goes, then the first bytes of a request. */
static enum gv_tls_step step_on(struct gv_place *place)
{
    if (place->stage == GV_STAGE_SILENT) {
        place->ssl = gv_tls_begin(place->descriptor);
        place->stage = GV_STAGE_HANDSHAKE;
    }
    if (place->ssl == NULL) {
        return GV_TLS_FAILED;
    }
    if (place->stage == GV_STAGE_HANDSHAKE) {
        const enum gv_tls_step step = gv_tls_handshake(place->ssl);
        if (step != GV_TLS_DONE) {
            return step;
        }
        place->stage = GV_STAGE_REQUEST;
        place->since_ms = gv_now_ms();
    }
    return gv_tls_await(place->ssl);
}

static void go_on_with_tls(struct turn *turn, struct gv_place *place)
{
    bool goes_on = false;
    switch (step_on(place)) {
    case GV_TLS_DONE:
        become_ready(turn, place);
        return;
    case GV_TLS_READ:
        goes_on = await(place, EPOLLIN);
        break;
    case GV_TLS_WRITE:
        goes_on = await(place, EPOLLOUT);
        break;
    case GV_TLS_FAILED:
        break; /* the alert says why */
    }
    if (!goes_on) {
        end(turn, place, true);
    }
}

static void go_on_plain(struct turn *turn, struct gv_place *place)
{
    char byte;
    const ssize_t n = recv(place->descriptor, &byte, 1, MSG_PEEK);
    if (n > 0) {
        become_ready(turn, place);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        end(turn, place, true);
    }
}

/* ---- The thread ----------------------------------------------------------------------------------- */

/* Returns how long the next look may take; 0 when we are stopping. */
static int begin_turn(struct turn *turn)
{
    *turn = (struct turn){.looked_ms = gv_now_ms()};
    pthread_mutex_lock(&gv_entrance.lock);
    const bool stopping = gv_entrance.stopping;
    const bool somebody = gv_entrance.waiting > 0;
    const bool crowded = gv_entrance.vacant < GV_ENTRANCE_SPARE;
    pthread_mutex_unlock(&gv_entrance.lock);
    if (stopping) {
        return 0;
    }
    return !somebody ? -1 : (crowded ? CROWDED_MS : TICK_MS);
}

/* Who is here, who calls, and how many should go. */
static void look_around(struct turn *turn, const struct epoll_event *events, int n)
{
    for (int i = 0; i < n; i++) {
        if (events[i].data.u64 < GV_ENTRANCE_PLACES) {
            turn->called[events[i].data.u64] = true;
        } else {
            gv_entrance_hush(gv_entrance.wake_fd);
        }
    }
    pthread_mutex_lock(&gv_entrance.lock);
    for (unsigned i = 0; i < GV_ENTRANCE_PLACES; i++) {
        turn->mine[i] = gv_entrance.places[i].state == GV_PLACE_WAITING;
    }
    const unsigned vacant = gv_entrance.vacant;
    pthread_mutex_unlock(&gv_entrance.lock);
    turn->wanted = vacant < GV_ENTRANCE_SPARE ? GV_ENTRANCE_SPARE - vacant : 0;
}

static void go_on(struct turn *turn, unsigned i)
{
    struct gv_place *place = &gv_entrance.places[i];
    if (place->is_tls) {
        go_on_with_tls(turn, place);
    } else {
        go_on_plain(turn, place);
    }
}

/* Has this place something for us, and is it the begin of a handshake? */
static bool calls(const struct turn *turn, unsigned i, bool begins)
{
    const struct gv_place *place = &gv_entrance.places[i];
    return turn->mine[i] && turn->called[i] &&
           begins == (place->is_tls && place->stage == GV_STAGE_SILENT);
}

static void begin_one(struct turn *turn, bool newest)
{
    const struct gv_place *places = gv_entrance.places;
    unsigned chosen = GV_ENTRANCE_PLACES;
    for (unsigned i = 0; i < GV_ENTRANCE_PLACES; i++) {
        if (calls(turn, i, true) &&
            (chosen == GV_ENTRANCE_PLACES || (places[i].order > places[chosen].order) == newest)) {
            chosen = i;
        }
    }
    if (chosen < GV_ENTRANCE_PLACES) {
        turn->called[chosen] = false;
        go_on(turn, chosen);
    }
}

void *gv_porter_run(void *arg)
{
    static struct epoll_event events[GV_ENTRANCE_PLACES + 1]; /* all of them, each turn */
    static struct turn turn;
    (void)arg;
    for (int wait_ms = begin_turn(&turn); wait_ms != 0; wait_ms = begin_turn(&turn)) {
        const int n = epoll_wait(gv_entrance.epoll_fd, events, GV_ENTRANCE_PLACES + 1, wait_ms);
        GV_ASSERT(n >= 0 || errno == EINTR);
        look_around(&turn, events, n);
        make_room(&turn);
        end_late(&turn);
        for (unsigned i = 0; i < GV_ENTRANCE_PLACES; i++) {
            if (calls(&turn, i, false)) {
                go_on(&turn, i);
            }
        }
        for (unsigned i = 0; i < BEGUN_A_TURN; i++) {
            begin_one(&turn, i % 2u == 0);
        }
    }
    return NULL;
}
