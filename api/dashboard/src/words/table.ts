/** A table of words: each text in both languages, side by side, so that none can be missing. */
export type Lang = "zh" | "en";
export type Pair = readonly [zh: string, en: string];
export type Table = Readonly<Record<string, Pair>>;
export type Params = Record<string, string | number>;
export type Say<Key extends string = string> = (key: Key, params?: Params) => string;

const PLACES: Record<Lang, 0 | 1> = { zh: 0, en: 1 };

/** What the keys of a table say in a language; `{name}` takes the parameter of that name. */
export function sayIn<T extends Table>(lang: Lang, table: T): Say<keyof T & string> {
  return (key, params = {}) =>
    (table[key] as Pair)[PLACES[lang]].replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

/** What a code of the API is called; one that the table does not know keeps its own name. */
export function labelIn(lang: Lang, table: Table, group: string, code: string): string {
  return table[`${group}.${code}`]?.[PLACES[lang]] ?? code;
}

/** Chinese unless the reader chose otherwise before. */
export function firstLang(kept: string | null): Lang {
  return kept === "en" ? "en" : "zh";
}
