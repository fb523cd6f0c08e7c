/** What is shown where there is no page. */
import { Link } from "@tanstack/react-router";

import { useWords } from "../words/say";

export function Missing() {
  const { say } = useWords();
  return (
    <div className="missing">
      <h1>{say("page.missing")}</h1>
      <Link to="/">{say("page.home")}</Link>
    </div>
  );
}
