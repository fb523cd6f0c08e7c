import { describe, expect, it } from "vitest";

import { chosen, EMPTY, levelOf, LINES_MAX, linesOf, stagesOf, whole, withMore } from "./log-lines";

const LOG = `[mo] 2026-11-26 23:59:50 UTC: attempt 1 at ConversionRequested begins
[mo] 23:59:50 fetch
[mo] 23:59:58 export
W1126 09:50:49.340000 2 torch/onnx] torchvision is not installed.
 10%|#         | 1/10 [00:00<00:01]
 20%|##        | 2/10 [00:00<00:01]
Traceback (most recent call last):
  File "net.py", line 3, in forward
    raise ValueError("shape")
ValueError: shape
[mo] 00:00:10 done
`;

describe("a log", () => {
  it("tells levels, also of tracebacks, and takes a moving bar for one line", () => {
    const lines = linesOf(whole(LOG));
    expect(lines.map((line) => line.level)).toEqual([
      "info", "info", "info", "warning", "info", "error", "error", "error", "error", "info",
    ]);
    expect(lines[4]).toMatchObject({ times: 2, number: 5 });
    expect(levelOf("2026-11-26 DEBUG: x")).toBe("debug");
    expect(levelOf("no such ErrorBudget")).toBe("info");
  });
  it("is narrowed by level and text", () => {
    const lines = linesOf(whole(LOG));
    expect(chosen(lines, ["warning", "error"], "").length).toBe(5);
    expect(chosen(lines, [], "SHAPE").map((line) => line.number)).toEqual([8, 9]);
  });
  it("tells stages with their times, over midnight too", () => {
    const ended = new Date("2026-11-27T00:00:11Z");
    expect(stagesOf(whole(LOG).texts, new Date("2026-11-26T23:59:49Z"), ended)).toEqual([
      { name: "fetch", began: new Date("2026-11-26T23:59:50Z"), seconds: 8 },
      { name: "export", began: new Date("2026-11-26T23:59:58Z"), seconds: 12 },
    ]);
    expect(stagesOf(["[mo] 09:00:00 fetch"], new Date("2026-11-26T08:59:00Z"), null)[0]?.seconds).toBeNull();
  });
});

describe("a log that grows", () => {
  it("takes no line twice and counts what was left out", () => {
    let log = withMore(EMPTY, 3, ["d", "e"]);
    log = withMore(log, 4, ["e", "f"]);
    expect(log).toEqual({ first: 3, texts: ["d", "e", "f"], missing: 0 });
    expect(withMore(log, 3, ["d"])).toBe(log);
    expect(withMore(log, 8, ["i"])).toEqual({ first: 3, texts: ["d", "e", "f", "i"], missing: 2 });
  });
  it("stays bounded", () => {
    const many = Array.from({ length: LINES_MAX + 7 }, (_, index) => String(index));
    expect(withMore(EMPTY, 0, many).texts.length).toBe(LINES_MAX);
    expect(whole(many.join("\n"))).toMatchObject({ first: 7 });
  });
});
