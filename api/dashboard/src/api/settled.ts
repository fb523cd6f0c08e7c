/** A wish that was heard but is not decided yet (202) is said again under its key, until its outcome is there. */
import { PendingError, type Schemas, wishKey } from "./client";

type Accepted = Schemas["Accepted"];

const WAIT_MS = 500;
const TRIES_MAX = 60;

/** `ask` says the wish under the key that it is given: said twice, it is one wish. */
export async function settled<T extends object>(
  ask: (key: { "Idempotency-Key": string }) => Promise<T>,
  wait_ms: number = WAIT_MS,
): Promise<Exclude<T, Accepted>> {
  const key = { "Idempotency-Key": wishKey() };
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const answer = await ask(key);
    if (decided(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, wait_ms));
  }
  throw new PendingError("no outcome yet");
}

function decided<T extends object>(answer: T): answer is Exclude<T, Accepted> {
  return !("command_id" in answer);
}
