/** A list as every page has it: mine or all, search, pages by cursor, the column of actions locked at the right. */
import { ReloadOutlined } from "@ant-design/icons";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button, Input, Table, type TableColumnsType, type TableProps, Typography } from "antd";
import { type ReactNode, useState } from "react";

import { useWords } from "../words/say";
import type { ListSearch } from "./list-search";
import { useWhyNot } from "./may";
import { Problem } from "./problem";
import { Segments } from "./segments";

export const PAGE_ROWS = 20;

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Asked extends ListSearch {
  limit: number;
}

interface Props<T, S extends ListSearch> {
  /** The query's key: the topic that touches it, then what is listed. */
  name: readonly [topic: string, what: string];
  title: string;
  search: S;
  ask: (asked: S & Asked) => Promise<Page<T>>;
  columns: TableColumnsType<T>;
  actions?: (row: T) => ReactNode;
  /** What is made here; whoever may only look is told so instead. */
  head?: ReactNode;
  /** More that narrows the list, beside the search. */
  filters?: ReactNode;
  /** Rows that were ticked; they stay so on other pages and in other searches. */
  ticked?: Ticked<T>;
  /** Things without an owner are not mine or others'. */
  scoped?: boolean;
  /** What is searched, where it is not id and name. */
  searched?: string;
}

export interface Ticked<T> {
  ids: readonly string[];
  tick: (ids: string[]) => void;
  label: (row: T) => string;
}

export function Listing<T extends { id: string }, S extends ListSearch = ListSearch>(props: Props<T, S>) {
  const { name, title, search, ask, columns, actions, head, filters, ticked, scoped = true } = props;
  const { say } = useWords();
  const whyNot = useWhyNot();
  const searched = props.searched ?? say("list.search");
  const navigate = useNavigate();
  const [before, setBefore] = useState<(string | undefined)[]>([]);
  const asked = { limit: PAGE_ROWS, ...search };
  const list = useQuery({ queryKey: [...name, asked], queryFn: () => ask(asked), placeholderData: keepPreviousData });
  const go = (next: ListSearch) => void navigate({ to: ".", search: next as never });
  const narrow = (next: ListSearch) => {
    setBefore([]);
    const { cursor: _, ...kept } = { ...search, ...next };
    go(Object.fromEntries(Object.entries(kept).filter(([, value]) => value)) as ListSearch);
  };
  const turn = (cursor: string | undefined, passed: (string | undefined)[]) => {
    setBefore(passed);
    const { cursor: _, ...kept } = search;
    go((cursor === undefined ? kept : { ...kept, cursor }) as ListSearch);
  };
  const next = list.data?.next ?? null;
  // the browser's own way back came to a page that was passed
  const here = before.indexOf(search.cursor);
  const passed = here < 0 ? before : before.slice(0, here);
  const shown: TableColumnsType<T> = actions
    ? [...columns, { title: say("column.actions"), key: "actions", fixed: "right", render: (_, row) => actions(row) }]
    : columns;
  return (
    <section aria-label={title}>
      <div className="page-head">
        <h1>{title}</h1>
        {scoped ? (
          <Segments
            aria-label={say("list.scope")}
            value={search.mine ? "mine" : "all"}
            options={[
              { value: "mine", label: say("list.mine") },
              { value: "all", label: say("list.all") },
            ]}
            onChange={(value) => narrow({ mine: value === "mine" })}
          />
        ) : null}
        <Input.Search
          allowClear
          style={{ width: 260 }}
          aria-label={searched}
          placeholder={searched}
          key={search.search ?? ""}
          defaultValue={search.search ?? ""}
          onSearch={(text) => narrow({ search: text.trim() })}
        />
        {filters}
        <Button icon={<ReloadOutlined aria-hidden />} aria-label={say("list.refresh")} onClick={() => void list.refetch()} />
        <span style={{ flex: 1 }} />
        {head !== undefined && whyNot !== null ? <Typography.Text type="secondary">{whyNot}</Typography.Text> : head}
      </div>
      {list.isError ? <Problem error={list.error} again={() => void list.refetch()} /> : null}
      <Table<T>
        rowKey="id"
        {...(ticked ? { rowSelection: selection(ticked, say("list.tick")) } : {})}
        columns={shown}
        dataSource={list.data?.items ?? []}
        loading={list.isPending}
        pagination={false}
        size="middle"
        scroll={{ x: "max-content" }}
        locale={{ emptyText: <Typography.Text type="secondary">{say("list.empty")}</Typography.Text> }}
      />
      <div className="pages">
        <Button disabled={!search.cursor} onClick={() => turn(passed.at(-1), passed.slice(0, -1))}>
          {say("list.before")}
        </Button>
        <Button disabled={next === null} onClick={() => turn(next ?? undefined, [...passed, search.cursor])}>
          {say("list.after")}
        </Button>
      </div>
    </section>
  );
}

function selection<T>({ ids, tick, label }: Ticked<T>, title: string): NonNullable<TableProps<T>["rowSelection"]> {
  return {
    selectedRowKeys: [...ids],
    preserveSelectedRowKeys: true,
    hideSelectAll: true,
    columnTitle: title,
    onChange: (keys) => tick(keys.map(String)),
    getCheckboxProps: (row) => ({ "aria-label": label(row) }) as { "aria-label": string },
  };
}
