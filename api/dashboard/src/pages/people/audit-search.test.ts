import { expect, test } from "vitest";

import { auditSearch } from "./audit-search";

test("an address says which decisions are shown; what the API would refuse is left out", () => {
  const actor = "8933b8be-b8c5-43ce-ac98-94d896423693";
  expect(auditSearch({ outcome: "denied", actor, cursor: 40 })).toEqual({ outcome: "denied", actor, cursor: "40" });
  expect(auditSearch({ outcome: "maybe", actor: "li.wei", cursor: "-1" })).toEqual({});
});
