/** The images of a version: filters, a page of small ones, one large with its JSON. */
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Empty, Flex, Input, Select, Skeleton } from "antd";
import { useCallback, useState } from "react";

import { Problem } from "../../kit/problem";
import { Segments } from "../../kit/segments";
import { useWords } from "../../words/say";
import { datasetCalls, RECORD_ROWS, type RecordsAsked } from "./calls";
import { figuresQuery, type TabProps } from "./figures";
import { stepOf } from "./steps";
import { Thumbs } from "./thumbs";
import { Viewer } from "./viewer";
import { datasets } from "./words";
import type { Change } from "./dataset-page";

const askedOf = ({ search }: TabProps): RecordsAsked => ({
  ...(search.version ? { version: search.version } : {}),
  ...(search.class ? { class: search.class } : {}),
  ...(search.attribute ? { attribute: search.attribute } : {}),
  ...(search.search ? { search: search.search } : {}),
});

export function PreviewTab({ id, search, change }: TabProps & { change: Change }) {
  const { say } = useWords(datasets);
  const asked = askedOf({ id, search });
  const pages = usePages({ id, search, asked, change });
  const { found } = pages;
  return (
    <>
      <Filters id={id} search={search} change={change} />
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      {found.isPending && search.record === undefined ? <Skeleton active /> : null}
      {search.record !== undefined ? (
        <Viewer
          id={id}
          version={search.version}
          number={search.record}
          raw={search.raw ?? false}
          before={pages.step(search.record, -1)}
          after={pages.step(search.record, 1)}
          onRaw={(raw) => change({ raw })}
          close={() => change({ record: null })}
        />
      ) : found.data ? (
        <>
          {found.data.items.length ? (
            <Thumbs
              id={id}
              version={search.version}
              records={found.data.items}
              raw={search.raw ?? false}
              look={(record) => change({ record })}
            />
          ) : (
            <Empty description={say("filter.none")} />
          )}
          <div className="pages">
            <Button disabled={!pages.more.before} onClick={() => void pages.turn(-1, false)}>
              {say("list.before")}
            </Button>
            <Button disabled={!pages.more.after} onClick={() => void pages.turn(1, false)}>
              {say("list.after")}
            </Button>
          </div>
        </>
      ) : null}
    </>
  );
}

/** The page of images, the pages beside it, and the steps from image to image across them. */
function usePages({ id, search, asked, change }: TabProps & { asked: RecordsAsked; change: Change }) {
  const client = useQueryClient();
  const [passed, setPassed] = useState<string[]>([]);
  const query = (from: string | undefined) => ({
    queryKey: ["datasets", "records", id, asked, from ?? ""],
    queryFn: () => datasetCalls.records(id, asked, from),
  });
  const found = useQuery({ ...query(search.from), placeholderData: keepPreviousData });
  const filtered = Boolean(asked.class ?? asked.attribute ?? asked.search);
  // without a filter the page before begins so many images earlier; with one, only the way here tells
  const start = Number(search.from ?? 0);
  const earlier = filtered ? passed.at(-1) : start > 0 ? String(Math.max(0, start - RECORD_ROWS)) : undefined;
  const more = { before: start > 0 && earlier !== undefined, after: (found.data?.next ?? null) !== null };
  const turn = async (by: 1 | -1, into: boolean) => {
    const to = by === 1 ? found.data?.next : earlier;
    if (to === undefined || to === null) return;
    const items = into ? (await client.fetchQuery(query(to === "0" ? undefined : to))).items : [];
    const record = (by === 1 ? items[0] : items.at(-1))?.number;
    setPassed(by === 1 ? [...passed, search.from ?? "0"] : passed.slice(0, -1));
    change({ from: to === "0" ? null : to, record: into ? (record ?? null) : null });
  };
  const numbers = found.data?.items.map((each) => each.number) ?? [];
  const step = (now: number, by: 1 | -1) => {
    const to = stepOf(numbers, now, by, more);
    if (to === null) return null;
    return () => ("record" in to ? change({ record: to.record }) : void turn(to.turn, true));
  };
  return { found, more, turn, step };
}

function Filters({ id, search, change }: TabProps & { change: Change }) {
  const { say } = useWords(datasets);
  const [typed, setTyped] = useState(search.search ?? "");
  const figures = useQuery(figuresQuery(id, search.version)).data?.figures;
  const narrow = useCallback(
    (by: Parameters<Change>[0]) => change({ ...by, from: null, record: null }),
    [change],
  );
  const classes = [...new Set((figures?.type === "sequence" ? [] : (figures?.tasks ?? [])).flatMap((task) => task.classes))];
  const values = Object.entries(figures?.dimensions ?? {}).flatMap(([name, counts]) =>
    Object.keys(counts).map((value) => `${name}=${value}`),
  );
  const choice = (name: "class" | "attribute", options: string[]) =>
    options.length ? (
      <Select<string>
        aria-label={say(`filter.${name}`)}
        placeholder={say(`filter.${name}`)}
        style={{ width: 200 }}
        allowClear
        showSearch
        {...(search[name] ? { value: search[name] } : {})}
        options={options.map((value) => ({ value, label: value }))}
        onChange={(value: string | undefined) => narrow({ [name]: value ?? null })}
      />
    ) : null;
  return (
    <Flex gap={8} wrap align="center" className="filters">
      {choice("class", classes)}
      {choice("attribute", values)}
      <Input.Search
        allowClear
        style={{ width: 220 }}
        aria-label={say("filter.name")}
        placeholder={say("filter.name")}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onSearch={(text) => narrow({ search: text.trim() })}
      />
      {search.record === undefined ? (
        <Segments
          aria-label={say("view.mode")}
          value={search.raw ? "raw" : "rendered"}
          options={[
            { value: "raw", label: say("view.raw") },
            { value: "rendered", label: say("view.rendered") },
          ]}
          onChange={(value) => change({ raw: value === "raw" })}
        />
      ) : null}
    </Flex>
  );
}
