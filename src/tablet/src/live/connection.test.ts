import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Connection, PROBE_EVERY_MS, type Link, type World } from "./connection";
import { beat, snapshot } from "./samples";

/** A box that can go away, sleep and ask for a key. */
class Box implements World {
  there: "there" | "key" | "away" | "hangs" = "there";
  sockets: FakeSocket[] = [];
  probes = 0;
  now = (): number => Date.now();

  every(ms: number, run: () => void): () => void {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  }

  open(url: string): WebSocket {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    return socket as unknown as WebSocket;
  }

  probe(signal: AbortSignal): Promise<"there" | "key" | "away"> {
    this.probes += 1;
    if (this.there === "away") return Promise.reject(new TypeError("refused"));
    if (this.there !== "hangs") return Promise.resolve(this.there);
    return new Promise((_, refuse) => signal.addEventListener("abort", () => refuse(signal.reason)));
  }

  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (!last) throw new Error("no socket was opened");
    return last;
  }
}

class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  closed = false;
  constructor(readonly url: string) {}
  close(): void {
    this.closed = true;
  }
  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

let box: Box;
let links: Link[];
let connection: Connection;

beforeEach(() => {
  vi.useFakeTimers();
  box = new Box();
  links = [];
  connection = new Connection(box, { message: () => {}, link: (link) => links.push(link) });
  box.socket.onopen?.();
  box.socket.say(snapshot(7, 0));
});

afterEach(() => {
  connection.close();
  vi.useRealTimers();
});

/** Time passes, and the box says something every second of it. */
async function quiet(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await vi.advanceTimersByTimeAsync(1_000);
    box.socket.say(beat(7, 0));
  }
}

describe("a connection", () => {
  test("stays while the box says a beat, and asks nothing beside", async () => {
    await quiet(60);
    expect([links, box.sockets.length, box.probes]).toEqual([["live"], 1, 0]);
  });

  test("is lost after two and a half seconds of silence, and resumes where it was", async () => {
    await vi.advanceTimersByTimeAsync(2_750);
    expect(links).toEqual(["live", "lost"]);
    expect(box.socket.url).toContain("since=7");
    box.socket.onopen?.();
    expect(links).toEqual(["live", "lost", "live"]);
  });

  test("opens a socket within a second of the box's return, however long it was away", async () => {
    box.there = "away";
    box.socket.onclose?.({ code: 1006 });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(box.sockets.length, "no socket is opened in vain: browsers punish that").toBe(1);
    box.there = "there";
    await vi.advanceTimersByTimeAsync(PROBE_EVERY_MS + 250);
    expect(box.sockets.length).toBe(2);
  });

  test("is not held up by a question that hangs", async () => {
    box.there = "hangs";
    box.socket.onclose?.({ code: 1006 });
    await vi.advanceTimersByTimeAsync(60_000);
    box.there = "there";
    await vi.advanceTimersByTimeAsync(PROBE_EVERY_MS + 250);
    expect(box.sockets.length).toBe(2);
  });

  test("starts from a snapshot after a sleep, and after it was too slow", async () => {
    await quiet(3);
    vi.setSystemTime(Date.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(250);
    expect(links.at(-1)).toBe("lost");
    expect(box.socket.url).not.toContain("since");
    box.socket.onopen?.();
    expect(links.at(-1), "nothing is live before the snapshot").toBe("lost");
    box.socket.say(snapshot(9, 0));
    box.socket.onclose?.({ code: 1013 });
    await vi.advanceTimersByTimeAsync(250);
    expect(box.socket.url).not.toContain("since");
  });

  test("starts anew where this device's clock was set back", async () => {
    await quiet(2);
    vi.setSystemTime(Date.now() - 60_000);
    await vi.advanceTimersByTimeAsync(250);
    expect(links.at(-1)).toBe("lost");
  });

  test("says that a box is away though it asked for a key before", async () => {
    box.there = "key";
    box.socket.onclose?.({ code: 1008 });
    await vi.advanceTimersByTimeAsync(PROBE_EVERY_MS);
    expect(links.at(-1)).toBe("key");
    box.there = "away";
    await vi.advanceTimersByTimeAsync(2 * PROBE_EVERY_MS);
    expect(links.at(-1)).toBe("lost");
    box.there = "key";
    await vi.advanceTimersByTimeAsync(2 * PROBE_EVERY_MS);
    expect(links.at(-1)).toBe("key");
  });

  test("says that a key is asked for, and comes in once it was given", async () => {
    box.there = "key";
    box.socket.onclose?.({ code: 1006 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(links.at(-1)).toBe("key");
    box.there = "there";
    connection.nudge();
    await vi.advanceTimersByTimeAsync(1);
    expect(box.sockets.length).toBe(2);
  });

  test("does not hurry where questions come through and sockets do not", async () => {
    const seconds = 30;
    for (let tick = 0; tick < seconds * 20; tick += 1) {
      if (!box.socket.closed) box.socket.onclose?.({ code: 1006 });
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(box.sockets.length).toBeGreaterThan(seconds);
    expect(box.sockets.length).toBeLessThan((seconds * 1_000) / PROBE_EVERY_MS + 3);
  });

  test("gives up a socket that does not open, and hears nothing more of it", async () => {
    box.socket.onclose?.({ code: 1006 });
    await vi.advanceTimersByTimeAsync(1);
    const stuck = box.socket;
    await vi.advanceTimersByTimeAsync(5_000);
    expect([stuck.closed, stuck.onmessage]).toEqual([true, null]);
    expect(box.socket).not.toBe(stuck);
  });
});
