import { expect, test } from "vitest";

import { fileStem } from "./file-stem";

test("the four parts, without what no file may be called", () => {
  expect(fileStem({ repo: "a/b", name: "缺陷", method: "检测", version: "1.0 " })).toBe("a_b_缺陷_检测_1.0");
  expect(fileStem({ repo: "a", name: "e\u0301:\u0000x", method: "m", version: "1" })).toBe("a_é__x_m_1");
});

test("what is not typed yet leaves its place", () => {
  expect(fileStem({ repo: "face" })).toBe("face___");
});

test("long names end where file systems end", () => {
  const stem = fileStem({ repo: "", name: "缺陷检测模型".repeat(30), method: "", version: "" });
  expect(new TextEncoder().encode(stem).length).toBeLessThanOrEqual(220);
  expect(stem).not.toContain("\ufffd");
});
