import { describe, expect, it } from "vitest";

import { entryOf } from "../frame/menu";
import { firstMode } from "../frame/theme";
import { listSearch } from "./list-search";
import { short, size } from "./shown";

describe("addresses", () => {
  it("of lists keep what is understood and nothing else", () => {
    expect(listSearch({ mine: true, search: 12, cursor: "x", other: 1 })).toEqual({
      mine: true,
      search: "12",
      cursor: "x",
    });
    expect(listSearch({ mine: "yes", search: "", cursor: null })).toEqual({});
    expect(listSearch({ search: "a".repeat(500) }).search).toHaveLength(200);
  });
  it("belong to the nearest entry of the menu", () => {
    const entries = ["/", "/models/pth", "/models"];
    expect(["/", "/models/pth", "/models/pth/1", "/models/x", "/odd"].map((path) => entryOf(path, entries))).toEqual([
      "/", "/models/pth", "/models/pth", "/models", null,
    ]);
  });
});

describe("figures", () => {
  it("of sizes are short", () => {
    expect([0, 999, 1000, 2_500_000, 5e12, 5e15].map(size)).toEqual([
      "0 B", "999 B", "1.0 KB", "2.5 MB", "5.0 TB", "5000.0 TB",
    ]);
  });
  it("of ids are their beginnings", () => expect(short("0123456789")).toBe("01234567"));
});

describe("the theme", () => {
  it("is the reader's choice before the system's", () => {
    expect([firstMode("dark", false), firstMode("light", true), firstMode(null, true), firstMode("odd", false)]).toEqual(
      ["dark", "light", "dark", "light"],
    );
  });
});
