import LRU from "zrender/lib/core/LRU.js";
import { describe, expect, it } from "vitest";

import "./text-cache";

describe("what is kept of a text", () => {
  it.each(["__proto__", "constructor", "toString"])("is its own, also of one called %s", (name) => {
    const cache = new LRU<number>(2);
    expect(cache.get(name)).toBeUndefined();
    cache.put("before", 1);
    cache.put(name, 2);
    expect([cache.get("before"), cache.get(name)]).toEqual([1, 2]);
    cache.clear();
    expect(cache.get(name)).toBeUndefined();
    expect([Object.keys(Object.prototype), Object.keys(Object), Object.keys(Function.prototype)]).toEqual([[], [], []]);
  });
});
