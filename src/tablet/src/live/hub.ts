/** The page's one live state and connection, and who is told when something changes: once a frame at most. */
import { Connection, type Link } from "./connection";
import { LiveState, type News, type Topic } from "./state";

type Run = () => void;

export class Hub {
  readonly state: LiveState;
  link: Link = "connecting";
  readonly #connection: Connection;
  readonly #listeners = new Map<Topic | "link", Set<Run>>();
  readonly #news = new Set<News>();
  readonly #changed = new Set<Topic | "link">();
  #flushing = false;

  constructor() {
    this.state = new LiveState((alert) => {
      for (const tell of this.#news) tell(alert);
    });
    this.#connection = new Connection(browser, {
      message: (message) => this.#mark(this.state.take(message, Date.now())),
      link: (link) => {
        this.link = link;
        this.#mark(["link"]);
      },
    });
    const nudge = (): void => this.#connection.nudge();
    window.addEventListener("online", nudge);
    window.addEventListener("pageshow", nudge);
    document.addEventListener("visibilitychange", nudge);
  }

  /** When the box last said something, ms on this device's clock. */
  get heardAt(): number {
    return this.#connection.heardAt;
  }

  subscribe(topic: Topic | "link", run: Run): Run {
    const runs = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, runs.add(run));
    return () => {
      runs.delete(run);
      if (runs.size === 0) this.#listeners.delete(topic);
    };
  }

  /** Calls `tell` with each alert that is raised from now on. */
  hearNews(tell: News): Run {
    this.#news.add(tell);
    return () => this.#news.delete(tell);
  }

  /** Says that something changed beside the stream. */
  mark(topics: Topic[]): void {
    this.#mark(topics);
  }

  /** The box has let this page in: connects at once. */
  admitted(): void {
    this.#connection.nudge();
  }

  #mark(topics: (Topic | "link")[]): void {
    for (const topic of topics) this.#changed.add(topic);
    if (this.#flushing || this.#changed.size === 0) return;
    this.#flushing = true;
    requestAnimationFrame(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    const changed = [...this.#changed];
    this.#changed.clear();
    const runs = new Set(changed.flatMap((topic) => [...(this.#listeners.get(topic) ?? [])]));
    for (const run of runs) run();
  }
}

const browser = {
  now: () => Date.now(),
  every: (ms: number, run: Run): Run => {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
  open: (path: string) => new WebSocket(`${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${path}`),
  probe: async (signal: AbortSignal) => {
    // What the stream needs too: an address that asks for a key where keys are asked for.
    const answer = await fetch("/api/venue", { signal, cache: "no-store" });
    return answer.status === 401 ? ("key" as const) : ("there" as const);
  },
};
