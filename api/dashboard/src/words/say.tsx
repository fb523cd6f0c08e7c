/** The reader's language: which one it is, how it is switched, and what a key says in it. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";

import { en } from "./en";
import { type Word, zh } from "./zh";

export type Lang = "zh" | "en";
export type Say = (key: Word, params?: Record<string, string | number>) => string;

const KEPT = "mo.lang";
const TABLES: Record<Lang, Record<Word, string>> = { zh, en };

export function sayIn(lang: Lang): Say {
  return (key, params = {}) =>
    TABLES[lang][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

/** What a code of the API is called; one that we do not know keeps its own name. */
export function labelIn(lang: Lang, group: string, code: string): string {
  return (TABLES[lang] as Record<string, string>)[`${group}.${code}`] ?? code;
}

/** Chinese unless the reader chose otherwise before. */
export function firstLang(kept: string | null): Lang {
  return kept === "en" ? "en" : "zh";
}

interface Words {
  lang: Lang;
  say: Say;
  label: (group: string, code: string) => string;
  use: (lang: Lang) => void;
}

const Context = createContext<Words | null>(null);

export function WordsProvider({ children }: { children: ReactNode }) {
  const [lang, setLang] = useState<Lang>(() => firstLang(localStorage.getItem(KEPT)));
  const use = useCallback((next: Lang) => {
    localStorage.setItem(KEPT, next);
    setLang(next);
  }, []);
  useEffect(() => {
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
    document.title = sayIn(lang)("app.name");
  }, [lang]);
  const words = useMemo<Words>(
    () => ({ lang, say: sayIn(lang), label: (group, code) => labelIn(lang, group, code), use }),
    [lang, use],
  );
  return <Context.Provider value={words}>{children}</Context.Provider>;
}

export function useWords(): Words {
  const words = useContext(Context);
  if (words === null) throw new Error("useWords stands outside of WordsProvider");
  return words;
}
