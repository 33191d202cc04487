/** Real daemons and stadiums for the browser to look at; each on ports and a store of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The binary to try: as told, or the newest that was built. */
export function binary(): string {
  const told = process.env["PITCHGUARD_BIN"];
  if (told) return told;
  const built = ["release", "debug"].map((profile) => join(ROOT, "target", profile, "pitchguard")).filter((file) => existsSync(file));
  const newest = built.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
  if (!newest) throw new Error("no pitchguard is built: run cargo build, or set PITCHGUARD_BIN");
  return newest;
}

export interface Running {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  output: () => string;
  /** Ends it as a power cut would. */
  kill: () => Promise<void>;
  /** Ends it in order. */
  stop: () => Promise<void>;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

function start(args: readonly string[], env: Record<string, string> = {}): { child: ChildProcess; output: () => string } {
  const child = spawn(binary(), args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  let text = "";
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-100_000);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  running.add(child);
  child.on("exit", () => running.delete(child));
  return { child, output: () => text };
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill(signal);
  });
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something holds. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, within_ms = 60_000, every_ms = 100): Promise<void> {
  const deadline = Date.now() + within_ms;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${within_ms} ms: ${what}`);
    await sleep(every_ms);
  }
}

export async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/health/live`).then(
    (answer) => answer.ok,
    () => false,
  );
}

/** Whatever the API says. */
export async function json<T>(url: string, path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(url + path, init);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

export async function freePort(host = "127.0.0.1"): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function told(args: readonly string[]): Promise<Running> {
  const { child, output } = start(args);
  let url = "";
  await until(`${args.join(" ")} says where to look`, () => {
    url = /look at\s+(http:\/\/[^/\s]+)/.exec(output())?.[1] ?? "";
    if (child.exitCode !== null) throw new Error(output());
    return url !== "";
  });
  await until("it answers", () => answers(url));
  return { url, output, kill: () => end(child, "SIGKILL"), stop: () => end(child, "SIGINT") };
}

/** A stadium that plays to a daemon of its own, with a season's history. */
export const demo = (...args: string[]): Promise<Running> => told(["demo", ...args]);

/** Far more than an evening brings. */
export const loadTest = (...args: string[]): Promise<Running> => told(["load-test", ...args]);

export interface Site {
  dir: string;
  http: string;
  udp: string;
  config: string;
}

/** A place for a daemon that is started again and again; on an address of this machine, and with more configured. */
export async function site({ host = "127.0.0.1", more = "" } = {}): Promise<Site> {
  const dir = mkdtempSync(join(tmpdir(), "pitchguard-tablet-"));
  const [http, udp] = [`${host}:${await freePort(host)}`, `127.0.0.1:${await freePort()}`];
  const config = join(dir, "pitchguard.toml");
  writeFileSync(
    config,
    `[ingest]\nudp_listen = "${udp}"\n[http]\nlisten = "${http}"\n[store]\npath = "${join(dir, "store")}"\ncontrol_socket = "${join(dir, "control.sock")}"\n${more}`,
  );
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  return { dir, http, udp, config };
}

/** Runs a verb to its end. */
export async function verb(...args: string[]): Promise<string> {
  const { child, output } = start(args);
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`pitchguard ${args.join(" ")}: ${output()}`);
  return output();
}

/** Gives a site a fictional season up to today, as an import would bring it. */
export async function seed(at: Site, scenario = "game"): Promise<void> {
  await verb("demo", "--scenario", scenario, "--pitches", "1", "--speed", "30", "--store", join(at.dir, "store")).catch((error: Error) => {
    // One pitch is soon missed on a busy machine, and the demo says so; the season is there.
    if (!/every frame is accounted for/.test(error.message)) throw error;
  });
}

/** The daemon of a site; resolves when it answers. */
export async function run(at: Site): Promise<Running> {
  const { child, output } = start(["--config", at.config, "run"]);
  const url = `http://${at.http}`;
  await until("the daemon answers", () => {
    if (child.exitCode !== null) throw new Error(output());
    return answers(url);
  }, 30_000, 20);
  return { url, output, kill: () => end(child, "SIGKILL"), stop: () => end(child, "SIGTERM") };
}

/** A stadium's cameras, sending to a site. */
export function simulate(at: Site, ...args: string[]): { stop: () => Promise<void>; output: () => string } {
  const { child, output } = start(["simulate", "--to", at.udp, ...args]);
  return { output, stop: () => end(child, "SIGKILL") };
}
