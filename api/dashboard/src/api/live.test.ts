import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Gathering, touched } from "./live";

describe("events", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("touch the queries of their topics", () => {
    expect(touched(["models", "pth", {}], new Set(["models"]))).toBe(true);
    expect(touched(["datasets"], new Set(["models"]))).toBe(false);
    expect(touched([{ models: 1 }], new Set(["models"]))).toBe(false);
  });

  it("of a burst are one reading", () => {
    const invalidateQueries = vi.fn(() => Promise.resolve());
    const gathering = new Gathering({ invalidateQueries } as never, 100);
    for (let turn = 0; turn < 50; turn += 1) gathering.add(["jobs", "models"]);
    expect(invalidateQueries).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);
    expect(invalidateQueries).toHaveBeenCalledTimes(1);
    const [[filter]] = invalidateQueries.mock.calls as unknown as [[{ predicate: (query: unknown) => boolean }]];
    expect(filter.predicate({ queryKey: ["models"] })).toBe(true);
    expect(filter.predicate({ queryKey: ["tests"] })).toBe(false);
    gathering.add(["tests"]);
    vi.advanceTimersByTime(100);
    expect(invalidateQueries).toHaveBeenCalledTimes(2);
  });
});
