/**
 * A process with some clients of the live stream, for live.mjs: node live-listener.mjs JOB, where JOB is JSON.
 *
 * The bench's events say when they were published, by the clock that all processes of a machine share, so a
 * delivery is timed from the publication in gaveld to the bytes in the client. "measure" and "report" come
 * over the process's channel, answers go back over it.
 */
import { once } from 'node:events';
import https from 'node:https';
import tls from 'node:tls';
import WebSocket from 'ws';

/**
 * @typedef {{port: number, ca: string, sockets: number, streams: number, polls: number, stalled: number}} Job
 */

const STAMP = /"bench_ns":"(\d+)"/g;

/** @type {number[]} milliseconds */
let delays = [];
let closed = 0;

/** @param {string} text of one or more events */
function take(text) {
  const now = process.hrtime.bigint();
  for (const [, stamp] of text.matchAll(STAMP)) delays.push(Number(now - BigInt(stamp)) / 1e6);
}

/** @param {Job} job */
async function openSocket({ port, ca }) {
  const socket = new WebSocket(`wss://127.0.0.1:${port}/api/v1/ws`, 'gavel.v1', { perMessageDeflate: false, ca });
  await once(socket, 'open');
  socket.send('{"op":"sub","ch":"node"}');
  socket.on('message', (data) => take(String(data)));
  socket.on('close', () => closed++);
  return socket;
}

/** @param {Job} job */
async function openStream({ port, ca }) {
  const request = https.get({ host: '127.0.0.1', port, ca, path: '/api/v1/events?ch=node', agent: false });
  const [response] = await once(request, 'response');
  response.on('data', (part) => take(String(part)));
  response.on('close', () => closed++);
}

/** One poll after the other, as a page without a stream does. @param {Job} job */
async function keepPolling({ port, ca }) {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca });
  for (let since = ''; ; ) {
    const path = `/api/v1/events/poll?ch=node${since}`;
    const [response] = await once(https.get({ host: '127.0.0.1', port, path, agent }), 'response');
    const parts = [];
    for await (const part of response) parts.push(part);
    const text = String(Buffer.concat(parts));
    if (response.statusCode !== 200) closed++;
    if (since !== '') take(text); // the first answer is the state, and what it is made of
    const last = [...text.matchAll(/"seq":(\d+)/g)].at(-1);
    if (last) since = `&since=${last[1]}`;
  }
}

/** Asks for everything and reads nothing. @param {Job} job */
async function openStalled({ port, ca }) {
  const socket = tls.connect({ host: '127.0.0.1', port, ca });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  socket.write('GET /api/v1/events?ch=node HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  socket.pause();
}

/** @param {Job} job */
async function main(job) {
  for (let i = 0; i < job.sockets; i++) await openSocket(job);
  for (let i = 0; i < job.streams; i++) await openStream(job);
  for (let i = 0; i < job.stalled; i++) await openStalled(job);
  for (let i = 0; i < job.polls; i++) void keepPolling(job);
  process.on('message', (word) => {
    if (word === 'report') process.send?.({ delays, closed });
    delays = [];
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.('ready');
}

await main(JSON.parse(process.argv[2]));
