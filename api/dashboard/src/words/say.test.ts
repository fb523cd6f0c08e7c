import { expect, test } from "vitest";

import { shared } from "./shared";
import { firstLang, labelIn, type Pair, sayIn, type Table } from "./table";

const tables = import.meta.glob<Record<string, Table>>(["../words/shared.ts", "../kit/*-words.ts", "../pages/*/*words.ts"], { eager: true });

test("no text is empty, both languages take the same parameters, and no key stands in two tables", () => {
  const seen = new Map<string, Pair>();
  const params = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const module of Object.values(tables)) {
    for (const table of Object.values(module)) {
      for (const [key, pair] of Object.entries(table)) {
        const [zh, en] = pair;
        // a table may take another one in whole
        expect(seen.get(key) ?? pair, key).toBe(pair);
        seen.set(key, pair);
        expect(zh && en, key).toBeTruthy();
        expect(params(en), key).toEqual(params(zh));
      }
    }
  }
  expect(seen.size).toBeGreaterThan(50);
});

test("parameters are put in, and one that is missing stays visible", () => {
  const say = sayIn("en", { "made.of": ["{one}和{two}", "{one} and {two}"] });
  expect(say("made.of", { one: 1 })).toBe("1 and {two}");
});

test("a code without a word is shown as it is", () => {
  expect(labelIn("zh", shared, "state", "running")).toBe("运行中");
  expect(labelIn("zh", shared, "state", "unheard_of")).toBe("unheard_of");
});

test("Chinese comes first", () => {
  expect(firstLang(null)).toBe("zh");
  expect(firstLang("fr")).toBe("zh");
  expect(firstLang("en")).toBe("en");
});
