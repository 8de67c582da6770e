/**
 * Owns the socket: connects, backs off, notices silence, and says when a full reload is due.
 * What a frame holds is the stream's business: a page gets each one parsed.
 * @module
 */

const RETRY_MS = [1000, 2000, 4000, 8000, 15000, 30000];
/** Where sockets are refused (some browsers, clicked-through certificates), poll instead. */
const FAILURES_BEFORE_POLLING = 2;
const POLL_MS = 5000;

/**
 * @param {Object} stream
 * @param {string} stream.path
 * @param {string} [stream.protocol]
 * @param {number} [stream.silenceMs] a stream that always says something is lost when it is quiet this long
 * @param {Object} on
 * @param {(frame: any) => void} on.frame
 * @param {() => void} on.reload everything must be read again: after a (re)connect, or when polling
 * @param {(state: 'live'|'polling'|'offline') => void} on.state
 */
export function openLive(stream, on) {
  let failures = 0;
  let silence = 0;

  const listenForSilence = (socket) => {
    clearTimeout(silence);
    if (stream.silenceMs) silence = setTimeout(() => socket.close(), stream.silenceMs);
  };

  const connect = () => {
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(`${scheme}//${location.host}${stream.path}`, stream.protocol ?? []);
    socket.onopen = () => {
      failures = 0;
      on.state('live');
      on.reload();
      listenForSilence(socket);
    };
    socket.onmessage = (event) => {
      listenForSilence(socket);
      on.frame(JSON.parse(event.data));
    };
    socket.onclose = () => {
      clearTimeout(silence);
      retry();
    };
  };

  const retry = () => {
    const wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
    failures += 1;
    if (failures > FAILURES_BEFORE_POLLING) {
      on.state('polling');
      on.reload();
      setTimeout(connect, Math.max(wait, POLL_MS));
      return;
    }
    on.state('offline');
    setTimeout(connect, wait * (0.75 + Math.random() / 2));
  };

  connect();
}
