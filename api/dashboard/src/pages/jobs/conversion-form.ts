/** A template's document as the fields of a form, and what was changed in them as the overrides of one conversion. Pure. */

export const MAIN_FIELDS = ["repo", "version", "method", "error_threshold"] as const;
export const SUB_FIELDS = [
  "input_name",
  "input_shape",
  "mean_values",
  "scale_values",
  "max_batch",
  "architecture",
  "state_dict_key",
  "num_classes",
  "tasks",
  "args",
] as const;
/** Fields that are written as JSON, as in the template's code mode. */
export const CODE_FIELDS: ReadonlySet<string> = new Set(["tasks", "args"]);

export type MainField = (typeof MAIN_FIELDS)[number];
export type SubField = (typeof SUB_FIELDS)[number];
type Raw = Record<string, unknown>;

/** A template's document as texts, by field. */
export interface Texts {
  main: Record<MainField, string>;
  subs: { name: string; fields: Record<SubField, string> }[];
}

/** A field holds no JSON where it has to. */
export class CodeError extends Error {
  constructor(readonly field: SubField) {
    super(field);
  }
}

function textOf(field: string, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (CODE_FIELDS.has(field)) return JSON.stringify(value);
  return Array.isArray(value) ? value.join(",") : String(value);
}

function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldsOf<Field extends string>(names: readonly Field[], raw: Raw): Record<Field, string> {
  return Object.fromEntries(names.map((name) => [name, textOf(name, raw[name])])) as Record<Field, string>;
}

/** The document's fields as they stand in the form. */
export function textsOf(document: Raw): Texts {
  const subs = Array.isArray(document["sub_templates"]) ? document["sub_templates"].filter(isRaw) : [];
  return {
    main: fieldsOf(MAIN_FIELDS, document),
    subs: subs.map((sub) => ({ name: String(sub["name"]), fields: fieldsOf(SUB_FIELDS, sub) })),
  };
}

function valueOf(field: SubField, text: string): unknown {
  if (!CODE_FIELDS.has(field)) return text.trim();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new CodeError(field);
  }
}

/** Whether the text says something else than the template does. */
export function changed(before: string, now: string): boolean {
  return before.trim() !== now.trim();
}

/**
 * What the conversion asks for that the template does not say; nothing where the form was left as it is.
 *
 * @throws CodeError a field that was changed is no JSON.
 */
export function overridesOf(before: Texts, now: Texts): Raw {
  const overrides: Raw = {};
  for (const field of MAIN_FIELDS) {
    if (changed(before.main[field], now.main[field])) overrides[field] = now.main[field].trim();
  }
  const subs = before.subs.flatMap((sub, index) => {
    const after = now.subs[index];
    if (after === undefined) return [];
    const fields = SUB_FIELDS.filter((field) => changed(sub.fields[field], after.fields[field]));
    if (fields.length === 0) return [];
    return [{ name: sub.name, ...Object.fromEntries(fields.map((field) => [field, valueOf(field, after.fields[field])])) }];
  });
  if (subs.length > 0) overrides["sub_templates"] = subs;
  return overrides;
}

/** The texts with one of the main fields changed. */
export function withMain(texts: Texts, field: MainField, text: string): Texts {
  return { ...texts, main: { ...texts.main, [field]: text } };
}

/** The texts with a field of a sub-template changed. */
export function withSub(texts: Texts, index: number, field: SubField, text: string): Texts {
  const subs = texts.subs.map((sub, at) => (at === index ? { ...sub, fields: { ...sub.fields, [field]: text } } : sub));
  return { ...texts, subs };
}

/** What the form begins with, as it stands in the page's address. */
export interface NewSearch {
  pth?: string;
  template?: string;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function newSearch(raw: Raw): NewSearch {
  const found: NewSearch = {};
  const { pth, template } = raw;
  if (typeof pth === "string" && ID.test(pth)) found.pth = pth;
  if (typeof template === "string" && ID.test(template)) found.template = template;
  return found;
}

/** The day as the server writes it behind the model's name. */
export function dayOf(now: Date): string {
  return `-${now.toISOString().slice(0, 10).replaceAll("-", "")}`;
}
