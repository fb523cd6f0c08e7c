import { expect, it } from "vitest";

import { entriesOf, numbers, rowsOf } from "./entries";

it("a list goes through its form unchanged, empty rows are left out, commas may be full-width", () => {
  const list = {
    name: "mean_values" as const,
    entries: [{ name: "imagenet", values: [123.675, 116.28] }],
    default: "imagenet",
    etag: '"1"',
    updated_at: null,
  };
  expect(entriesOf([...rowsOf(list), { key: 9, name: " ", values: "" }])).toEqual(list.entries);
  expect(numbers("1， 2,3,")).toEqual([1, 2, 3]);
});
