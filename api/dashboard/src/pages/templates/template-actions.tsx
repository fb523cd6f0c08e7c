/** What can be done with a template; in its list and on its page. */
import { Link } from "@tanstack/react-router";
import { Button, Form } from "antd";
import { useState } from "react";

import { useSession } from "../../frame/session-context";
import { DeleteButton } from "../../kit/delete";
import { NameField, NoteField, type Words } from "../../kit/edit";
import { FormDialog } from "../../kit/form-dialog";
import { useWhyNot } from "../../kit/may";
import { useWords } from "../../words/say";
import { NAME_CHARS_MAX, type Template, templateCalls } from "./calls";
import { templates } from "./words";

export function TemplateActions({ row }: { row: Template }) {
  const { say } = useWords(templates);
  const { mayChange } = useSession();
  return (
    <>
      {mayChange(row.owner) ? (
        <Link to="/templates/$id" params={{ id: row.id }} search={{ edit: true }} aria-label={`${say("action.edit")} ${row.name}`}>
          {say("action.edit")}
        </Link>
      ) : null}
      <CopyButton row={row} />
      <Link to="/templates/diff" search={{ a: row.id }} aria-label={`${say("template.compare")} ${row.name}`}>
        {say("template.compare")}
      </Link>
      <DeleteButton
        name={row.name}
        owner={row.owner}
        dependents={() => templateCalls.dependents(row.id)}
        remove={() => templateCalls.remove(row)}
      />
    </>
  );
}

function CopyButton({ row }: { row: Template }) {
  const { say } = useWords(templates);
  const [open, setOpen] = useState(false);
  const whyNot = useWhyNot();
  return (
    <>
      <Button
        type="link"
        size="small"
        disabled={whyNot !== null}
        title={whyNot ?? ""}
        aria-label={`${say("template.copy")} ${row.name}`}
        onClick={() => setOpen(true)}
      >
        {say("template.copy")}
      </Button>
      {open ? <Copy row={row} close={() => setOpen(false)} /> : null}
    </>
  );
}

function Copy({ row, close }: { row: Template; close: () => void }) {
  const { say } = useWords(templates);
  const [form] = Form.useForm<Words>();
  return (
    <FormDialog<Words>
      title={say("template.copy_title", { name: row.name })}
      topic="templates"
      form={form}
      initial={{ name: say("template.copied", { name: row.name }), note: row.note }}
      save={({ name, note }) => templateCalls.copy(row.id, name.trim(), note)}
      done={say("template.saved")}
      close={close}
    >
      <NameField max={NAME_CHARS_MAX} />
      <NoteField />
    </FormDialog>
  );
}
