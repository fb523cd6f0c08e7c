/** A new structure: its Python file, the class in it, and the type config that its constructor takes. */
import { Form, Input, Radio } from "antd";

import { api, made } from "../../api/client";
import { Choose } from "../../kit/choose";
import { NoteField } from "../../kit/edit";
import { FileField, type FileState, useFile } from "../../kit/file";
import { FormDialog } from "../../kit/form-dialog";
import { OpenButton } from "../../kit/open-button";
import { useWords } from "../../words/say";
import { STRUCTURE_CHARS_MAX, structureCalls, type TypeConfig } from "./calls";
import { structures } from "./words";

type Config = "none" | "known" | "new";
interface Fields {
  name: string;
  class_name: string;
  config: Config;
  type_config_id?: string | null;
  config_name?: string;
  note?: string;
}

const CONFIGS: readonly Config[] = ["none", "known", "new"];

export function StructureNew() {
  const { say } = useWords(structures);
  return <OpenButton text={say("action.new")} dialog={(close) => <Dialog close={close} />} />;
}

/** The config that the structure gets: none, the chosen one, or the one that comes with the form. */
async function configOf(fields: Fields, file: FileState): Promise<string | null> {
  if (fields.config === "known") return fields.type_config_id ?? null;
  if (fields.config === "none") return null;
  const sent = await file.go();
  const wish = { name: fields.config_name ?? "", note: "", ...sent };
  return (await made(api.POST("/api/v1/type-configs", { body: wish }))).id;
}

function Dialog({ close }: { close: () => void }) {
  const { say } = useWords(structures);
  const [form] = Form.useForm<Fields>();
  const config = Form.useWatch("config", form) ?? "none";
  const source = useFile();
  const configFile = useFile();
  const make = async ({ name, class_name, note = "", ...fields }: Fields) => {
    const sent = await source.go();
    const type_config_id = await configOf({ name, class_name, ...fields }, configFile);
    await made(api.POST("/api/v1/structures", { body: { name, class_name, note, type_config_id, ...sent } }));
  };
  const stop = () => {
    source.stop();
    configFile.stop();
  };
  const needed = [{ required: true, whitespace: true, message: say("field.required") }];
  return (
    <FormDialog<Fields>
      title={say("structure.new")}
      topic="structures"
      form={form}
      initial={{ config: "none" }}
      save={make}
      done={say("structure.made")}
      close={close}
      stop={stop}
      blocked={source.chosen === null || (config === "new" && configFile.chosen === null)}
    >
      <Form.Item name="name" label={say("structure.name")} rules={needed}>
        <Input maxLength={STRUCTURE_CHARS_MAX} autoComplete="off" />
      </Form.Item>
      <Form.Item name="class_name" label={say("structure.class")} extra={say("structure.class_hint")} rules={needed}>
        <Input maxLength={STRUCTURE_CHARS_MAX} autoComplete="off" />
      </Form.Item>
      <FileField id="structure-file" label={say("structure.file")} file={source} accept=".py,.zip" />
      <ConfigFields config={config} file={configFile} />
      <NoteField />
    </FormDialog>
  );
}

function ConfigFields({ config, file }: { config: Config; file: FileState }) {
  const { say } = useWords(structures);
  const needed = [{ required: true, message: say("field.required") }];
  return (
    <>
      <Form.Item name="config" label={say("structure.config")} extra={say("structure.config_hint")}>
        <Radio.Group
          aria-label={say("structure.config")}
          options={CONFIGS.map((each) => ({ value: each, label: say(`structure.config.${each}`) }))}
        />
      </Form.Item>
      {config === "known" ? (
        <Form.Item name="type_config_id" label={say("structure.config.known")} rules={needed}>
          <Choose<TypeConfig>
            name={["structures", "configs"]}
            label={say("structure.config.known")}
            ask={structureCalls.configs}
            shown={(each) => `${each.name} · ${each.version}`}
          />
        </Form.Item>
      ) : null}
      {config === "new" ? (
        <>
          <Form.Item name="config_name" label={say("structure.config_name")} rules={needed}>
            <Input maxLength={STRUCTURE_CHARS_MAX} autoComplete="off" />
          </Form.Item>
          <FileField id="config-file" label={say("structure.config_file")} file={file} accept=".yaml,.yml,.json" />
        </>
      ) : null}
    </>
  );
}
