/** Other words for a thing: its name where that may change, and its note. */
import { Button, Form, Input } from "antd";
import { useState } from "react";

import { useWords } from "../words/say";
import { FormDialog } from "./form-dialog";
import { useWhyNot } from "./may";

export const NOTE_CHARS_MAX = 1000;

export interface Words {
  name: string;
  note: string;
}

interface Props {
  topic: string;
  /** What the thing is called on the button. */
  called: string;
  /** Whose it is; without an owner whoever may write may change it. */
  owner?: string;
  now: Words;
  /** How long the name may be; without it the name is fixed. */
  nameMax?: number;
  save: (words: Words) => Promise<unknown>;
}

export function EditButton(props: Props) {
  const { say } = useWords();
  const [open, setOpen] = useState(false);
  const whyNot = useWhyNot(props.owner);
  return (
    <>
      <Button
        type="link"
        size="small"
        disabled={whyNot !== null}
        title={whyNot ?? ""}
        aria-label={`${say("action.edit")} ${props.called}`}
        onClick={() => setOpen(true)}
      >
        {say("action.edit")}
      </Button>
      {open ? <Dialog {...props} close={() => setOpen(false)} /> : null}
    </>
  );
}

function Dialog({ topic, called, nameMax, close, ...begun }: Props & { close: () => void }) {
  const { say } = useWords();
  // as it was when it was opened: what another person saves meanwhile must be refused, not written over
  const [{ now, save }] = useState(begun);
  const [form] = Form.useForm<Words>();
  const wanted = (fields: Partial<Words>) => save({ name: fields.name?.trim() ?? now.name, note: fields.note ?? "" });
  return (
    <FormDialog<Words>
      title={`${say("action.edit")} · ${called}`}
      topic={topic}
      form={form}
      initial={now}
      save={wanted}
      done={say("edit.done")}
      close={close}
    >
      {nameMax === undefined ? null : <NameField max={nameMax} />}
      <NoteField />
    </FormDialog>
  );
}

export function NameField({ max }: { max: number }) {
  const { say } = useWords();
  return (
    <Form.Item
      name="name"
      label={say("column.name")}
      rules={[{ required: true, whitespace: true, message: say("field.required") }]}
    >
      <Input maxLength={max} autoComplete="off" />
    </Form.Item>
  );
}

export function NoteField() {
  const { say } = useWords();
  return (
    <Form.Item name="note" label={say("column.note")}>
      <Input.TextArea maxLength={NOTE_CHARS_MAX} showCount rows={4} />
    </Form.Item>
  );
}
