import { expect, test } from "vitest";

import { csvCell, markdownCell } from "./export";

test("what a spreadsheet would compute is text; numbers stay numbers", () => {
  expect(["=1+1", "+x", "-0.5", "1e-3", 'a,"b"', "@x", "plain"].map(csvCell)).toEqual([
    "'=1+1", "'+x", "-0.5", "1e-3", '"a,""b"""', "'@x", "plain",
  ]);
});

test("names make no columns, tags or links of Markdown", () => {
  expect(markdownCell("a|b\n<i>[x](y)*_`")).toBe("a\\|b \\<i\\>\\[x\\](y)\\*\\_\\`");
});
