/** View mode: the template as a form, main part and sub-templates, with the manual's fields. */
import { Button, Card, Checkbox, Form, Input } from "antd";
import { useState } from "react";

import { Choose } from "../../kit/choose";
import { DictionarySelect } from "../../kit/dictionary";
import { useWords } from "../../words/say";
import { structureCalls } from "../structures/calls";
import { EMPTY_SUB, type SubForm, type TemplateForm } from "./document";
import { Field, TextField, VectorField } from "./fields";
import { Normalisation } from "./normalisation";
import { Args, changed, Tasks, without } from "./parts";
import { templates } from "./words";

/** A structure that the template names already, by its name. */
export interface Named {
  id: string;
  name: string;
}

interface Props {
  form: TemplateForm;
  change: (form: TemplateForm) => void;
  known: readonly Named[];
}

export function ViewMode({ form, change, known }: Props) {
  const { say } = useWords(templates);
  const subs = form.sub_templates;
  const put = (sub_templates: SubForm[]) => change({ ...form, sub_templates });
  return (
    <Form layout="vertical" component="div">
      <Main form={form} change={(part) => change({ ...form, ...part })} />
      {subs.map((sub, place) => (
        <Sub
          key={place}
          id={`sub-${place}`}
          title={say("sub.title", { place: place + 1 })}
          sub={sub}
          known={known}
          change={(part) => put(changed(subs, place, part))}
          remove={subs.length > 1 ? () => put(without(subs, place)) : null}
        />
      ))}
      <Button onClick={() => put([...subs, { ...EMPTY_SUB, name: `sub${subs.length + 1}` }])}>{say("sub.add")}</Button>
    </Form>
  );
}

function Main({ form, change }: { form: TemplateForm; change: (part: Partial<TemplateForm>) => void }) {
  const { say } = useWords(templates);
  return (
    <Card size="small" title={<h2>{say("template.main")}</h2>} style={{ marginBottom: 16 }}>
      <div className="columns">
        <TextField id="template-name" label={say("template.name")} value={form.name} change={(name) => change({ name })} />
        <Field id="template-repo" label={say("template.repo")} required>
          <DictionarySelect
            id="template-repo"
            list="repo"
            label={say("template.repo")}
            value={form.repo}
            onChange={(repo) => change({ repo })}
          />
        </Field>
        <Field id="template-method" label={say("template.method")} required>
          <DictionarySelect
            id="template-method"
            list="method"
            label={say("template.method")}
            value={form.method}
            onChange={(method) => change({ method })}
          />
        </Field>
        <TextField
          id="template-version"
          label={say("template.version")}
          value={form.version}
          change={(version) => change({ version })}
        />
        <TextField
          id="template-threshold"
          label={say("template.threshold")}
          hint={say("template.threshold_hint")}
          value={form.error_threshold}
          change={(error_threshold) => change({ error_threshold })}
        />
      </div>
    </Card>
  );
}

interface SubProps {
  id: string;
  title: string;
  sub: SubForm;
  known: readonly Named[];
  change: (part: Partial<SubForm>) => void;
  remove: (() => void) | null;
}

function Sub({ id, title, sub, known, change, remove }: SubProps) {
  const { say } = useWords(templates);
  const extra = remove ? (
    <Button danger size="small" aria-label={`${say("sub.remove")} ${sub.name}`} onClick={remove}>
      {say("action.remove")}
    </Button>
  ) : null;
  return (
    <Card size="small" title={<h2>{title}</h2>} extra={extra} style={{ marginBottom: 16 }}>
      <div className="columns">
        <Network id={id} sub={sub} known={known} change={change} />
        <VectorField
          id={`${id}-shape`}
          label={say("sub.input_shape")}
          value={sub.input_shape}
          change={(input_shape) => change({ input_shape })}
          count={4}
          countSays={say("vector.shape")}
        />
        <TextField
          id={`${id}-input`}
          label={say("sub.input_name")}
          value={sub.input_name}
          change={(input_name) => change({ input_name })}
        />
        <TextField
          id={`${id}-batch`}
          label={say("sub.max_batch")}
          value={sub.max_batch}
          change={(max_batch) => change({ max_batch })}
        />
        <TextField
          id={`${id}-classes`}
          label={say("sub.num_classes")}
          value={sub.num_classes}
          change={(num_classes) => change({ num_classes })}
        />
        <Normalisation id={id} sub={sub} change={change} />
        <Tasks id={id} all={sub.tasks} change={(tasks) => change({ tasks })} />
        <Args id={id} all={sub.args} change={(args) => change({ args })} />
      </div>
    </Card>
  );
}

/** Which network it is, and where its weights lie. */
function Network({ id, sub, known, change }: Omit<SubProps, "title" | "remove">) {
  const { say } = useWords(templates);
  const marked = (each: Named & { certified?: boolean }) =>
    each.certified === false ? say("sub.uncertified", { name: each.name }) : each.name;
  return (
    <>
      <TextField id={`${id}-name`} label={say("sub.name")} max={100} value={sub.name} change={(name) => change({ name })} />
      <Field id={`${id}-structure`} label={say("sub.architecture")} required>
        <Choose<Named & { certified?: boolean }>
          id={`${id}-structure`}
          name={["structures", "all"]}
          label={say("sub.architecture")}
          ask={structureCalls.list}
          shown={marked}
          known={known}
          value={sub.architecture}
          onChange={(architecture) => change({ architecture: architecture ?? "" })}
        />
      </Field>
      <WeightsKey id={`${id}-key`} value={sub.state_dict_key} change={(state_dict_key) => change({ state_dict_key })} />
      <Field id={`${id}-type`} label={say("sub.type")} required>
        <DictionarySelect
          id={`${id}-type`}
          list="model_type"
          label={say("sub.type")}
          value={sub.model_type}
          onChange={(model_type) => change({ model_type })}
        />
      </Field>
      <Field id={`${id}-method`} label={say("sub.method")}>
        <DictionarySelect
          id={`${id}-method`}
          list="method"
          label={say("sub.method")}
          none={say("sub.method_none")}
          value={sub.method}
          onChange={(method) => change({ method })}
        />
      </Field>
    </>
  );
}

/** Where the weights lie in the file; no key means the whole file, which is ticked, or said while the key is typed. */
function WeightsKey({ id, value, change }: { id: string; value: string; change: (key: string) => void }) {
  const { say } = useWords(templates);
  const [typing, setTyping] = useState(false);
  const whole = value === "" && !typing;
  const tick = (checked: boolean) => {
    setTyping(!checked);
    change(checked ? "" : "state_dict");
  };
  return (
    <Field id={id} label={say("sub.key")} problem={value === "" && typing ? say("sub.key_empty") : null} required>
      <div className="with-after">
        <Input
          id={id}
          value={value}
          disabled={whole}
          maxLength={200}
          onChange={(event) => {
            setTyping(true);
            change(event.target.value);
          }}
        />
        <Checkbox checked={whole} onChange={(event) => tick(event.target.checked)}>
          {say("sub.whole_file")}
        </Checkbox>
      </div>
    </Field>
  );
}
