/** The one client of the API: typed by its OpenAPI document, refusals become `ProblemError`s. */
import createClient, { type Middleware } from "openapi-fetch";

import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** A refusal (RFC 9457) in the reader's words: what is wrong and what to do. */
export class ProblemError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
  ) {
    super(title);
  }
}

export const ENDED = "ended";
/** Says `ENDED` when the API answered that nobody is signed in (any more). */
export const session = new EventTarget();

/** The refusal that the API tells; whoever waits for the end of the session hears of it. */
export function refusal(status: number, told: Partial<Schemas["Problem"]>, otherwise: string): ProblemError {
  if (told.code === "sign_in_needed") session.dispatchEvent(new Event(ENDED));
  return new ProblemError(status, told.code ?? "unknown", told.title ?? otherwise, told.detail ?? "");
}

/** Nobody answered. */
export class OfflineError extends Error {}

/** An upload that the person stopped. */
export class StoppedError extends Error {}

const AFTER_MS = 2_000;
let after: { position: string; until: number } = { position: "", until: 0 };

/** What is read in the next moment shall know of this position in the log: the server waits for it, within bounds. */
export function readAfter(position: string): void {
  after = { position, until: Date.now() + AFTER_MS };
}

const around: Middleware = {
  onRequest({ request }) {
    request.headers.set("Accept-Language", document.documentElement.lang.startsWith("en") ? "en" : "zh");
    if (request.method === "POST" && !request.headers.has("Idempotency-Key")) {
      request.headers.set("Idempotency-Key", wishKey());
    }
    if (request.method === "GET" && Date.now() < after.until) request.headers.set("Min-Position", after.position);
    return request;
  },
  async onResponse({ response }) {
    if (!response.ok) throw await problemOf(response);
    return response;
  },
  onError({ error }) {
    return error instanceof TypeError ? new OfflineError(error.message) : (error as Error);
  },
};

/** 128 random bits; crypto.randomUUID is missing where the page comes by plain http. */
export function wishKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");
}

export async function problemOf(response: Response): Promise<ProblemError> {
  const told = (await response.json().catch(() => ({}))) as Partial<Schemas["Problem"]>;
  return refusal(response.status, told, response.statusText);
}

export const api = createClient<paths>({ baseUrl: "" });
api.use(around);

/** A wish was taken, but what came of it is not known yet (202): the server is behind. */
export class PendingError extends Error {}

/** The thing that a wish made or changed. */
export async function made<T extends object>(answer: Promise<{ data?: T }>): Promise<Exclude<T, Schemas["Accepted"]>> {
  const thing: T = await body(answer);
  if (known(thing)) return thing;
  throw new PendingError("202");
}

function known<T extends object>(thing: T): thing is Exclude<T, Schemas["Accepted"]> {
  return !("command_id" in thing);
}

/** The body of an answer; refusals were thrown before. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined) throw new ProblemError(0, "empty", "empty answer", "");
  return data;
}
