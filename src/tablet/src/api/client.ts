/** Asking the daemon: every address and answer typed by its document, every refusal in its own words. */
import createClient from "openapi-fetch";

import type { paths } from "./schema";
import type { ProblemDetails } from "./types";

/** A request that the daemon refused, or that did not reach it. */
export class Refused extends Error {
  constructor(
    message: string,
    /** Of the answer; 0 where there was none. */
    readonly status: number,
    /** As in the problem details: `NO_MODEL`, `UNKNOWN_PITCHER`; empty where there was no answer. */
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "Refused";
  }
}

/** Who wants to know that a key is asked for. */
let onKeyAsked: () => void = () => {};

/** Calls `listener` whenever the daemon answers 401. */
export function whenKeyIsAsked(listener: () => void): void {
  onKeyAsked = listener;
}

/** Longest wait for an answer: the daemon itself gives up after ten seconds. */
const ANSWER_WITHIN_MS = 12_000;

const client = createClient<paths>({
  baseUrl: globalThis.location.origin,
  fetch: async (request) => {
    try {
      const answer = await fetch(request, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      if (answer.status === 401) onKeyAsked();
      return answer;
    } catch (cause) {
      throw new Refused("The box does not answer.", 0, "", { cause });
    }
  },
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The answer, or the refusal as an error that says what to do. */
async function answered<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (response.ok && data !== undefined) return data;
  const problem = error as Partial<ProblemDetails> | undefined;
  throw new Refused(problem?.detail ?? `The box answered ${response.status}.`, response.status, problem?.code ?? "");
}

export const ask = {
  venue: () => answered(client.GET("/api/venue")),
  status: () => answered(client.GET("/api/status")),
  upstream: () => answered(client.GET("/api/upstream")),
  environment: () => answered(client.GET("/api/environment")),
  calibration: (venue: string) => answered(client.GET("/api/calibration/{venue}", { params: { path: { venue } } })),
  /** Of the cameras named, or of all where none is; a dry run only says what would be done. */
  recalibrate: (venue: string, cameras: readonly number[] | null, dry_run: boolean) =>
    answered(client.POST("/api/calibration/{venue}/recalibrate", { params: { path: { venue } }, body: { cameras: cameras && [...cameras], dry_run } })),
  models: () => answered(client.GET("/api/models")),
  promote: (version: string) => answered(client.POST("/api/models/{version}/promote", { params: { path: { version } } })),
  rollback: () => answered(client.POST("/api/models/rollback")),
  pitchers: () => answered(client.GET("/api/pitchers")),
  pitcher: (id: number) => answered(client.GET("/api/pitchers/{id}", { params: { path: { id } } })),
  baseline: (id: number, date?: string) =>
    answered(client.GET("/api/pitchers/{id}/baseline", { params: { path: { id }, query: { ...(date && { date }) } } })),
  trend: (id: number, mound: number) =>
    answered(client.GET("/api/readiness/{id}/trend", { params: { path: { id }, query: { mound } } })),
  pitches: (pitcher: number, limit: number) =>
    answered(client.GET("/api/pitches", { params: { query: { pitcher, limit } } })),
  workload: (id: number, start_date?: string, end_date?: string) =>
    answered(
      client.GET("/api/workload/pitcher/{id}", {
        params: { path: { id }, query: { ...(start_date && { start_date }), ...(end_date && { end_date }) } },
      }),
    ),
  risk: (pitcher: number, date?: string) =>
    answered(client.POST("/api/risk/pitcher", { body: { pitcher, ...(date && { date }) } })),
  staff: (date: string) => answered(client.GET("/api/risk/staff", { params: { query: { date } } })),
  acknowledge: (id: number) => answered(client.POST("/api/alerts/{id}/ack", { params: { path: { id } } })),
};

/** Gives the box the key that it asked for; it answers with a cookie. */
export async function openSession(key: string): Promise<void> {
  const answer = await fetch("/api/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ key }),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  if (answer.ok) return;
  const problem = (await answer.json().catch(() => ({}))) as Partial<ProblemDetails>;
  throw new Refused(problem.detail ?? `The box answered ${answer.status}.`, answer.status, problem.code ?? "");
}
