/** What stands around every page: menu, language, theme, who is signed in, whether the page is live. */
import type { ReactNode } from "react";

import { useWords } from "../words/say";
import { AccountMenu } from "./account-menu";
import { Live } from "./live";
import { Navigation } from "./navigation";
import { useScrollByKeyboard } from "./scroll-by-keyboard";
import { Tools } from "./tools";

export function Shell({ children }: { children: ReactNode }) {
  const { say } = useWords();
  useScrollByKeyboard(say("list.wide"));
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {say("app.skip")}
      </a>
      <header className="head">
        <span className="brand">{say("app.name")}</span>
        <span className="grow" />
        <Live />
        <Tools />
        <AccountMenu />
      </header>
      <Navigation />
      <main id="content" tabIndex={-1} className="content">
        {children}
      </main>
    </div>
  );
}
