/** Parts of a long page, one after the other: the first can be used while those below it are still being made. */
import { Children, type ReactNode, useEffect, useState } from "react";

/** How long the first parts have the page to themselves: a reader looks, and may already press something. */
const LOOK_MS = 400;
const WAIT_MS_MAX = 200;

/** Calls back when the page has nothing else to do, or after a while, never before `after` ms; returns how to give that up. */
function whenIdle(then: () => void, after: number): () => void {
  let idle = 0;
  const wait = () => {
    if ("requestIdleCallback" in window) idle = requestIdleCallback(then, { timeout: WAIT_MS_MAX });
    else then();
  };
  const timer = setTimeout(wait, after);
  return () => {
    clearTimeout(timer);
    if (idle) cancelIdleCallback(idle);
  };
}

/** `first`: how many of the children stand there at once. What is still to come is marked in the page, unseen. */
export function Staged({ first, children }: { first: number; children: ReactNode }) {
  const parts = Children.toArray(children);
  const [shown, setShown] = useState(first);
  const whole = shown >= parts.length;
  useEffect(() => (whole ? undefined : whenIdle(() => setShown(shown + 1), shown === first ? LOOK_MS : 0)), [shown, whole, first]);
  return (
    <>
      {parts.slice(0, shown)}
      {whole ? null : <span hidden data-coming />}
    </>
  );
}
