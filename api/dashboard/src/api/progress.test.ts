import { expect, it } from "vitest";

import { progressed } from "./progress";

const told = { job_id: "a", epoch: 1, step: 4, stage: "infer", fraction: 0.5 };
const progress = { epoch: 1, step: 4, stage: "infer", fraction: 0.5, seen_at: "t" };
const job = (more: object) => ({ id: "a", state: "running", epoch: 1, progress: null, ...more });

it("progress is put into a job, into what has it, and into pages", () => {
  expect(progressed(job({}), told, "t").data).toEqual(job({ progress }));
  expect(progressed({ id: "a", job: job({}) }, told, "t").data).toEqual({ id: "a", job: job({ progress }) });
  const other = { id: "b" };
  expect(progressed({ items: [other, job({})], next: null }, told, "t").data).toEqual({
    items: [other, job({ progress })],
    next: null,
  });
});

it("what it is not about stays the same object", () => {
  const page = { items: [{ id: "b", state: "running", epoch: 1 }], next: null };
  expect(progressed(page, told, "t")).toEqual({ data: page, behind: false });
  expect(progressed(page, told, "t").data).toBe(page);
  expect(progressed(undefined, told, "t")).toEqual({ data: undefined, behind: false });
  expect(progressed(job({ progress: { step: 9 } }), told, "t").data).toEqual(job({ progress: { step: 9 } }));
});

it("a job that does not run yet in what was read is read again; one that has ended is not", () => {
  expect(progressed(job({ state: "queued", epoch: 0 }), told, "t").behind).toBe(true);
  expect(progressed(job({ epoch: 0 }), told, "t").behind).toBe(true);
  expect(progressed(job({ state: "completed" }), told, "t").behind).toBe(false);
});
