/** The boxes of a picture, whoever says them: a dataset's record or a test. */
import type { Schemas } from "../api/client";
import type { Edges, PictureState } from "./picture-geometry";

/** right: TP, wrong: FP, missed: FN; `matched`: a true box that was found; null: nobody said whether it is right. */
export type Outcome = "right" | "wrong" | "missed" | "matched" | "ignored" | "below" | null;

export interface PictureBox extends Edges {
  key: string;
  side: "truth" | "found";
  name: string;
  score: number | null;
  outcome: Outcome;
  task: string;
}

/** A mark beside its name, so that no outcome is told by colour alone. */
export const SIGNS: Record<NonNullable<Outcome>, string> = {
  right: "✓ TP",
  wrong: "✕ FP",
  missed: "○ FN",
  matched: "",
  ignored: "–",
  below: "·",
};

const NAME_CHARS = 40;
const SCORE_DIGITS = 2;

export function boxText(box: Pick<PictureBox, "name" | "score" | "outcome">): string {
  const name = box.name.length > NAME_CHARS ? `${box.name.slice(0, NAME_CHARS)}…` : box.name;
  const sign = box.outcome === null ? "" : SIGNS[box.outcome];
  return [sign, name, box.score?.toFixed(SCORE_DIGITS) ?? ""].filter((each) => each !== "").join(" ");
}

/** What a dataset says of an image: the keys are `truth-<place in the record's boxes>`. */
export function boxesOfRecord(boxes: readonly Schemas["Box"][]): PictureBox[] {
  return boxes.map((box, place) => ({
    key: `truth-${place}`,
    side: "truth",
    name: box.label,
    score: null,
    outcome: box.crowd || box.difficult ? "ignored" : null,
    task: "",
    left: box.x,
    top: box.y,
    right: box.x + box.width,
    bottom: box.y + box.height,
  }));
}

type Seen = Pick<Schemas["ImageOutcome"], "boxes" | "truths">;

/** What a test made of an image: the keys are `found-<place>` and `truth-<place>`. Nothing has an outcome where nothing is true. */
export function boxesOfOutcome({ boxes = [], truths = [] }: Seen): PictureBox[] {
  const edges = ({ left, top, right, bottom }: Edges): Edges => ({ left, top, right, bottom });
  return [
    ...truths.map(
      (box, place): PictureBox => ({
        key: `truth-${place}`,
        side: "truth",
        name: box.name,
        score: null,
        outcome: box.outcome === "found" ? "matched" : box.outcome,
        task: box.task,
        ...edges(box),
      }),
    ),
    ...boxes.map(
      (box, place): PictureBox => ({
        key: `found-${place}`,
        side: "found",
        name: box.name,
        score: box.score,
        outcome: box.outcome,
        task: box.task,
        ...edges(box),
      }),
    ),
  ];
}

/** The boxes to be drawn, large ones first, so that none lies hidden below another. */
export function drawn(boxes: readonly PictureBox[], state: PictureState): PictureBox[] {
  if (state.hidden) return [];
  const area = (box: Edges) => (box.right - box.left) * (box.bottom - box.top);
  return boxes.filter((box) => state[box.side]).sort((one, other) => area(other) - area(one));
}
