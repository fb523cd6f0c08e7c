import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** Of every file of styles the classes that its rules are about: the first of each selector. */
function subjects(folder: string): [string, Set<string>][] {
  return readdirSync(folder, { recursive: true, encoding: "utf-8" })
    .filter((name) => name.endsWith(".css"))
    .map((name) => {
      const rules = readFileSync(join(folder, name), "utf-8").replace(/\/\*.*?\*\//gs, "");
      const selectors = [...rules.matchAll(/([^{}]+)\{/g)].flatMap((found) => (found[1] ?? "").split(","));
      const classes = selectors.flatMap((each) => /\.([a-z][\w-]*)/.exec(each)?.[1] ?? []);
      return [name, new Set(classes.filter((each) => !each.startsWith("ant-")))];
    });
}

test("a class has its styles in one file: all of them hold on every page", () => {
  const owners = new Map<string, string[]>();
  for (const [file, classes] of subjects("src")) {
    for (const each of classes) owners.set(each, [...(owners.get(each) ?? []), file]);
  }
  expect(owners.size).toBeGreaterThan(50);
  expect([...owners].filter(([, files]) => files.length > 1)).toEqual([]);
});
