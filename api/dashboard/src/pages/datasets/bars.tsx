/** Counts as bars: a table first, so that it is read by anybody; the bar beside each count is for the eye. */
import { Button, Typography } from "antd";
import { type ReactNode, useId, useState } from "react";

import { useWords } from "../../words/say";
import { type Bar, barsOf, SHOWN_FIRST } from "./counts";
import { datasets } from "./words";

interface Props {
  title: string;
  /** What is counted: images, boxes. */
  unit: string;
  counts: Record<string, number>;
  /** What the names are; values where nothing is said. */
  named?: string;
  /** As they come, where their order says something; else the largest first. */
  ordered?: boolean;
  shown?: (name: string) => string;
  /** Where a name leads. */
  link?: (name: string, text: string) => ReactNode;
}

export function Bars({ title, unit, counts, named, ordered = false, shown = (name) => name, link }: Props) {
  const { say } = useWords(datasets);
  const [all, setAll] = useState(false);
  const id = useId();
  const bars = barsOf(counts, ordered);
  const some = all ? bars : bars.slice(0, SHOWN_FIRST);
  return (
    <section className="bars" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <table aria-labelledby={id}>
        <thead>
          <tr>
            <th scope="col">{named ?? say("bars.value")}</th>
            <th scope="col">{unit}</th>
            <th scope="col">{say("bars.share")}</th>
          </tr>
        </thead>
        <tbody>
          {some.map((bar) => (
            <BarRow key={bar.name} bar={bar} name={link?.(bar.name, shown(bar.name)) ?? shown(bar.name)} />
          ))}
        </tbody>
      </table>
      {bars.length > SHOWN_FIRST ? (
        <Button type="link" size="small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? say("bars.less", { count: SHOWN_FIRST }) : say("bars.more", { count: bars.length })}
        </Button>
      ) : null}
    </section>
  );
}

function BarRow({ bar, name }: { bar: Bar; name: ReactNode }) {
  const { lang } = useWords();
  const share = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 1 }).format(bar.share);
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{bar.count.toLocaleString(lang)}</td>
      <td>
        <div className="bar-cell">
          <span className="bar-track" aria-hidden>
            <span className="bar-fill" style={{ width: `${bar.length * 100}%` }} />
          </span>
          <Typography.Text type="secondary">{share}</Typography.Text>
        </div>
      </td>
    </tr>
  );
}
