/** Choosing one of many things: what is typed is searched for on the server, so that the list may be any length. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useState } from "react";

import { useWords } from "../words/say";
import type { Page } from "./listing";

const ROWS = 20;
const WAIT_MS = 250;

export interface Choice {
  id: string;
  name: string;
}

interface Props<T extends Choice> {
  /** The query's key: the topic that touches it, then what is listed. */
  name: readonly [topic: string, what: string];
  ask: (asked: { search?: string; limit: number }) => Promise<Page<T>>;
  /** What stands in the list for a thing; its name where nothing is said. */
  shown?: (thing: T) => string;
  /** What is chosen already and may not be among the first found. */
  known?: readonly T[];
  label: string;
  id?: string;
  value?: string | null;
  onChange?: (id: string | null) => void;
  clearable?: boolean;
}

export function Choose<T extends Choice>(props: Props<T>) {
  const { say } = useWords();
  const [search, setSearch] = useState("");
  const found = useQuery({
    queryKey: [...props.name, "choose", search],
    queryFn: async ({ signal }) => {
      await later(search ? WAIT_MS : 0);
      signal.throwIfAborted();
      return props.ask({ limit: ROWS, ...(search ? { search } : {}) });
    },
    placeholderData: keepPreviousData,
  });
  const shown = props.shown ?? ((thing: T) => thing.name);
  const listed = found.data?.items ?? [];
  const others = (props.known ?? []).filter((each) => !search && !listed.some((one) => one.id === each.id));
  return (
    <Select<string>
      {...(props.id === undefined ? {} : { id: props.id })}
      aria-label={props.label}
      style={{ width: "100%" }}
      showSearch={{ filterOption: false, onSearch: (text) => setSearch(text.trim()) }}
      allowClear={props.clearable ?? false}
      loading={found.isFetching}
      status={found.isError ? "error" : ""}
      placeholder={say("list.search")}
      notFoundContent={found.isError ? say("problem.offline") : say("list.empty")}
      {...(props.value ? { value: props.value } : {})}
      options={[...others, ...listed].map((each) => ({ value: each.id, label: shown(each) }))}
      onChange={(id: string | undefined) => props.onChange?.(id ?? null)}
    />
  );
}

function later(wait_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, wait_ms));
}
