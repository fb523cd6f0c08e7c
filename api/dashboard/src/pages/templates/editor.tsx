/** A template in the making: view mode and code mode, kept in step, and saving. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input } from "antd";
import { useState } from "react";

import { NOTE_CHARS_MAX } from "../../kit/edit";
import { Problem } from "../../kit/problem";
import { Segments } from "../../kit/segments";
import { useWords } from "../../words/say";
import type { Template } from "./calls";
import { type Document, toDocument } from "./document";
import { Field } from "./fields";
import { type Named, ViewMode } from "./form";
import { type Both, ofForm, typed, whole } from "./modes";
import "./templates.css";
import { templates } from "./words";

export type Mode = "view" | "code";

interface Props {
  title: string;
  begin: Both;
  note: string;
  known: readonly Named[];
  mode: Mode;
  show: (mode: Mode) => void;
  save: (document: Document, note: string) => Promise<Template>;
  saved: (template: Template) => void;
  leave: () => void;
}

export function Editor({ title, begin, note: noted, known, mode, show, save, saved, leave }: Props) {
  const { say } = useWords(templates);
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [both, setBoth] = useState(begin);
  const [note, setNote] = useState(noted);
  const sent = useMutation({
    mutationFn: () => save(toDocument(both.form), note),
    onSuccess: (template) => {
      void message.success(say("template.saved"));
      void queries.invalidateQueries({ queryKey: ["templates"] });
      saved(template);
    },
  });
  return (
    <section className="template-form" aria-label={title}>
      <div className="page-head">
        <h1>{title}</h1>
        <Segments<Mode>
          aria-label={say("template.mode")}
          name="mode"
          value={mode}
          options={[
            { value: "view", label: say("mode.view") },
            { value: "code", label: say("mode.code") },
          ]}
          onChange={show}
        />
        <span style={{ flex: 1 }} />
        <Button onClick={leave}>{say("action.cancel")}</Button>
        <Button type="primary" disabled={!whole(both)} loading={sent.isPending} onClick={() => sent.mutate()}>
          {say("action.save")}
        </Button>
      </div>
      {sent.isError ? <Problem error={sent.error} /> : null}
      <Wrong both={both} />
      {mode === "view" ? (
        <ViewMode form={both.form} known={known} change={(form) => setBoth(ofForm(form))} />
      ) : (
        <CodeMode both={both} change={(text) => setBoth(typed(both, text))} />
      )}
      <Form layout="vertical" component="div" style={{ marginTop: 16 }}>
        <Field id="template-note" label={say("column.note")}>
          <Input.TextArea
            id="template-note"
            value={note}
            maxLength={NOTE_CHARS_MAX}
            rows={4}
            onChange={(event) => setNote(event.target.value)}
          />
        </Field>
      </Form>
    </section>
  );
}

/** Where the text cannot be read, and that the form is what it was before. */
function Wrong({ both }: { both: Both }) {
  const { say } = useWords(templates);
  if (both.broken !== null) {
    const { line, column } = both.broken;
    const title = say("template.broken", { line, column });
    return <Alert type="error" showIcon role="alert" title={title} description={say("template.broken_todo")} />;
  }
  if (both.troubles.length === 0) return null;
  const list = (
    <ul>
      {both.troubles.map((each) => (
        <li key={`${each.path} ${each.code}`}>
          <code>{each.path || "{}"}</code> {say(`trouble.${each.code}`)}
        </li>
      ))}
    </ul>
  );
  return <Alert type="error" showIcon role="alert" title={say("template.troubles")} description={list} />;
}

function CodeMode({ both, change }: { both: Both; change: (text: string) => void }) {
  const { say } = useWords(templates);
  return (
    <div className="code">
      <Input.TextArea
        aria-label={say("template.code")}
        spellCheck={false}
        value={both.text}
        status={whole(both) ? "" : "error"}
        rows={28}
        onChange={(event) => change(event.target.value)}
      />
    </div>
  );
}
