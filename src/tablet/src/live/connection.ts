/**
 * One WebSocket, kept alive.
 *
 * While the link is down the box is asked over HTTP every half second whether it is there, and the WebSocket is opened
 * as soon as it answers: browsers slow down a page whose WebSockets fail again and again, and do not slow down this. A
 * question that hangs holds nothing up, for the next is asked beside it. A link that carries nothing for two and a half
 * seconds is dead, for the box says something every second. After a sleep, or a step of this device's clock, everything
 * starts from a snapshot.
 */
import type { LiveMessage } from "../api/types";

/** How often the box is asked to say something in quiet moments, s. */
const BEAT_S = 1;
/** Silence after which a link is dead. */
const SILENT_MS = 2_500;
/** How often a box that is away is asked whether it is back. */
export const PROBE_EVERY_MS = 500;
/** Longest wait for one answer of those. */
const PROBE_WITHIN_MS = 3_000;
/** Questions under way at most: a browser opens six connections to one box. */
const PROBES_MAX = 4;
/** Longest wait for a WebSocket to open. */
const OPEN_WITHIN_MS = 4_000;
/** How often time is looked at. */
const TICK_MS = 250;
/** Ticks this far apart mean that the page slept, or that the clock was set. */
const SLEPT_MS = 5_000;

/** How the link stands. */
export type Link = "connecting" | "live" | "lost" | "key";

/** What a connection needs of the world; a test gives it another one. */
export interface World {
  now(): number;
  every(ms: number, run: () => void): () => void;
  open(url: string): WebSocket;
  /** Whether the box answers, and whether it asks for a key. */
  probe(signal: AbortSignal): Promise<"there" | "key" | "away">;
}

export interface Listener {
  /** A message; it is to be applied at once. */
  message(message: LiveMessage): void;
  /** The link changed. */
  link(link: Link): void;
}

export class Connection {
  #link: Link = "connecting";
  #socket: WebSocket | null = null;
  #openedAt = 0;
  #heardAt = 0;
  #tickedAt: number;
  #probedAt = -Infinity;
  #probes = new Set<AbortController>();
  #seq: number | null = null;
  #fresh = true;
  readonly #stopTicking: () => void;

  constructor(
    private readonly world: World,
    private readonly listener: Listener,
  ) {
    this.#tickedAt = world.now();
    this.#stopTicking = world.every(TICK_MS, () => this.#tick());
    this.#open();
  }

  /** When the box last said something, ms on this device's clock; 0 where it never did. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Something happened that may have brought the box back, or the page: looks at once. */
  nudge(): void {
    if (this.#link === "live") this.#tick();
    else if (this.#socket === null) this.#probe();
  }

  /** Starts from a snapshot: what is known cannot be trusted to be all. */
  restart(): void {
    this.#fresh = true;
    this.#drop("lost");
    this.#probe();
  }

  close(): void {
    this.#stopTicking();
    this.#abortProbes();
    this.#discard();
  }

  #tick(): void {
    const now = this.world.now();
    const gap = now - this.#tickedAt;
    this.#tickedAt = now;
    if (gap > SLEPT_MS || gap < -TICK_MS) {
      this.restart();
    } else if (this.#link === "live" && now - this.#heardAt > SILENT_MS) {
      this.#drop("lost");
      this.#probe();
    } else if (this.#socket !== null && this.#link !== "live" && now - this.#openedAt > OPEN_WITHIN_MS) {
      this.#drop("lost");
      this.#probe();
    } else if (this.#socket === null && now - this.#probedAt >= PROBE_EVERY_MS) {
      this.#probe();
    }
  }

  #open(): void {
    this.#openedAt = this.world.now();
    const since = this.#fresh || this.#seq === null ? "" : `&since=${this.#seq}`;
    const socket = this.world.open(`/api/live?beat_s=${BEAT_S}${since}`);
    this.#socket = socket;
    socket.onopen = () => {
      if (this.#socket !== socket) return;
      this.#heardAt = this.world.now();
      // After a resumption there may be nothing to say until the first beat.
      if (since !== "") this.#say("live");
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      if (this.#socket !== socket) return;
      const message = JSON.parse(event.data) as LiveMessage;
      this.#heardAt = this.world.now();
      this.#seq = message.seq;
      this.#fresh = false;
      this.listener.message(message);
      this.#say("live");
    };
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      // Too slow for the stream: what was missed is gone there.
      if (event.code === 1013) this.#fresh = true;
      const wasLive = this.#link === "live";
      this.#drop("lost");
      // One that never came about is tried again in its turn: a proxy may pass on questions and no WebSockets.
      if (wasLive) this.#probe();
    };
  }

  #probe(): void {
    this.#probedAt = this.world.now();
    if (this.#probes.size >= PROBES_MAX) {
      const [oldest] = this.#probes;
      oldest?.abort();
    }
    const asking = new AbortController();
    this.#probes.add(asking);
    const stop = setTimeout(() => asking.abort(), PROBE_WITHIN_MS);
    const done = (answer: "there" | "key" | "away"): void => {
      clearTimeout(stop);
      if (!this.#probes.delete(asking) || this.#socket !== null) return;
      if (answer === "key") this.#say("key");
      // It asked for a key, and does not even do that now.
      if (answer === "away" && this.#link === "key") this.#say("lost");
      if (answer !== "there") return;
      this.#abortProbes();
      this.#open();
    };
    this.world.probe(asking.signal).then(done, () => done("away"));
  }

  #abortProbes(): void {
    const asked = [...this.#probes];
    this.#probes.clear();
    for (const asking of asked) asking.abort();
  }

  #drop(link: Link): void {
    this.#discard();
    this.#say(link);
  }

  #discard(): void {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #say(link: Link): void {
    if (this.#link === link) return;
    this.#link = link;
    this.listener.link(link);
  }
}
