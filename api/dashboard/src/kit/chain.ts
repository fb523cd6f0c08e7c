/** A preprocessing chain in words. Pure. */
import type { Schemas } from "../api/client";

export type Step =
  | Schemas["Resize"]
  | Schemas["CenterCrop"]
  | Schemas["EqualResize"]
  | Schemas["CvtRGB"]
  | Schemas["Transpose"];

function stepText(step: Step): string {
  const words: string[] = [step.op];
  if (step.op === "resize" && step.short_side) words.push(`short=${step.short_side}`);
  else if (step.op === "resize" || step.op === "centercrop" || step.op === "equal_resize") {
    words.push(`${step.width}x${step.height}`);
  }
  if (step.op === "equal_resize") {
    if (step.centred) words.push("centred");
    if (step.value) words.push(`value=${step.value}`);
  }
  if ((step.op === "resize" || step.op === "equal_resize") && step.interpolation && step.interpolation !== "linear") {
    words.push(step.interpolation);
  }
  return words.join(" ");
}

/** The chain in one line, as the command line shows it. */
export function chainText(steps: readonly Step[]): string {
  return steps.map(stepText).join(" > ") || "–";
}
