/** A new PTH model: its file goes up in pieces that survive a break, then it gets its name. */
import { Form, Input } from "antd";

import { api, made } from "../../api/client";
import { NameField, NoteField } from "../../kit/edit";
import { FileField, useFile } from "../../kit/file";
import { FormDialog } from "../../kit/form-dialog";
import { OpenButton } from "../../kit/open-button";
import { useWords } from "../../words/say";
import { NAME_CHARS_MAX } from "./calls";
import { models } from "./words";

interface Fields {
  name: string;
  training_id?: string;
  note?: string;
}

export function PthNew() {
  const { say } = useWords(models);
  return <OpenButton text={say("action.new")} dialog={(close) => <Dialog close={close} />} />;
}

function Dialog({ close }: { close: () => void }) {
  const { say } = useWords(models);
  const [form] = Form.useForm<Fields>();
  const file = useFile();
  const make = async (fields: Fields) => {
    const sent = await file.go();
    await made(api.POST("/api/v1/pth", { body: { training_id: "", note: "", ...fields, ...sent } }));
  };
  const named = (chosen: File) => {
    if (!form.getFieldValue("name")) form.setFieldValue("name", chosen.name.replace(/\.pth$/, ""));
  };
  return (
    <FormDialog<Fields>
      title={say("pth.upload")}
      topic="models"
      form={form}
      save={make}
      done={say("pth.made")}
      close={close}
      stop={file.stop}
      blocked={file.chosen === null}
    >
      <FileField id="pth-file" label={say("pth.file")} file={file} took={named} />
      <NameField max={NAME_CHARS_MAX} />
      <Form.Item name="training_id" label={say("column.training_id")}>
        <Input maxLength={NAME_CHARS_MAX} />
      </Form.Item>
      <NoteField />
    </FormDialog>
  );
}
