/** The first step: where the data is, what it shall be called, which template's classes count. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, Flex, Form, type FormInstance, Input, Radio, Select } from "antd";

import { api, body, ProblemError } from "../../api/client";
import { Choose } from "../../kit/choose";
import { NameField, NoteField } from "../../kit/edit";
import { FileField, type FileState, useFile } from "../../kit/file";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { type Job, scanCalls } from "./calls";
import type { Draft } from "./draft";
import { subTemplatesOf } from "./mapping";
import { datasets } from "./words";

interface Fields {
  name?: string;
  note?: string;
  /** Not asked where the operator keeps no catalogue. */
  source?: "file" | "catalogue";
  item?: string;
  template_id?: string | null;
  sub_template?: string;
  type: string;
  format: string;
  split?: string;
}

interface Props {
  /** A new dataset has a name; a new version keeps its dataset's. */
  named: boolean;
  asked: (scan: Job, draft: Draft) => void;
}

const NAME_CHARS_MAX = 200;
const TYPES = ["classification", "detection", "sequence"];
const FORMATS = ["auto", "labelx", "coco", "voc", "yolo", "imagefolder", "mo"];
const INITIAL: Fields = { source: "file", type: "", format: "auto" };

export function SourceForm({ named, asked }: Props) {
  const { say } = useWords(datasets);
  const [form] = Form.useForm<Fields>();
  const file = useFile();
  const source = Form.useWatch("source", form) ?? "file";
  const scan = useMutation({
    mutationFn: async (fields: Fields) => {
      const sent = fields.source === "catalogue" ? await kept(fields.item ?? "") : await file.go();
      const template = fields.template_id ?? null;
      return scanCalls.ask({
        ...sent,
        format: fields.format,
        split: fields.split?.trim() ?? "",
        type: template === null ? fields.type : "",
        template_id: template,
        sub_template: template === null ? "" : (fields.sub_template ?? ""),
        pairs: [],
      });
    },
    onSuccess: (job, fields) => asked(job, { name: fields.name?.trim() ?? "", note: fields.note ?? "" }),
  });
  return (
    <Form<Fields>
      form={form}
      layout="vertical"
      className="narrow"
      initialValues={INITIAL}
      onFinish={(fields) => scan.mutate(fields)}
    >
      <Source form={form} file={file} named={named} source={source} />
      {named ? (
        <>
          <NameField max={NAME_CHARS_MAX} />
          <NoteField />
        </>
      ) : null}
      <TemplateFields form={form} />
      <details className="filters">
        <summary>{say("new.advanced")}</summary>
        <Advanced />
      </details>
      {scan.isError ? <Problem error={scan.error} /> : null}
      <Flex gap={8} className="filters">
        <Button
          type="primary"
          htmlType="submit"
          loading={scan.isPending}
          disabled={source === "file" && file.chosen === null}
        >
          {say("new.scan")}
        </Button>
        {scan.isPending ? <Button onClick={file.stop}>{say("action.cancel")}</Button> : null}
      </Flex>
    </Form>
  );
}

/** An item of the catalogue becomes an object, as if it had been uploaded. */
async function kept(item: string): Promise<{ digest: string; file_name: string }> {
  return { digest: (await scanCalls.keep(item)).digest, file_name: "" };
}

interface SourceProps {
  form: FormInstance<Fields>;
  file: FileState;
  named: boolean;
  source: "file" | "catalogue";
}

function Source({ form, file, named, source }: SourceProps) {
  const { say } = useWords(datasets);
  const catalogue = useQuery({ queryKey: ["datasets", "catalogue"], queryFn: scanCalls.catalogue });
  // where the operator keeps no catalogue there is nothing to choose
  const none = catalogue.error instanceof ProblemError && catalogue.error.code === "catalogue_not_set";
  const took = (chosen: File) => {
    if (named && !form.getFieldValue("name")) form.setFieldValue("name", chosen.name.replace(/\.zip$/i, ""));
  };
  return (
    <>
      {none || catalogue.isPending ? null : (
        <Form.Item name="source" label={say("new.source")}>
          <Radio.Group
            options={[
              { value: "file", label: say("new.from_file") },
              { value: "catalogue", label: say("new.from_catalogue") },
            ]}
          />
        </Form.Item>
      )}
      {source === "file" ? (
        <FileField
          id="dataset-file"
          label={say("new.file")}
          hint={say("new.file_hint")}
          accept=".zip"
          file={file}
          took={took}
        />
      ) : (
        <Form.Item name="item" label={say("new.item")} rules={[{ required: true, message: say("field.required") }]}>
          <Select<string>
            showSearch={{ optionFilterProp: "label" }}
            loading={catalogue.isPending}
            options={(catalogue.data?.items ?? []).map((each) => ({ value: each.id, label: each.name }))}
          />
        </Form.Item>
      )}
      {catalogue.isError && !none ? <Problem error={catalogue.error} /> : null}
    </>
  );
}

function TemplateFields({ form }: { form: FormInstance<Fields> }) {
  const { say, label } = useWords(datasets);
  const id = Form.useWatch("template_id", form) ?? null;
  const template = useQuery({
    queryKey: ["templates", "one", id],
    queryFn: () => body(api.GET("/api/v1/templates/{id}", { params: { path: { id: id ?? "" } } })),
    enabled: id !== null,
  });
  const subs = id === null ? [] : subTemplatesOf(template.data?.document);
  return (
    <>
      <Form.Item name="template_id" label={say("new.template")} extra={say("new.template_hint")}>
        <Choose
          name={["templates", "for datasets"]}
          ask={(asked) => body(api.GET("/api/v1/templates", { params: { query: asked } }))}
          label={say("new.template")}
          clearable
        />
      </Form.Item>
      {template.isError && id !== null ? <Problem error={template.error} /> : null}
      {subs.length > 1 ? (
        <Form.Item
          name="sub_template"
          label={say("new.sub")}
          rules={[{ required: true, message: say("field.required") }]}
        >
          <Select<string> options={subs.map((value) => ({ value, label: value }))} />
        </Form.Item>
      ) : null}
      {id === null ? (
        <Form.Item name="type" label={say("dataset.type")}>
          <Select<string>
            options={[
              { value: "", label: say("new.type_auto") },
              ...TYPES.map((value) => ({ value, label: label("dataset_type", value) })),
            ]}
          />
        </Form.Item>
      ) : template.data ? (
        <Alert
          className="filters"
          type="info"
          title={`${say("list.named", { name: say("dataset.type") })}${say("new.type_hint", { method: template.data.method })}`}
        />
      ) : null}
    </>
  );
}

function Advanced() {
  const { say } = useWords(datasets);
  return (
    <>
      <Form.Item name="format" label={say("new.format")}>
        <Select<string>
          options={FORMATS.map((value) => ({ value, label: value === "auto" ? say("new.format_auto") : value }))}
        />
      </Form.Item>
      <Form.Item name="split" label={say("new.split")} extra={say("new.split_hint")}>
        <Input maxLength={NAME_CHARS_MAX} autoComplete="off" />
      </Form.Item>
    </>
  );
}
