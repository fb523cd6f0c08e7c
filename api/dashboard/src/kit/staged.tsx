/** Parts of a long page, one after the other: the first can be used while those below it are still being made. */
import { Children, type ReactNode, useEffect, useState } from "react";

const WAIT_MS_MAX = 200;

/** Calls back when the page has nothing else to do, or after a while; returns how to give that up. */
function whenIdle(then: () => void): () => void {
  if ("requestIdleCallback" in window) {
    const id = requestIdleCallback(then, { timeout: WAIT_MS_MAX });
    return () => cancelIdleCallback(id);
  }
  const id = setTimeout(then);
  return () => clearTimeout(id);
}

/** `first`: how many of the children stand there at once. */
export function Staged({ first, children }: { first: number; children: ReactNode }) {
  const parts = Children.toArray(children);
  const [shown, setShown] = useState(first);
  const whole = shown >= parts.length;
  useEffect(() => (whole ? undefined : whenIdle(() => setShown(shown + 1))), [shown, whole]);
  return parts.slice(0, shown);
}
