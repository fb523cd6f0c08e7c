/** The dictionary's lists, as forms choose from them. */
import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";

import { api, body, type Schemas } from "../api/client";

export type List = Schemas["DictionaryList"];
export type ListName = List["name"];

export function useDictionary() {
  return useQuery({
    queryKey: ["dictionary", "all"],
    queryFn: () => body(api.GET("/api/v1/dictionary")),
    select: (found) => new Map(found.lists.map((each): [ListName, List] => [each.name, each])),
  });
}

interface Props {
  list: ListName;
  label: string;
  id?: string;
  value?: string;
  onChange?: (value: string) => void;
  /** What stands first and means that nothing is said, such as "as the template". */
  none?: string;
}

/** One entry of a list; what is chosen and no longer listed stays choosable. */
export function DictionarySelect({ list, label, id, value, onChange, none }: Props) {
  const lists = useDictionary();
  const names = lists.data?.get(list)?.entries.map((each) => each.name) ?? [];
  const all = value && !names.includes(value) ? [value, ...names] : names;
  const options = all.map((name) => ({ value: name, label: name }));
  return (
    <Select<string>
      {...(id === undefined ? {} : { id })}
      aria-label={label}
      style={{ width: "100%" }}
      showSearch
      loading={lists.isPending}
      {...(value === undefined ? {} : { value })}
      options={none === undefined ? options : [{ value: "", label: none }, ...options]}
      {...(onChange ? { onChange } : {})}
    />
  );
}
