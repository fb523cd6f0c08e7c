/** A Tron model that was made elsewhere: who it is, and its file in pieces that survive a break. */
import { Button, Form, Input } from "antd";
import { useState } from "react";

import { api, body, made } from "../../api/client";
import { Choose } from "../../kit/choose";
import { DictionarySelect, type ListName, useDictionary } from "../../kit/dictionary";
import { NoteField } from "../../kit/edit";
import { FileField, useFile } from "../../kit/file";
import { FormDialog } from "../../kit/form-dialog";
import { useWords } from "../../words/say";
import { NAME_CHARS_MAX, type Platform } from "./calls";
import { fileStem } from "./file-stem";
import { models } from "./words";

interface Fields {
  repo: string;
  name: string;
  method: string;
  version: string;
  template_id: string | null;
  note?: string;
}

export function TronNew({ platform }: { platform: Platform }) {
  const { say } = useWords(models);
  const lists = useDictionary();
  const [open, setOpen] = useState(false);
  const proposed = (list: ListName) => lists.data?.get(list)?.default ?? "";
  const initial = { repo: proposed("repo"), method: proposed("method"), template_id: null };
  return (
    <>
      <Button type="primary" disabled={!lists.data} onClick={() => setOpen(true)}>
        {say("action.new")}
      </Button>
      {open ? <Dialog platform={platform} initial={initial} close={() => setOpen(false)} /> : null}
    </>
  );
}

interface DialogProps {
  platform: Platform;
  initial: Pick<Fields, "repo" | "method" | "template_id">;
  close: () => void;
}

function Dialog({ platform, initial, close }: DialogProps) {
  const { say } = useWords(models);
  const [form] = Form.useForm<Fields>();
  const typed = Form.useWatch([], form) as Partial<Fields> | undefined;
  const file = useFile();
  const make = async (fields: Fields) => {
    const sent = await file.go();
    await made(api.POST("/api/v1/trons", { body: { note: "", ...fields, ...sent, platform } }));
  };
  return (
    <FormDialog<Fields>
      title={say(`tron.upload.${platform}`)}
      topic="models"
      form={form}
      initial={initial}
      save={make}
      done={say("tron.made")}
      close={close}
      stop={file.stop}
      blocked={file.chosen === null}
    >
      <Form.Item label={say("tron.file_name")} htmlFor="tron-file-name" extra={say("tron.file_name_hint")}>
        <output id="tron-file-name">
          <code>{fileStem(typed ?? initial)}</code>
        </output>
      </Form.Item>
      <Who />
      <FileField id="tron-file" label={say("tron.file")} file={file} hint={say("tron.file_hint")} />
      <Form.Item name="template_id" label={say("tron.template_choose")}>
        <Choose
          name={["templates", "all"]}
          label={say("tron.template_choose")}
          ask={(asked) => body(api.GET("/api/v1/templates", { params: { query: asked } }))}
          clearable
        />
      </Form.Item>
      <NoteField />
    </FormDialog>
  );
}

/** The four parts of a model's identity. */
function Who() {
  const { say } = useWords(models);
  const needed = [{ required: true, whitespace: true, message: say("field.required") }];
  return (
    <>
      <Form.Item name="repo" label={say("tron.repo")} rules={needed}>
        <DictionarySelect list="repo" label={say("tron.repo")} />
      </Form.Item>
      <Form.Item name="name" label={say("tron.name")} rules={needed}>
        <Input maxLength={NAME_CHARS_MAX} autoComplete="off" />
      </Form.Item>
      <Form.Item name="method" label={say("tron.method")} rules={needed}>
        <DictionarySelect list="method" label={say("tron.method")} />
      </Form.Item>
      <Form.Item name="version" label={say("tron.version")} rules={needed}>
        <Input maxLength={NAME_CHARS_MAX} autoComplete="off" />
      </Form.Item>
    </>
  );
}
