/** What stands around the pages for whoever is not signed in: the name, language and theme. */
import { Spin } from "antd";
import { type ReactNode, Suspense } from "react";

import { useWords } from "../words/say";
import { Tools } from "./tools";

export function Outside({ children }: { children: ReactNode }) {
  const { say } = useWords();
  return (
    <div className="shell outside">
      <header className="head">
        <span className="brand">{say("app.name")}</span>
        <span className="grow" />
        <Tools />
      </header>
      <main className="outside-content">
        <Suspense fallback={<Spin />}>{children}</Suspense>
      </main>
    </div>
  );
}
