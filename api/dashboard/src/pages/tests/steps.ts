/** How a preprocessing chain is put together and changed. Pure. */
import type { Step } from "../../kit/chain";

export type Op = Step["op"];
export const OPS: readonly Op[] = ["resize", "centercrop", "equal_resize", "cvtRGB", "transpose"];
export const INTERPOLATIONS = ["linear", "nearest", "cubic", "area", "cubic_antialias"] as const;
export const SIDE_MAX = 8192;
const SIDE = 224;

/** A step as it begins; with the size of another one of the chain, where there is one. */
export function freshStep(op: Op, steps: readonly Step[]): Step {
  const sized = steps.find((each) => "width" in each && typeof each.width === "number");
  const width = sized && "width" in sized ? (sized.width ?? SIDE) : SIDE;
  const height = sized && "height" in sized ? (sized.height ?? SIDE) : SIDE;
  switch (op) {
    case "resize":
      return { op, width, height, short_side: null, interpolation: "linear" };
    case "centercrop":
      return { op, width, height };
    case "equal_resize":
      return { op, width, height, centred: false, value: 0, interpolation: "linear" };
    case "cvtRGB":
    case "transpose":
      return { op };
  }
}

/** Another step at the end; transpose stays the last one. */
export function added(steps: readonly Step[], op: Op): Step[] {
  const step = freshStep(op, steps);
  const last = steps.at(-1);
  return op !== "transpose" && last?.op === "transpose" ? [...steps.slice(0, -1), step, last] : [...steps, step];
}

export function moved(steps: readonly Step[], at: number, by: -1 | 1): Step[] {
  const to = at + by;
  if (to < 0 || to >= steps.length) return [...steps];
  const next = [...steps];
  const [step] = next.splice(at, 1);
  if (step) next.splice(to, 0, step);
  return next;
}

/** What is wrong with the chain as a whole; the same rules as the server's, which decides. */
export function chainProblem(steps: readonly Step[]): "transpose_not_last" | "cvtrgb_twice" | null {
  if (steps.slice(0, -1).some((each) => each.op === "transpose")) return "transpose_not_last";
  return steps.filter((each) => each.op === "cvtRGB").length > 1 ? "cvtrgb_twice" : null;
}
