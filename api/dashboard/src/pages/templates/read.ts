/** A template's JSON, also in the product's older spellings, as its form; what the form could not show is said, never lost. */
import { type ArgForm, EMPTY_SUB, type Kind, KINDS, type SubForm, type TaskForm, type TemplateForm } from "./document";

/** Where something is that the form cannot show, and why. */
export interface Trouble {
  path: string;
  code: "unknown" | "twice" | "text" | "list" | "object" | "number" | "kind" | "line";
}
type Fields = Record<string, unknown>;

const ALIASES: Readonly<Record<string, string>> = {
  modelType: "model_type",
  inputName: "input_name",
  inputShape: "input_shape",
  meanValues: "mean_values",
  scaleValues: "scale_values",
  maxbatch: "max_batch",
  maxBatch: "max_batch",
  stateDicKey: "state_dict_key",
  stateDictKey: "state_dict_key",
  "num classes": "num_classes",
  numClasses: "num_classes",
};
const MAIN = ["name", "repo", "version", "method", "error_threshold", "sub_templates"];
const SUB = [...Object.keys(EMPTY_SUB), "class_name"];
const WHOLE_FILE = "whole file";

/** Reads what it can and gathers what it cannot. */
class Reader {
  readonly troubles: Trouble[] = [];

  say(path: string, code: Trouble["code"]): void {
    this.troubles.push({ path, code });
  }

  object(path: string, json: unknown, known: readonly string[]): Fields {
    if (json === null || typeof json !== "object" || Array.isArray(json)) {
      this.say(path, "object");
      return {};
    }
    const found: Fields = {};
    for (const [key, value] of Object.entries(json)) {
      const name = ALIASES[key] ?? key;
      const place = path === "" ? key : `${path}.${key}`;
      if (!known.includes(name)) this.say(place, "unknown");
      else if (name in found) this.say(place, "twice");
      else found[name] = value;
    }
    return found;
  }

  list(path: string, json: unknown): unknown[] {
    if (json === undefined) return [];
    if (!Array.isArray(json)) this.say(path, "list");
    return Array.isArray(json) ? json : [];
  }

  text(path: string, json: unknown): string {
    if (json === undefined) return "";
    if (typeof json !== "string") this.say(path, "text");
    return typeof json === "string" ? json : "";
  }

  /** A number as text: people write both. */
  number(path: string, json: unknown): string {
    if (json === undefined) return "";
    if (typeof json === "number" || typeof json === "string") return String(json);
    this.say(path, "number");
    return "";
  }

  vector(path: string, json: unknown): string {
    if (!Array.isArray(json)) return this.number(path, json);
    return json.map((each, place) => this.number(`${path}.${place}`, each)).join(",");
  }

  lines(path: string, json: unknown): string {
    const texts = this.list(path, json).map((each, place) => {
      const text = typeof each === "number" ? String(each) : this.text(`${path}.${place}`, each);
      if (text === "" || text.includes("\n")) this.say(`${path}.${place}`, "line");
      return text;
    });
    return texts.join("\n");
  }
}

function arg(reader: Reader, path: string, json: unknown): ArgForm {
  const fields = reader.object(path, json, ["name", "kind", "value"]);
  const said = reader.text(`${path}.kind`, fields["kind"]);
  const kind: Kind | undefined = KINDS.find((each) => each === said);
  if (kind === undefined) reader.say(`${path}.kind`, "kind");
  const value = fields["value"];
  const place = `${path}.value`;
  const shown =
    kind === "vs" && Array.isArray(value)
      ? reader.lines(place, value)
      : kind?.startsWith("v")
        ? reader.vector(place, value)
        : reader.number(place, value);
  return { name: reader.text(`${path}.name`, fields["name"]), kind: kind ?? "ss", value: shown };
}

function tasks(reader: Reader, path: string, fields: Fields): TaskForm[] {
  const short = fields["class_name"];
  if (short === undefined) {
    return reader.list(`${path}.tasks`, fields["tasks"]).map((each, place) => {
      const at = `${path}.tasks.${place}`;
      const task = reader.object(at, each, ["name", "classes"]);
      return { name: reader.text(`${at}.name`, task["name"]), classes: reader.lines(`${at}.classes`, task["classes"]) };
    });
  }
  if (fields["tasks"] !== undefined) reader.say(`${path}.class_name`, "twice");
  const given = reader.list(`${path}.class_name`, short);
  const heads = given.every((each) => typeof each === "string") ? [given] : given;
  return heads.map((head, place) => ({
    name: heads.length === 1 ? "class" : `task${place + 1}`,
    classes: reader.lines(`${path}.class_name.${place}`, head),
  }));
}

function sub(reader: Reader, path: string, json: unknown): SubForm {
  const fields = reader.object(path, json, SUB);
  const text = (name: string) => reader.text(`${path}.${name}`, fields[name]);
  const key = fields["state_dict_key"];
  return {
    name: text("name"),
    model_type: fields["model_type"] === undefined ? EMPTY_SUB.model_type : text("model_type"),
    input_name: text("input_name"),
    input_shape: reader.vector(`${path}.input_shape`, fields["input_shape"]),
    mean_values: reader.vector(`${path}.mean_values`, fields["mean_values"]),
    scale_values: reader.vector(`${path}.scale_values`, fields["scale_values"]),
    max_batch: reader.number(`${path}.max_batch`, fields["max_batch"]),
    architecture: text("architecture"),
    state_dict_key: key === null || key === WHOLE_FILE ? "" : text("state_dict_key"),
    num_classes: reader.number(`${path}.num_classes`, fields["num_classes"]),
    tasks: tasks(reader, path, fields),
    args: reader.list(`${path}.args`, fields["args"]).map((each, place) => arg(reader, `${path}.args.${place}`, each)),
    method: text("method"),
  };
}

/** The form of a template's JSON; with troubles it is not the whole of it. */
export function toForm(json: unknown): { form: TemplateForm; troubles: Trouble[] } {
  const reader = new Reader();
  const fields = reader.object("", json, MAIN);
  const subs = reader.list("sub_templates", fields["sub_templates"]);
  const form = {
    name: reader.text("name", fields["name"]),
    repo: reader.text("repo", fields["repo"]),
    version: reader.text("version", fields["version"]),
    method: reader.text("method", fields["method"]),
    error_threshold: reader.number("error_threshold", fields["error_threshold"]),
    sub_templates: subs.map((each, place) => sub(reader, `sub_templates.${place}`, each)),
  };
  return { form, troubles: reader.troubles };
}
