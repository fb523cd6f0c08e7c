import { describe, expect, it } from "vitest";

import { en } from "./en";
import { firstLang, labelIn, sayIn } from "./say";
import { zh } from "./zh";

const params = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((each) => each[1]).sort();

describe("words", () => {
  it("have the same keys and parameters in both languages", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
    for (const [key, text] of Object.entries(zh)) {
      expect(params(en[key as keyof typeof zh]), key).toEqual(params(text));
    }
  });
  it("fill parameters in, and leave alone what has none", () => {
    expect(sayIn("zh")("delete.title", { name: "a" })).toBe("删除“a”？");
    expect(sayIn("en")("delete.title")).toBe("Delete “{name}”?");
  });
  it("are Chinese unless English was chosen", () => {
    expect([firstLang(null), firstLang("fr"), firstLang("en")]).toEqual(["zh", "zh", "en"]);
  });
  it("leave unknown codes as they are", () => {
    expect([labelIn("zh", "state", "queued"), labelIn("zh", "state", "odd")]).toEqual(["排队中", "odd"]);
  });
});
