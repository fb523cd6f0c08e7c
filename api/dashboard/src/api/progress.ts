/** Progress as the stream tells it is put into what was read before: nothing is asked for anew. Pure. */

export interface Told {
  job_id: string;
  epoch: number;
  step: number;
  stage: string;
  fraction: number;
}

type Raw = Record<string, unknown>;

/** What the cache says after a message: the same object where the job is not in it; `behind` where it is, but does not run there. */
export interface Outcome {
  data: unknown;
  behind: boolean;
}

function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function one(data: Raw, told: Told, time: string): Outcome {
  if (data["state"] !== "running" || data["epoch"] !== told.epoch) {
    const queued = data["state"] === "queued" || (data["state"] === "running" && Number(data["epoch"]) < told.epoch);
    return { data, behind: queued };
  }
  const { epoch, step, stage, fraction } = told;
  const before = data["progress"];
  if (isRaw(before) && Number(before["step"]) > step) return { data, behind: false };
  return { data: { ...data, progress: { epoch, step, stage, fraction, seen_at: time } }, behind: false };
}

/** A job, something with a `job` in it, or a page of either, with the job's progress. */
export function progressed(data: unknown, told: Told, time: string): Outcome {
  if (!isRaw(data)) return { data, behind: false };
  if (Array.isArray(data["items"])) {
    const items = data["items"].map((each: unknown) => progressed(each, told, time));
    const changed = items.some((each, index) => each.data !== (data["items"] as unknown[])[index]);
    return {
      data: changed ? { ...data, items: items.map((each) => each.data) } : data,
      behind: items.some((each) => each.behind),
    };
  }
  if (data["id"] !== told.job_id) return { data, behind: false };
  if (!isRaw(data["job"])) return one(data, told, time);
  const inner = one(data["job"], told, time);
  return { data: inner.data === data["job"] ? data : { ...data, job: inner.data }, behind: inner.behind };
}
