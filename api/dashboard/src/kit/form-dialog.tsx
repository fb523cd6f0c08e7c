/** A form in a dialog: it is sent once, a refusal stays in it, and what it changed is read again. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Form, type FormInstance, Modal } from "antd";
import type { ReactNode } from "react";

import { useWords } from "../words/say";
import { Problem } from "./problem";

interface Props<T extends object> {
  title: string;
  form: FormInstance<T>;
  initial?: Partial<T>;
  /** The topic whose queries are read again, as the live link's are. */
  topic: string;
  save: (fields: T) => Promise<unknown>;
  /** What is said when it is done. */
  done: string;
  close: () => void;
  /** What else ends when the dialog is left before the end, such as an upload. */
  stop?: () => void;
  /** The form is not yet whole, in what Ant Design does not know of. */
  blocked?: boolean;
  width?: number;
  children: ReactNode;
}

export function FormDialog<T extends object>(props: Props<T>) {
  const { say } = useWords();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const sent = useMutation({
    mutationFn: props.save,
    onSuccess: () => {
      void message.success(props.done);
      void queries.invalidateQueries({ queryKey: [props.topic] });
      props.close();
    },
  });
  const leave = () => {
    props.stop?.();
    props.close();
  };
  return (
    <Modal
      open
      title={props.title}
      okText={say("action.save")}
      okButtonProps={{ disabled: props.blocked ?? false }}
      confirmLoading={sent.isPending}
      {...(props.width === undefined ? {} : { width: props.width })}
      onOk={() => props.form.submit()}
      onCancel={leave}
    >
      <Form<T>
        form={props.form}
        layout="vertical"
        {...(props.initial ? { initialValues: props.initial } : {})}
        onFinish={(fields) => sent.mutate(fields)}
      >
        {props.children}
      </Form>
      {sent.isError ? <Problem error={sent.error} /> : null}
    </Modal>
  );
}
