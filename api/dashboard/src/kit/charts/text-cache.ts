/** What the chart library measured of a text is kept under that text: in objects that inherit nothing.
 *
 * Its caches are plain objects, so that a class called `__proto__` would lay hands on every object of the page.
 */
import LRU from "zrender/lib/core/LRU.js";

const maps = new WeakMap<object, object>();

Object.defineProperty(LRU.prototype, "_map", {
  get(this: object) {
    return maps.get(this);
  },
  set(this: object, map: object) {
    maps.set(this, Object.assign(Object.create(null) as object, map));
  },
});
