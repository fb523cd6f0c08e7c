/** View mode and code mode, kept in step: what is typed in one is at once in the other, as far as it can be read. */
import { type TemplateForm, toDocument } from "./document";
import { brokenAt, type Place } from "./broken";
import { toForm, type Trouble } from "./read";

export interface Both {
  form: TemplateForm;
  text: string;
  /** The text is no JSON; the form is what it said before. */
  broken: Place | null;
  /** The text is JSON, but not a template's; the form is what it said before. */
  troubles: readonly Trouble[];
}

export function ofForm(form: TemplateForm): Both {
  return { form, text: JSON.stringify(toDocument(form), null, 2), broken: null, troubles: [] };
}

export function ofDocument(json: unknown): Both {
  const { form, troubles } = toForm(json);
  return troubles.length > 0 ? { form, text: JSON.stringify(json, null, 2), broken: null, troubles } : ofForm(form);
}

/** After typing in code mode: a text that cannot be read leaves the form as it was. */
export function typed(before: Both, text: string): Both {
  const broken = brokenAt(text);
  if (broken !== null) return { form: before.form, text, broken, troubles: [] };
  const json: unknown = JSON.parse(text);
  const { form, troubles } = toForm(json);
  return { form: troubles.length > 0 ? before.form : form, text, broken: null, troubles };
}

export function whole(both: Both): boolean {
  return both.broken === null && both.troubles.length === 0;
}
