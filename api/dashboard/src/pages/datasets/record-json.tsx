/** The JSON beside an image: what is said of each box lights it up, and leads to it. */
import { Typography } from "antd";
import { useEffect, useMemo, useRef } from "react";

import { useWords } from "../../words/say";
import type { DatasetRecord } from "./calls";
import { jsonText } from "./json-text";
import { datasets } from "./words";

interface Props {
  record: DatasetRecord;
  lit: string | null;
  onLit: (key: string | null) => void;
  /** A box was chosen. */
  onGo: (place: number) => void;
}

export function RecordJson({ record, lit, onLit, onGo }: Props) {
  const { say } = useWords(datasets);
  const text = useMemo(() => jsonText(record), [record]);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (lit === null || list.current?.contains(document.activeElement)) return;
    list.current?.querySelector(`[data-key="${lit}"]`)?.scrollIntoView({ block: "nearest" });
  }, [lit]);
  return (
    <section className="record-json" aria-label={say("view.json")}>
      {record.boxes.length ? <Typography.Text type="secondary">{say("view.json_hint")}</Typography.Text> : null}
      <div ref={list} className="json-scroll" tabIndex={0} role="region" aria-label={`${say("view.json")} ${record.name}`}>
        <pre>{text.head}</pre>
        <pre>{text.boxes.length ? '  "boxes": [' : '  "boxes": [],'}</pre>
        {text.boxes.map((each, place) => {
          const key = `truth-${place}`;
          return (
            <button
              key={key}
              type="button"
              data-key={key}
              className={key === lit ? "json-box lit" : "json-box"}
              onPointerEnter={() => onLit(key)}
              onPointerLeave={() => onLit(null)}
              onFocus={() => onLit(key)}
              onBlur={() => onLit(null)}
              onClick={() => onGo(place)}
            >
              {place < text.boxes.length - 1 ? `${each},` : each}
            </button>
          );
        })}
        {text.boxes.length ? <pre>{"  ],"}</pre> : null}
        <pre>{text.tail}</pre>
      </div>
    </section>
  );
}
