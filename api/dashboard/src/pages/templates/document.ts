/** A template as its form has it and as its JSON says it: one function each way, each the other's opposite. */

export type Kind = "si" | "sf" | "ss" | "vi" | "vf" | "vs";
export const KINDS: readonly Kind[] = ["si", "sf", "ss", "vi", "vf", "vs"];

export interface TaskForm {
  name: string;
  /** One class a line. */
  classes: string;
}
export interface ArgForm {
  name: string;
  kind: Kind;
  /** Numbers with commas between, texts one a line. */
  value: string;
}
export interface SubForm {
  name: string;
  model_type: string;
  input_name: string;
  input_shape: string;
  mean_values: string;
  scale_values: string;
  max_batch: string;
  architecture: string;
  state_dict_key: string;
  num_classes: string;
  tasks: TaskForm[];
  args: ArgForm[];
  method: string;
}
export interface TemplateForm {
  name: string;
  repo: string;
  version: string;
  method: string;
  error_threshold: string;
  sub_templates: SubForm[];
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Document = Record<string, Json>;

/** What is typed with full-width commas is meant with plain ones. */
export function parts(text: string): string[] {
  return text
    .replace(/[，、]/g, ",")
    .replace(/[．]/g, ".")
    .replace(/[－]/g, "-")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** The numbers of a vector, or null where the text is none. */
export function numbers(text: string): number[] | null {
  const found = parts(text).map(Number);
  return found.length > 0 && found.every(Number.isFinite) ? found : null;
}

export function lines(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

/** A number where the text is one; else the text as it was typed, which the server says what is wrong with. */
function number(text: string): Json {
  const plain = text.trim();
  return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : text;
}

function vector(text: string): Json {
  return numbers(text) ?? text;
}

function value(arg: ArgForm): Json {
  if (arg.kind === "ss") return arg.value;
  if (arg.kind === "vs") return lines(arg.value);
  return arg.kind.startsWith("v") ? vector(arg.value) : number(arg.value);
}

function subDocument(sub: SubForm): Json {
  return {
    name: sub.name,
    input_name: sub.input_name,
    input_shape: vector(sub.input_shape),
    mean_values: vector(sub.mean_values),
    scale_values: vector(sub.scale_values),
    max_batch: number(sub.max_batch),
    architecture: sub.architecture,
    num_classes: number(sub.num_classes),
    tasks: sub.tasks.map((task) => ({ name: task.name, classes: lines(task.classes) })),
    model_type: sub.model_type,
    state_dict_key: sub.state_dict_key,
    args: sub.args.map((arg) => ({ name: arg.name, kind: arg.kind, value: value(arg) })),
    method: sub.method,
  };
}

/** The JSON of what the form says, in the order in which templates are stored. */
export function toDocument(form: TemplateForm): Document {
  return {
    name: form.name,
    repo: form.repo,
    version: form.version,
    method: form.method,
    error_threshold: number(form.error_threshold),
    sub_templates: form.sub_templates.map(subDocument),
  };
}

export const EMPTY_TASK: TaskForm = { name: "class", classes: "" };

export const EMPTY_SUB: SubForm = {
  name: "main",
  model_type: "pytorch",
  input_name: "raw_data",
  input_shape: "1,3,224,224",
  mean_values: "0,0,0",
  scale_values: "0.00392156863,0.00392156863,0.00392156863",
  max_batch: "32",
  architecture: "",
  state_dict_key: "",
  num_classes: "",
  tasks: [EMPTY_TASK],
  args: [],
  method: "",
};

export const EMPTY: TemplateForm = {
  name: "",
  repo: "",
  version: "1.0.0",
  method: "",
  error_threshold: "1e-4",
  sub_templates: [EMPTY_SUB],
};
