/** Everything around the pages: language, theme, queries. */
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { App as AntApp, ConfigProvider } from "antd";
import type { Locale } from "antd/es/locale";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { useWords, WordsProvider } from "../words/say";
import type { Lang } from "../words/table";
import { nonce } from "./nonce";
import { queries } from "./queries";
import { router } from "./routes";
import { SessionGate } from "./session";
import { keepMode, keptMode, type Mode, paint, THEMES } from "./theme";
import { ThemeContext } from "./theme-context";

const LOCALES: Record<Lang, () => Promise<{ default: Locale }>> = {
  zh: () => import("antd/locale/zh_CN"),
  en: () => import("antd/locale/en_US"),
};

function Themed() {
  const { lang } = useWords();
  const [locale, setLocale] = useState<Locale | undefined>(undefined);
  const [mode, setMode] = useState<Mode>(keptMode);
  const readIn = useRef(lang);
  useEffect(() => {
    let gone = false;
    void LOCALES[lang]().then((loaded) => {
      if (!gone) setLocale(loaded.default);
    });
    // what the API says, it says in the reader's language
    if (readIn.current !== lang) void queries.invalidateQueries();
    readIn.current = lang;
    return () => {
      gone = true;
    };
  }, [lang]);
  useEffect(() => paint(mode), [mode]);
  const use = useCallback((next: Mode) => {
    keepMode(next);
    setMode(next);
  }, []);
  const theme = useMemo(() => ({ mode, use }), [mode, use]);
  return (
    <ThemeContext.Provider value={theme}>
      <ConfigProvider theme={THEMES[mode]} csp={{ nonce }} button={{ autoInsertSpace: false }} {...(locale ? { locale } : {})}>
        <AntApp>
          <SessionGate>
            <Pages />
          </SessionGate>
        </AntApp>
      </ConfigProvider>
    </ThemeContext.Provider>
  );
}

/** Every page; back and forward, pressed while nobody was signed in, are followed then. */
function Pages() {
  useEffect(() => {
    const drawn = router.state.resolvedLocation;
    if (drawn !== undefined && drawn.href !== router.latestLocation.href) router.load().catch(console.error);
  }, []);
  return <RouterProvider router={router} />;
}

export function App() {
  return (
    <WordsProvider>
      <QueryClientProvider client={queries}>
        <Themed />
      </QueryClientProvider>
    </WordsProvider>
  );
}
