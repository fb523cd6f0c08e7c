/** Everything around the pages: language, theme, queries. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { App as AntApp, ConfigProvider } from "antd";
import type { Locale } from "antd/es/locale";
import { useCallback, useEffect, useMemo, useState } from "react";

import { OfflineError, ProblemError } from "../api/client";
import { useWords, WordsProvider } from "../words/say";
import type { Lang } from "../words/table";
import { nonce } from "./nonce";
import { router } from "./routes";
import { SessionGate } from "./session";
import { keepMode, keptMode, type Mode, THEMES } from "./theme";
import { ThemeContext } from "./theme-context";

const STALE_MS = 30_000;
const RETRIES_MAX = 2;

const LOCALES: Record<Lang, () => Promise<{ default: Locale }>> = {
  zh: () => import("antd/locale/zh_CN"),
  en: () => import("antd/locale/en_US"),
};

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: STALE_MS,
      retry: (failures, error) => !(error instanceof ProblemError) && failures < RETRIES_MAX,
      refetchInterval: (query) => (query.state.error instanceof OfflineError ? STALE_MS / 6 : false),
    },
  },
});

function Themed() {
  const { lang } = useWords();
  const [locale, setLocale] = useState<Locale | undefined>(undefined);
  const [mode, setMode] = useState<Mode>(keptMode);
  useEffect(() => {
    let gone = false;
    void LOCALES[lang]().then((loaded) => {
      if (!gone) setLocale(loaded.default);
    });
    // what the API says, it says in the reader's language
    void queries.invalidateQueries();
    return () => {
      gone = true;
    };
  }, [lang]);
  useEffect(() => {
    document.documentElement.dataset["theme"] = mode;
    document.documentElement.style.colorScheme = mode;
  }, [mode]);
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
            <RouterProvider router={router} />
          </SessionGate>
        </AntApp>
      </ConfigProvider>
    </ThemeContext.Provider>
  );
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
