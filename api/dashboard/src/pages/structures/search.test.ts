import { expect, test } from "vitest";

import { structureSearch } from "./search";

test("the address keeps whether certified ones are asked for, and nothing odd", () => {
  expect(structureSearch({ certified: true, mine: true })).toEqual({ certified: "true", mine: true });
  expect(structureSearch({ certified: "false" })).toEqual({ certified: "false" });
  expect(structureSearch({ certified: "perhaps" })).toEqual({});
});
