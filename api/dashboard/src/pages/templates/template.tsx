/** One template: what it says, read or edited, as a form or as JSON; and what was made with it. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Alert, Spin, Typography } from "antd";
import { useState } from "react";

import { DependentList } from "../../kit/dependents";
import { Problem } from "../../kit/problem";
import { Segments } from "../../kit/segments";
import { when } from "../../kit/shown";
import { Source } from "../../kit/source";
import { useWords } from "../../words/say";
import { type Template, templateCalls } from "./calls";
import { Editor, type Mode } from "./editor";
import type { Named } from "./form";
import { ofDocument } from "./modes";
import { ReadForm } from "./read-form";
import type { TemplateSearch } from "./search";
import { TemplateActions } from "./template-actions";
import { templates } from "./words";

export function TemplatePage() {
  const { id } = useParams({ from: "/templates/$id" });
  const search = useSearch({ from: "/templates/$id" });
  const found = useQuery({ queryKey: ["templates", id], queryFn: () => templateCalls.one(id) });
  if (found.isError && found.data === undefined) return <Problem error={found.error} again={() => void found.refetch()} />;
  if (found.data === undefined) return <Spin />;
  const Shown = search.edit ? Edited : Read;
  return <Shown row={found.data} search={search} />;
}

interface Props {
  row: Template;
  search: TemplateSearch;
}

/** The structures that the template names, by their names. */
function namedOf(row: Template): Named[] {
  return row.parents.flatMap(({ id, name }) => (id === null ? [] : [{ id, name }]));
}

function useGo(id: string) {
  const navigate = useNavigate();
  return (search: TemplateSearch) => void navigate({ to: "/templates/$id", params: { id }, search, replace: true });
}

function Edited({ row: newest, search }: Props) {
  const { say } = useWords(templates);
  // as it was when editing began: what another person saves meanwhile must be refused, not written over
  const [row] = useState(newest);
  const go = useGo(row.id);
  return (
    <Editor
      title={`${say("template.edit")} · ${row.name}`}
      begin={ofDocument(row.document ?? {})}
      note={row.note}
      known={namedOf(row)}
      mode={search.mode ?? "view"}
      show={(mode) => go(mode === "code" ? { edit: true, mode } : { edit: true })}
      save={(document, note) => templateCalls.replace(row, document, note)}
      saved={() => go({})}
      leave={() => go({})}
    />
  );
}

function Read({ row, search }: Props) {
  const { say, lang } = useWords(templates);
  const go = useGo(row.id);
  const mode = search.mode ?? "view";
  const both = ofDocument(row.document ?? {});
  return (
    <>
      <div className="page-head">
        <h1>{row.name}</h1>
        <Segments<Mode>
          aria-label={say("template.mode")}
          name="mode"
          value={mode}
          options={[
            { value: "view", label: say("mode.view") },
            { value: "code", label: say("mode.code") },
          ]}
          onChange={(next) => go(next === "code" ? { mode: next } : {})}
        />
        <span style={{ flex: 1 }} />
        {row.deleted_at ? <Typography.Text type="danger">{say("thing.deleted")}</Typography.Text> : <TemplateActions row={row} />}
      </div>
      <p>
        <code>{row.id}</code> · {say("column.updated")} {when(row.updated_at, lang)}
      </p>
      {row.note ? <Typography.Paragraph>{row.note}</Typography.Paragraph> : null}
      {row.messages.length > 0 ? <Notices messages={row.messages} /> : null}
      {mode === "code" ? <Source label={say("template.code")} text={both.text} /> : <ReadForm form={both.form} known={namedOf(row)} />}
      <h2>{say("template.used")}</h2>
      <Made id={row.id} />
    </>
  );
}

function Notices({ messages }: { messages: readonly string[] }) {
  const { say } = useWords(templates);
  const list = (
    <ul>
      {messages.map((each) => (
        <li key={each}>{each}</li>
      ))}
    </ul>
  );
  return <Alert type="warning" showIcon title={say("template.notices")} description={list} style={{ marginBottom: 16 }} />;
}

function Made({ id }: { id: string }) {
  const { say } = useWords(templates);
  const made = useQuery({ queryKey: ["models", "of", id], queryFn: () => templateCalls.dependents(id) });
  if (made.isError && made.data === undefined) return <Problem error={made.error} again={() => void made.refetch()} />;
  return made.data ? <DependentList found={made.data} none={say("template.unused")} /> : <Spin />;
}
