/** A figure and what it is beside the base's: arrow, difference, interval and verdict in words; colour only adds to them. */
import { useWords } from "../../words/say";
import type { Told } from "./figures";
import { compare } from "./words";

const CLASSES: Record<string, string> = { better: "told-better", worse: "told-worse", within_noise: "told-noise" };

export function ToldDifference({ told }: { told: Told | null }) {
  const { say, label } = useWords(compare);
  if (told === null) return null;
  const { verdict } = told;
  const reason = verdict?.reason ? label("judged_why", verdict.reason) : "";
  const word = verdict ? label("judged", verdict.code) : "";
  return (
    <div className={`told ${CLASSES[verdict?.code ?? ""] ?? ""}`}>
      {told.arrow ? (
        <div>
          <span aria-hidden>{told.arrow}</span> {told.difference}
        </div>
      ) : null}
      {told.interval ? <div className="told-interval">{told.interval}</div> : null}
      {word ? <div className="told-verdict">{reason ? say("compare.reason", { word, reason }) : word}</div> : null}
    </div>
  );
}
