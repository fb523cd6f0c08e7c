/** A new PTH model: its file goes up in pieces that survive a break, then it gets its name. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input, Modal, Progress } from "antd";
import { useRef, useState } from "react";

import { api, body } from "../../api/client";
import { type Sending, send } from "../../api/upload";
import { Problem } from "../../kit/problem";
import { size } from "../../kit/shown";
import { useWords } from "../../words/say";
import { models } from "./words";

interface Fields {
  name: string;
  training_id?: string;
  note?: string;
}

export function PthNew() {
  const { say } = useWords(models);
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button type="primary" onClick={() => setOpen(true)}>
        {say("action.new")}
      </Button>
      {open ? <Dialog close={() => setOpen(false)} /> : null}
    </>
  );
}

function Dialog({ close }: { close: () => void }) {
  const { say } = useWords(models);
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Fields>();
  const [file, setFile] = useState<File | null>(null);
  const [sent, setSent] = useState(0);
  const sending = useRef<Sending | null>(null);
  const make = useMutation({
    mutationFn: async (fields: Fields) => {
      if (file === null) return;
      sending.current = send(file, setSent);
      const digest = await sending.current.done;
      const wish = { training_id: "", note: "", ...fields, digest, file_name: file.name };
      await body(api.POST("/api/v1/pth", { body: wish }));
    },
    onSuccess: () => {
      void message.success(say("pth.sent"));
      void queries.invalidateQueries({ queryKey: ["models"] });
      close();
    },
  });
  const stop = () => {
    sending.current?.stop();
    close();
  };
  const take = (chosen: File | null) => {
    setFile(chosen);
    if (chosen && !form.getFieldValue("name")) form.setFieldValue("name", chosen.name.replace(/\.pth$/, ""));
  };
  const percent = file ? Math.round((100 * sent) / Math.max(1, file.size)) : 0;
  return (
    <Modal
      open
      title={say("pth.upload")}
      okText={say("action.save")}
      okButtonProps={{ disabled: file === null }}
      confirmLoading={make.isPending}
      onOk={() => form.submit()}
      onCancel={stop}
    >
      <Form<Fields> form={form} layout="vertical" onFinish={(fields) => make.mutate(fields)}>
        <Form.Item label={say("pth.file")} htmlFor="pth-file" required>
          <input id="pth-file" type="file" onChange={(event) => take(event.target.files?.[0] ?? null)} />
        </Form.Item>
        <Form.Item name="name" label={say("column.name")} rules={[{ required: true, message: say("field.required") }]}>
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item name="training_id" label={say("column.training_id")}>
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item name="note" label={say("column.note")}>
          <Input.TextArea maxLength={1000} autoSize={{ minRows: 2, maxRows: 6 }} />
        </Form.Item>
      </Form>
      {make.isPending && file ? (
        <>
          <Progress percent={percent} aria-label={say("column.progress")} />
          <p>{say("pth.uploading", { done: size(sent), total: size(file.size) })}</p>
        </>
      ) : null}
      {make.isError ? <Problem error={make.error} /> : null}
    </Modal>
  );
}
