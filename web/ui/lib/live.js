/**
 * Owns the socket: connects, backs off, notices silence, and says when a full reload is due.
 * Frames: {"v":1,"ch":"dutch","seq":7,"type":"listing","ts":"…","data":{…}}.
 * @module
 */

const RETRY_MS = [1000, 2000, 4000, 8000, 15000, 30000];
/** The server pings every 20 s, which a page cannot see; it also sends a time frame every 10 s. */
const SILENCE_MS = 45000;
/** Where sockets are refused (some browsers, clicked-through certificates), poll instead. */
const FAILURES_BEFORE_POLLING = 2;
const POLL_MS = 5000;

/**
 * @param {Object} on
 * @param {(frame: {ch: string, seq: number, type: string, data: any}) => void} on.frame
 * @param {() => void} on.reload everything must be read again: after a (re)connect, or when polling
 * @param {(state: 'live'|'polling'|'offline') => void} on.state
 */
export function openLive(on) {
  let failures = 0;
  let silence = 0;

  const listenForSilence = (socket) => {
    clearTimeout(silence);
    silence = setTimeout(() => socket.close(), SILENCE_MS);
  };

  const connect = () => {
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(`${scheme}//${location.host}/api/v1/ws`, 'gavel.v1');
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
