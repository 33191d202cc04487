/**
 * Reloads a page that no longer draws.
 *
 * Two signs of life are watched from a timer: the browser's frames, and React's commits of a component that changes
 * every second. A page in the background draws nothing and is left alone; so is one that just woke up. A page whose
 * every script stands still cannot look after itself: that is for the kiosk's own watchdog.
 */

import { keep, recall } from "../shell/kept";
import { reload as reloadPage } from "../shell/shell";

/** Without a sign of life for so long the page is frozen. */
export const FROZEN_MS = 10_000;
const LOOK_EVERY_MS = 1_000;
/** Reloads at most one a minute: a fault that a reload does not mend must not become a storm. */
const RELOAD_APART_MS = 60_000;
const LAST_RELOAD = "pitchguard.reloaded";

export interface Signs {
  /** When the browser last drew a frame. */
  frameAt: number;
  /** When React last committed. */
  commitAt: number;
}

/** Whether the page is frozen, as of `now`, given the timer's own last look. */
export function isFrozen(signs: Signs, now: number, lookedAt: number, visible: boolean): boolean {
  const timersWork = now - lookedAt < 3 * LOOK_EVERY_MS;
  return visible && timersWork && now - Math.min(signs.frameAt, signs.commitAt) > FROZEN_MS;
}

export class Watchdog {
  readonly #signs: Signs;
  #lookedAt: number;
  #biting = false;

  constructor(private readonly reload: () => Promise<boolean> = reloadPage) {
    const now = performance.now();
    this.#signs = { frameAt: now, commitAt: now };
    this.#lookedAt = now;
    const frame = (): void => {
      this.#signs.frameAt = performance.now();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    setInterval(() => this.#look(), LOOK_EVERY_MS);
    document.addEventListener("visibilitychange", () => this.#forgive());
  }

  /** React committed. */
  committed(): void {
    this.#signs.commitAt = performance.now();
  }

  /** Reloads, if that has not just been done and there is something to load. */
  async bite(): Promise<void> {
    const last = Number(recall("sessionStorage", LAST_RELOAD) ?? 0);
    if (this.#biting || Date.now() - last < RELOAD_APART_MS) return;
    this.#biting = true;
    const before = recall("sessionStorage", LAST_RELOAD) ?? "0";
    keep("sessionStorage", LAST_RELOAD, String(Date.now()));
    // A box that is away is asked again at the next look.
    if (!(await this.reload())) keep("sessionStorage", LAST_RELOAD, before);
    this.#biting = false;
  }

  #look(): void {
    const now = performance.now();
    const frozen = isFrozen(this.#signs, now, this.#lookedAt, document.visibilityState === "visible");
    if (now - this.#lookedAt > 3 * LOOK_EVERY_MS) this.#forgive();
    this.#lookedAt = now;
    if (frozen) void this.bite();
  }

  #forgive(): void {
    const now = performance.now();
    this.#signs.frameAt = now;
    this.#signs.commitAt = now;
  }
}
