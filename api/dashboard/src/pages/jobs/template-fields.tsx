/** The template of a conversion with every field open: what is changed here is marked, holds for this job only, and can be undone. */
import { Button, Card, Input, Tag } from "antd";
import type { ReactNode } from "react";

import { api, body } from "../../api/client";
import { Choose } from "../../kit/choose";
import { DictionarySelect } from "../../kit/dictionary";
import { useWords } from "../../words/say";
import { changed, CODE_FIELDS, MAIN_FIELDS, type MainField, SUB_FIELDS, type SubField, type Texts, withMain, withSub } from "./conversion-form";
import { conversionForm as conversions } from "./conversion-form-words";

interface FieldProps {
  id: string;
  field: MainField | SubField;
  before: string;
  now: string;
  change: (text: string) => void;
}

const structures = (asked: { search?: string; limit: number }) => body(api.GET("/api/v1/structures", { params: { query: asked } }));

function Control({ id, field, before, now, change, label }: FieldProps & { label: string }) {
  const { say } = useWords(conversions);
  if (field === "repo" || field === "method") return <DictionarySelect id={id} list={field} label={label} value={now} onChange={change} />;
  if (field === "architecture") {
    const known = [...new Set([before, now])].map((each) => ({ id: each, name: say("conversion.structure_of", { id: each.slice(0, 8) }), class_name: "", certified: true }));
    return (
      <Choose
        id={id}
        name={["structures", "list"]}
        ask={structures}
        known={known}
        shown={(each) => `${each.name}${each.certified ? "" : `（${say("conversion.uncertified")}）`}`}
        label={label}
        value={now}
        onChange={(chosen) => change(chosen ?? before)}
      />
    );
  }
  if (CODE_FIELDS.has(field)) {
    return <Input.TextArea id={id} value={now} rows={3} onChange={(event) => change(event.target.value)} />;
  }
  return <Input id={id} value={now} maxLength={1000} onChange={(event) => change(event.target.value)} />;
}

/** One field: its label, whether it differs from the template, and the way back. */
function Field(props: FieldProps) {
  const { say, label } = useWords(conversions);
  const title = label("field", props.field);
  const differs = changed(props.before, props.now);
  return (
    <div className="template-field">
      <label htmlFor={props.id}>{title}</label>
      <Control {...props} label={title} />
      <small>{label("hint", props.field) === props.field ? "" : label("hint", props.field)}</small>
      {differs ? (
        <div>
          <Tag color="warning">{say("conversion.changed")}</Tag>
          {say("conversion.was", { value: props.before.slice(0, 60) || say("conversion.empty") })}
          <Button type="link" size="small" aria-label={`${say("conversion.undo")} ${title}`} onClick={() => props.change(props.before)}>
            {say("conversion.undo")}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card size="small" type="inner" title={<h3>{title}</h3>}>
      <div className="template-fields">{children}</div>
    </Card>
  );
}

export function TemplateFields({ before, now, change }: { before: Texts; now: Texts; change: (now: Texts) => void }) {
  const { say } = useWords(conversions);
  return (
    <div className="job-sections">
      <Group title={say("conversion.main")}>
        {MAIN_FIELDS.map((field) => (
          <Field
            key={field}
            id={`main-${field}`}
            field={field}
            before={before.main[field]}
            now={now.main[field]}
            change={(text) => change(withMain(now, field, text))}
          />
        ))}
      </Group>
      {before.subs.map((sub, index) => (
        <Group key={sub.name} title={say("conversion.sub", { name: sub.name })}>
          {SUB_FIELDS.map((field) => (
            <Field
              key={field}
              id={`sub${index}-${field}`}
              field={field}
              before={sub.fields[field]}
              now={now.subs[index]?.fields[field] ?? ""}
              change={(text) => change(withSub(now, index, field, text))}
            />
          ))}
        </Group>
      ))}
    </div>
  );
}
