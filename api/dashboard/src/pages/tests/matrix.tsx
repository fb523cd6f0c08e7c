/** A test's confusion matrix; a cell opens the images behind it. */
import { Link, useParams } from "@tanstack/react-router";

import { type Cell, Confusion } from "../../kit/charts/confusion";
import { fixed } from "../../kit/charts/figures";
import { useWords } from "../../words/say";
import { cellSearch } from "./search";
import { matrixShown, triples } from "./targets";
import { tests } from "./words";

interface Props {
  task: string;
  /** Boxes have a background behind the last class: what was missed, and what was found in nothing. */
  kind: "classes" | "boxes";
  classes: readonly string[];
  cells: readonly (readonly unknown[])[];
  /** The score from which on boxes were counted. */
  own?: number;
}

export function Matrix({ task, kind, classes, cells, own }: Props) {
  const { say } = useWords(tests);
  const { id } = useParams({ from: "/tests/$id" });
  const known = triples(cells);
  const inner = known.filter(([row, column]) => row < classes.length && column < classes.length);
  const shown = matrixShown(classes.length, inner);
  const places = kind === "boxes" ? [...shown, classes.length] : shown;
  const names = places.map((at) => classes[at] ?? say("chart.background"));
  const at = new Map(places.map((place, index) => [place, index]));
  const placed = known.flatMap(([row, column, count]): Cell[] => {
    const [y, x] = [at.get(row), at.get(column)];
    return y === undefined || x === undefined ? [] : [[y, x, count]];
  });
  const name = (index: number) => classes[places[index] ?? -1] ?? null;
  return (
    <section aria-label={say("result.confusion")}>
      <h2>{say("result.confusion")}</h2>
      <p>{say("result.confusion.note")}</p>
      {own === undefined ? null : <p>{say("result.confusion.own", { own: fixed(own) })}</p>}
      {shown.length < classes.length ? (
        <p>{say("result.confusion.large", { count: classes.length, shown: shown.length })}</p>
      ) : null}
      <Confusion
        rows={names}
        columns={names}
        cells={placed}
        link={(row, column, count, label) => (
          <Link to="/tests/$id" params={{ id }} search={cellSearch(task, name(row), name(column), kind)} aria-label={label}>
            {count}
          </Link>
        )}
      />
    </section>
  );
}
