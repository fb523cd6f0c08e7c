/** One image of a version: its pixels, the boxes over it, the JSON beside it; the next one by a key. */
import { useQuery } from "@tanstack/react-query";
import { Button, Flex, Skeleton, Space, Tag } from "antd";
import { useEffect, useMemo, useState } from "react";

import { Picture } from "../../kit/picture";
import { boxesOfRecord } from "../../kit/picture-boxes";
import { FIT, onto, PICTURE, type PictureState } from "../../kit/picture-geometry";
import { Problem } from "../../kit/problem";
import { Segments } from "../../kit/segments";
import { useWords } from "../../words/say";
import { type DatasetRecord, datasetCalls, files } from "./calls";
import { RecordJson } from "./record-json";
import { datasets } from "./words";

interface Props {
  id: string;
  version: string | undefined;
  number: number;
  raw: boolean;
  /** Null where there is no image in that direction. */
  before: (() => void) | null;
  after: (() => void) | null;
  onRaw: (raw: boolean) => void;
  close: () => void;
}

const HEIGHT = 520;

export function Viewer({ id, version, number, ...props }: Props) {
  const found = useQuery({
    queryKey: ["datasets", "record", id, version ?? "", number],
    queryFn: () => datasetCalls.record(id, number, version),
    placeholderData: (last) => last,
  });
  useKeys(props);
  return (
    <section className="viewer">
      <Bar id={id} version={version} number={number} {...props} />
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      {found.isPending ? <Skeleton active /> : null}
      {found.data ? <Record key={found.data.number} id={id} version={version} raw={props.raw} record={found.data} /> : null}
    </section>
  );
}

/** j, k and Escape anywhere on the page, but not while something is typed. */
function useKeys({ before, after, close }: Pick<Props, "before" | "after" | "close">) {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const typing = event.target instanceof Element && event.target.closest("input, textarea, [role=dialog]") !== null;
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "j") after?.();
      else if (event.key === "k") before?.();
      else if (event.key === "Escape") close();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [before, after, close]);
}

function Bar({ id, version, number, raw, before, after, onRaw, close }: Props) {
  const { say } = useWords(datasets);
  return (
    <Flex gap={8} wrap align="center">
      <Button onClick={close}>{say("view.back")}</Button>
      <Button disabled={before === null} onClick={() => before?.()}>
        {say("view.before")}
      </Button>
      <Button disabled={after === null} onClick={() => after?.()}>
        {say("view.after")}
      </Button>
      <Segments
        aria-label={say("view.mode")}
        value={raw ? "raw" : "rendered"}
        options={[
          { value: "raw", label: say("view.raw") },
          { value: "rendered", label: say("view.rendered") },
        ]}
        onChange={(value) => onRaw(value === "raw")}
      />
      <span className="grow" />
      <Space size={8}>
        {say("view.open")}
        <a href={files.image(id, number, version)} target="_blank" rel="noreferrer">
          {say("view.raw")}
        </a>
        <a href={files.rendered(id, number, version)} target="_blank" rel="noreferrer">
          {say("view.rendered")}
        </a>
        <a href={files.record(id, number, version)} target="_blank" rel="noreferrer">
          {say("view.json")}
        </a>
      </Space>
    </Flex>
  );
}

function Record({ id, version, raw, record }: Pick<Props, "id" | "version" | "raw"> & { record: DatasetRecord }) {
  const { say } = useWords(datasets);
  const [state, setState] = useState<PictureState>(PICTURE);
  const [lit, setLit] = useState<string | null>(null);
  const boxes = useMemo(() => (raw ? [] : boxesOfRecord(record.boxes)), [record, raw]);
  const go = (place: number) => {
    const box = boxes[place];
    setState({ ...state, hidden: false, truth: true, view: box ? onto(box, record) : FIT });
  };
  return (
    <>
      <h2 className="record-name">
        {`#${record.number} ${record.name}`} <small>{`${record.width} × ${record.height}`}</small>
      </h2>
      <Labels title={say("view.labels")} said={record.labels} />
      <Labels title={say("filter.attribute")} said={record.attributes} />
      <div className="record">
        <Picture
          src={files.image(id, record.number, version)}
          name={record.name}
          size={record}
          boxes={boxes}
          state={state}
          onState={setState}
          lit={lit}
          onLit={setLit}
          height={HEIGHT}
        />
        <RecordJson record={record} lit={lit} onLit={setLit} onGo={go} />
      </div>
    </>
  );
}

function Labels({ title, said }: { title: string; said: Record<string, string> }) {
  const rows = Object.entries(said);
  if (!rows.length) return null;
  return (
    <p className="labels">
      {title}
      {rows.map(([name, value]) => (
        <Tag key={name}>{`${name}: ${value}`}</Tag>
      ))}
    </p>
  );
}
