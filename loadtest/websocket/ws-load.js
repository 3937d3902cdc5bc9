import { sleep } from "k6";
import exec from "k6/execution";
import { Counter, Rate, Trend } from "k6/metrics";
import { WebSocket } from "k6/websockets";
import ws from "k6/ws";
import { wsOptions } from "./ws-options.ts";
import { backoffMs, connectDelayMs, parseWsSettings } from "./ws-settings.ts";
import { wsSummary } from "./ws-summary.ts";

// Load on a WebSocket server: `npm run loadtest:k6:ws`. Settings are variables of the environment; see loadtest/README.md.

const settings = parseWsSettings(__ENV);
export const options = wsOptions(settings, "fastClients", "slowClient");

const attempts = new Counter("ws_load_connect_attempts");
const connected = new Rate("ws_load_connected");
const connectMs = new Trend("ws_load_connect_ms", true);
const lost = new Counter("ws_load_lost");
const flapped = new Counter("ws_load_flapped");
const pingsSent = new Counter("ws_load_pings_sent");
const pingAnswered = new Rate("ws_load_ping_answered");
const roundTrip = new Trend("ws_load_rtt", true);
const messagesSent = new Counter("ws_load_messages_sent");
const messagesReceived = new Counter("ws_load_messages_received");
const messagesForeign = new Counter("ws_load_messages_foreign");
const endToEnd = new Trend("ws_load_e2e", true);

/** `readyState` of a connection that is open (WHATWG WebSockets). */
const OPEN = 1;
const PAD = "x".repeat(settings.bodyBytes);

/** A name that messages of this run carry: those of an earlier one, delivered late, must not be measured. */
export function setup() {
  return { run: `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}` };
}

export function handleSummary(summary) {
  return { stdout: wsSummary(settings, summary) };
}

/** The clients of one virtual user, all on its one event loop; over when the last is closed. */
export function fastClients({ run }) {
  const count = settings.clients - settings.slowClients;
  const clients = [];
  for (let index = exec.scenario.iterationInTest; index < count; index += settings.fastVus) clients.push(new FastClient(index, run));
  for (const client of clients) client.after(connectDelayMs(settings, client.index), () => client.connect("first"));
  const flapping = settings.flapPercent === 0 ? undefined : setInterval(() => flap(clients), settings.flapInterval.ms);
  setTimeout(() => {
    clearInterval(flapping);
    for (const client of clients) client.end();
  }, settings.duration.ms);
}

/** Cuts that many per cent of the clients that are connected, chosen at random. */
function flap(clients) {
  for (const client of clients) if (Math.random() * 100 < settings.flapPercent) client.flap();
}

class FastClient {
  #run;
  #socket;
  #timers = new Set();
  #sending;
  /** When pings that are not answered yet were sent; answers come in order. */
  #unanswered = [];
  #failures = 0;
  #hasEnded = false;

  constructor(index, run) {
    this.index = index;
    this.#run = run;
  }

  after(ms, action) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }

  connect(attempt) {
    const tags = { cohort: "fast", attempt };
    const began = now();
    const socket = new WebSocket(settings.url, null, { headers: headers(), tags: { cohort: "fast" } });
    this.#socket = socket;
    let isOpen = false;
    attempts.add(1, tags);
    socket.addEventListener("open", () => {
      isOpen = true;
      this.#failures = 0;
      connected.add(true, tags);
      connectMs.add(now() - began, tags);
      // DURATION was over while it was being made.
      if (this.#hasEnded) socket.close();
      else this.#begin(socket);
    });
    socket.addEventListener("message", (event) => receive(event.data, this.#run, "fast"));
    socket.addEventListener("pong", () => {
      roundTrip.add(now() - this.#unanswered.shift(), { cohort: "fast" });
      pingAnswered.add(true, { cohort: "fast" });
    });
    socket.addEventListener("close", () => {
      if (!isOpen) connected.add(false, tags);
      this.#closed(isOpen, socket.isCutByUs === true);
    });
    // What went wrong is told by the close event, which follows.
    socket.addEventListener("error", () => {});
  }

  flap() {
    if (this.#socket?.readyState !== OPEN) return;
    flapped.add(1, { cohort: "fast" });
    this.#cut();
  }

  end() {
    this.#hasEnded = true;
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#socket?.readyState === OPEN) this.#cut();
  }

  #begin(socket) {
    if (settings.firstMessage !== undefined) socket.send(settings.firstMessage);
    const send =
      settings.traffic === "pings" ? () => this.#ping(socket) : isSender(this.index) ? () => sendMessage(socket, this.#run, "fast") : undefined;
    if (send === undefined) return;
    send();
    this.#sending = setInterval(send, settings.interval.ms);
  }

  #ping(socket) {
    this.#unanswered.push(now());
    pingsSent.add(1, { cohort: "fast" });
    socket.ping();
  }

  #cut() {
    this.#socket.isCutByUs = true;
    this.#socket.close();
  }

  #closed(wasOpen, isCutByUs) {
    clearInterval(this.#sending);
    for (const _sent of this.#unanswered) pingAnswered.add(false, { cohort: "fast" });
    this.#unanswered = [];
    if (wasOpen && !isCutByUs && !this.#hasEnded) lost.add(1, { cohort: "fast" });
    if (this.#hasEnded || !settings.reconnects) return;
    this.after(backoffMs(settings.backoff, this.#failures, Math.random()), () => this.connect("again"));
    if (!wasOpen) this.#failures++;
  }
}

/**
 * One client that handles a message only SLOW_DELAY after the one before. The older module is used on purpose: while its handler sleeps nothing is
 * read from the connection, so the server feels it, as with a client on a bad network.
 */
export function slowClient({ run }) {
  const endMs = now() + settings.duration.ms;
  const tags = { cohort: "slow", attempt: "first" };
  let isOpen = false;
  attempts.add(1, tags);
  const began = now();
  try {
    ws.connect(settings.url, { headers: headers(), tags: { cohort: "slow" } }, (socket) => {
      socket.on("open", () => {
        isOpen = true;
        connected.add(true, tags);
        connectMs.add(now() - began, tags);
        if (settings.firstMessage !== undefined) socket.send(settings.firstMessage);
        if (settings.target === "echo") socket.setInterval(() => sendMessage(socket, run, "slow"), settings.interval.ms);
      });
      socket.on("message", (text) => {
        // What waited in the buffers comes all at once when the sleeping is over, just before the connection is closed: nobody read that in time.
        const restMs = endMs - now();
        if (restMs <= 0) return;
        receive(text, run, "slow");
        sleep(Math.min(settings.slowDelay.ms, restMs) / 1000);
      });
      socket.on("close", () => {
        if (isOpen && now() < endMs - 1) lost.add(1, { cohort: "slow" });
      });
      // A handshake that failed says so here; the connection is counted below.
      socket.on("error", () => {});
      socket.setTimeout(() => socket.close(), Math.max(1, endMs - now()));
    });
  } catch (error) {
    console.error(`slow client: ${error.message}`);
  }
  if (!isOpen) connected.add(false, tags);
}

function sendMessage(socket, run, cohort) {
  socket.send(JSON.stringify({ ws_load: run, sent_ms: now(), pad: PAD }));
  messagesSent.add(1, { cohort });
}

/** Only messages of this run are measured; others are counted as what they are. */
function receive(data, run, cohort) {
  const message = parse(data);
  if (message?.ws_load !== run) {
    messagesForeign.add(1, { cohort });
    return;
  }
  messagesReceived.add(1, { cohort });
  endToEnd.add(now() - message.sent_ms, { cohort });
}

function parse(data) {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function isSender(index) {
  return settings.traffic === "messages" && index < settings.senders;
}

function headers() {
  return settings.authToken === undefined ? {} : { authorization: `Bearer ${settings.authToken}` };
}

/** Milliseconds with fractions, the same clock in every virtual user of this k6. */
function now() {
  return exec.instance.currentTestRunDuration;
}
