/** A new template, beginning with what the dictionary proposes. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Spin } from "antd";

import { type List, type ListName, useDictionary } from "../../kit/dictionary";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { templateCalls } from "./calls";
import { EMPTY, EMPTY_SUB, type TemplateForm } from "./document";
import { Editor } from "./editor";
import { ofForm } from "./modes";
import { presetText } from "./normalise";
import { templates } from "./words";

const CHANNELS = 3;

/** The empty form with the dictionary's defaults in it. */
export function proposed(lists: ReadonlyMap<ListName, List>): TemplateForm {
  const name = (list: ListName) => lists.get(list)?.default ?? "";
  const preset = (list: ListName) =>
    presetText(lists.get(list)?.entries.find((each) => each.name === name(list))?.values ?? [], CHANNELS);
  const sub = { ...EMPTY_SUB, model_type: name("model_type"), mean_values: preset("mean_values"), scale_values: preset("scale_values") };
  return { ...EMPTY, repo: name("repo"), method: name("method"), sub_templates: [sub] };
}

export function TemplateNew() {
  const { say } = useWords(templates);
  const lists = useDictionary();
  const { mode = "view" } = useSearch({ from: "/templates/new" });
  const navigate = useNavigate();
  if (lists.isError && lists.data === undefined) return <Problem error={lists.error} again={() => void lists.refetch()} />;
  if (lists.data === undefined) return <Spin />;
  return (
    <Editor
      title={say("template.new")}
      begin={ofForm(proposed(lists.data))}
      note=""
      known={[]}
      mode={mode}
      show={(next) => void navigate({ to: "/templates/new", search: next === "code" ? { mode: next } : {}, replace: true })}
      save={templateCalls.save}
      saved={({ id }) => void navigate({ to: "/templates/$id", params: { id } })}
      leave={() => void navigate({ to: "/templates" })}
    />
  );
}
