/** Choosing several of many things: what is typed is searched for on the server; what was chosen keeps its name. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";

import type { Page } from "../../kit/listing";
import { SelectMany } from "../../kit/select-many";
import { short } from "../../kit/shown";
import { useWords } from "../../words/say";

const ROWS = 50;

interface Props<T> {
  id: string;
  label: string;
  name: readonly string[];
  ask: (asked: { limit: number; search?: string }) => Promise<Page<T>>;
  shown: (thing: T) => string;
  usable: (thing: T) => boolean;
  /** What things that were chosen elsewhere are called. */
  known: Readonly<Record<string, string>>;
  value: readonly string[];
  count_max: number;
  onChange: (ids: string[]) => void;
}

export function ChooseMany<T extends { id: string }>(props: Props<T>) {
  const { say } = useWords();
  const [search, setSearch] = useState("");
  const found = useQuery({
    queryKey: [...props.name, "choose", search],
    queryFn: () => props.ask({ limit: ROWS, ...(search ? { search } : {}) }),
    placeholderData: keepPreviousData,
  });
  const called = useRef<Record<string, string>>({});
  for (const each of found.data?.items ?? []) called.current[each.id] = props.shown(each);
  const listed = (found.data?.items ?? []).map((each) => ({
    value: each.id,
    label: props.shown(each),
    disabled: !props.usable(each),
  }));
  const others = props.value
    .filter((id) => !listed.some((each) => each.value === id))
    .map((value) => ({ value, label: called.current[value] ?? props.known[value] ?? short(value), disabled: false }));
  return (
    <SelectMany<string>
      id={props.id}
      maxCount={props.count_max}
      aria-label={props.label}
      style={{ width: "100%" }}
      showSearch={{ filterOption: false, onSearch: (text) => setSearch(text.trim()) }}
      loading={found.isFetching}
      status={found.isError ? "error" : ""}
      placeholder={say("list.search")}
      value={[...props.value]}
      options={[...others, ...listed]}
      onChange={props.onChange}
    />
  );
}
