/** The reader's language: which one it is, how it is switched, and what a key says in it. */
import { createContext, type ReactNode, useCallback, useContext, useLayoutEffect, useMemo, useState } from "react";

import { shared } from "./shared";
import { firstLang, labelIn, type Lang, type Say, sayIn, type Table } from "./table";

const KEPT = "mo.lang";

interface Language {
  lang: Lang;
  use: (lang: Lang) => void;
}

export interface Words<Key extends string> extends Language {
  say: Say<Key>;
  label: (group: string, code: string) => string;
}

export type SharedWord = keyof typeof shared;
/** What the shared words say, for parts that are given their words. */
export type SharedSay = Say<SharedWord>;

const Context = createContext<Language | null>(null);

/** The language that the reader chose before, else the first one. */
export function keptLang(): Lang {
  return firstLang(localStorage.getItem(KEPT));
}

let spoken: Lang = "zh";

/** The language that this page is in; another tab may keep another one. */
export function spokenLang(): Lang {
  return spoken;
}

/** The page is in this language from here on; the API is asked to answer in it. */
export function speak(lang: Lang): void {
  spoken = lang;
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  document.title = sayIn(lang, shared)("app.name");
}

export function WordsProvider({ children }: { children: ReactNode }) {
  const [lang, setLang] = useState(keptLang);
  const use = useCallback((next: Lang) => {
    localStorage.setItem(KEPT, next);
    setLang(next);
  }, []);
  // before anything asks the API again: it answers in this language
  useLayoutEffect(() => speak(lang), [lang]);
  const language = useMemo<Language>(() => ({ lang, use }), [lang, use]);
  return <Context.Provider value={language}>{children}</Context.Provider>;
}

const NONE = {} as const satisfies Table;

/** The shared words and those of an area (a constant table: made anew on every drawing, it would be merged anew). */
export function useWords<T extends Table = typeof NONE>(area?: T): Words<(keyof T & string) | SharedWord> {
  const language = useContext(Context);
  if (language === null) throw new Error("useWords stands outside of WordsProvider");
  return useMemo(() => {
    const table = { ...shared, ...area };
    return {
      ...language,
      say: sayIn(language.lang, table) as Say<(keyof T & string) | SharedWord>,
      label: (group: string, code: string) => labelIn(language.lang, table, group, code),
    };
  }, [language, area]);
}
