/**
 * Owns the connection to what the box says by itself: connects, backs off, notices silence, resumes where it was.
 *
 * The channels of the box (gavel.v1) come over a WebSocket, else as server-sent events, else by long polls: some
 * browsers refuse a socket to a certificate they were told to trust by hand, some proxies refuse streams. All three
 * carry the same frames under the same numbers, so changing between them loses nothing and repeats nothing.
 *
 * @typedef {Object} Frame {"v":1,"ch":"market","seq":7,"type":"listing","ts":"...","data":{...}}
 * @property {string} ch
 * @property {number} seq
 * @property {string} type 'snapshot': the state of the channel now; what followed before may have been missed
 * @property {any} data
 *
 * @typedef {'live'|'polling'|'offline'} Link
 *
 * @typedef {Object} Listener
 * @property {(frame: any) => void} frame
 * @property {(link: Link, retryAt: number) => void} state retryAt: when the next try is, ms since 1970; 0 while live
 *
 * @typedef {Object} Attempt what a way tells of itself
 * @property {() => void} opened
 * @property {(frame: any) => void} frame
 * @property {(seq: number) => void} [complete] every channel has everything up to this number
 * @property {() => void} lost it never opened, or it ended
 */

const RETRY_MS = [1000, 2000, 4000, 8000, 15000, 30000];
/** Waits are spread by a quarter, so that many pages do not come back to a box at once. */
const SPREAD = 0.25;
const FAILURES_BEFORE_NEXT = 2;
/** The box says the time every 10 s. */
const SILENCE_MS = 45000;
const CONNECT_MS = 10000;
const POLL_S = 25;

const socketTo = (path, protocol) => {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocket(`${scheme}//${location.host}${path}`, protocol);
};

/** @param {WebSocket} socket @param {() => void} opened @param {Attempt} on @returns {() => void} close */
function listen(socket, opened, on) {
  socket.onopen = () => {
    on.opened();
    opened();
  };
  socket.onmessage = (event) => on.frame(JSON.parse(event.data));
  socket.onclose = on.lost;
  return () => socket.close();
}

/** One request resumes all channels from one number, or none. @param {Map<string, number|undefined>} heard */
function query(heard) {
  const numbers = [...heard.values()];
  const since = numbers.includes(undefined) ? '' : `&since=${Math.min(...numbers)}`;
  return `ch=${[...heard.keys()].join(',')}${since}`;
}

/** Each is tried after the one before. Returns a function that closes it. */
const WAYS = [
  {
    link: 'live',
    /** @param {Map<string, number|undefined>} heard @param {Attempt} on */
    open(heard, on) {
      const socket = socketTo('/api/v1/ws', 'gavel.v1');
      return listen(socket, () => {
        for (const [ch, since] of heard) socket.send(JSON.stringify({ op: 'sub', ch, since }));
      }, on);
    },
  },
  {
    link: 'live',
    open(heard, on) {
      const source = new EventSource(`/api/v1/events?${query(heard)}`);
      source.onopen = on.opened;
      source.onmessage = (event) => on.frame(JSON.parse(event.data));
      source.onerror = () => {
        source.close(); /* we come back ourselves, with what we have by then */
        on.lost();
      };
      return () => source.close();
    },
  },
  {
    link: 'polling',
    open(heard, on) {
      const left = new AbortController();
      const ask = async () => {
        const answer = await fetch(`/api/v1/events/poll?${query(heard)}&wait=${POLL_S}`, {
          signal: left.signal,
          cache: 'no-store',
        });
        if (!answer.ok) throw new Error(`poll: ${answer.status}`);
        const { items, seq } = await answer.json();
        on.opened();
        for (const frame of items) on.frame(frame);
        on.complete(seq);
      };
      const askOn = () => ask().then(askOn, on.lost);
      askOn();
      return () => left.abort();
    },
  },
];

/** Does the box answer at all? Else another way is no better. */
const answers = () =>
  fetch('/health', { cache: 'no-store', signal: AbortSignal.timeout(CONNECT_MS) }).then((answer) => answer.ok, () => false);

const pause = (failures) =>
  RETRY_MS[Math.min(failures - 1, RETRY_MS.length - 1)] * (1 - SPREAD + 2 * SPREAD * Math.random());

/**
 * Try one attempt after the other.
 * @param {(on: Attempt) => () => void} open
 * @param {Listener & {failed?: (failures: number, retryAt: number) => Promise<void>|void, opened?: () => Link}} on
 * @param {number} [silenceMs] a stream that is quiet this long is lost
 * @param {AbortSignal} [until] closes it for good; without it, it lasts as long as the page
 * @returns {{retry: () => void}} retry: try now instead of waiting
 */
function keepOpen(open, on, silenceMs = SILENCE_MS, until = undefined) {
  let failures = 0;
  let watchdog = 0;
  let waiting = 0;
  let leave = () => {};

  const connect = () => {
    let over = false;
    let close = () => {};
    waiting = 0;
    const lost = async () => {
      if (over) return;
      over = true;
      clearTimeout(watchdog);
      close();
      failures += 1;
      const wait = pause(failures);
      const retryAt = Date.now() + wait;
      on.state('offline', retryAt);
      await on.failed?.(failures, retryAt);
      if (!until?.aborted) waiting = setTimeout(connect, wait);
    };
    const expect = (ms) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(lost, ms);
    };
    expect(CONNECT_MS + silenceMs); /* a long poll may say nothing for as long as it waits */
    close = open({
      opened: () => {
        if (over) return;
        failures = 0;
        expect(silenceMs);
        on.state(on.opened?.() ?? 'live', 0);
      },
      frame: (frame) => {
        if (over) return;
        expect(silenceMs);
        on.frame(frame);
      },
      lost,
    });
    leave = () => {
      over = true;
      clearTimeout(watchdog);
      clearTimeout(waiting);
      close();
    };
  };

  const retry = () => {
    if (!waiting) return;
    clearTimeout(waiting);
    connect();
  };
  addEventListener('online', retry, { signal: until });
  until?.addEventListener('abort', () => leave());
  if (!until?.aborted) connect();
  return { retry };
}

/**
 * Hear channels of the box. After every loss the stream goes on behind the last frame, or with snapshots.
 * @param {string[]} channels @param {Listener} on @param {AbortSignal} [until]
 */
export function openChannels(channels, on, until) {
  const heard = new Map(channels.map((ch) => [ch, /** @type {number|undefined} */ (undefined)]));
  let way = 0;
  let everOpened = false;
  const complete = (seq) => {
    for (const [ch, since] of heard) if (since !== undefined) heard.set(ch, Math.max(since, seq));
  };

  keepOpen((attempt) => {
    everOpened = false;
    return WAYS[way].open(heard, { ...attempt, complete });
  }, {
    state: on.state,
    opened: () => {
      everOpened = true;
      return WAYS[way].link;
    },
    frame: (frame) => {
      if (heard.has(frame.ch)) heard.set(frame.ch, frame.seq);
      /* Behind the time nothing is left to be sent; a stream is in order over all channels. */
      if (frame.type === 'time' || way > 0) complete(frame.seq);
      on.frame(frame);
    },
    failed: async (failures) => {
      if (everOpened || failures < FAILURES_BEFORE_NEXT || !(await answers())) return;
      way = (way + 1) % WAYS.length;
    },
  }, SILENCE_MS, until);
}

/**
 * Hear a socket of its own, which tells everything anew whenever it opens. While the box answers and its socket does
 * not open, the link is "polling": the page asks for itself.
 * @param {string} path
 * @param {Listener & {reload: () => void, silenceMs?: number}} on reload: forget what was told before
 * @returns {{retry: () => void}}
 */
export function openSocket(path, on) {
  let polls = false;
  return keepOpen((attempt) => listen(socketTo(path, []), on.reload, attempt), {
    frame: on.frame,
    opened: () => {
      polls = false;
      return 'live';
    },
    state: (link, retryAt) => on.state(polls && link === 'offline' ? 'polling' : link, retryAt),
    failed: async (failures, retryAt) => {
      polls = failures > FAILURES_BEFORE_NEXT && (await answers());
      on.state(polls ? 'polling' : 'offline', retryAt);
    },
  }, on.silenceMs);
}
