import { expect, test } from "vitest";

import { reach } from "./scroll-by-keyboard";

function part(wide: number): HTMLElement {
  const made = document.createElement("div");
  Object.defineProperty(made, "scrollWidth", { value: wide, configurable: true });
  Object.defineProperty(made, "clientWidth", { value: 100 });
  return made;
}

test("the keyboard reaches a table that scrolls, until it does not scroll any more", () => {
  const table = part(101);
  reach(table, "wide");
  expect([table.tabIndex, table.getAttribute("role"), table.getAttribute("aria-label")]).toEqual([0, "group", "wide"]);
  table.innerHTML = '<table aria-label="Figures"></table>';
  reach(table, "wide");
  expect(table.getAttribute("aria-label")).toBe("Figures · wide");
  Object.defineProperty(table, "scrollWidth", { value: 100 });
  reach(table, "wide");
  expect(table.attributes).toHaveLength(0);
});
