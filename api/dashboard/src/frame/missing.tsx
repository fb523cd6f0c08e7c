/** What is shown where there is no page. */
import { Link } from "@tanstack/react-router";
import { Result } from "antd";

import { useWords } from "../words/say";

export function Missing() {
  const { say } = useWords();
  return <Result status="404" title={<h1>{say("page.missing")}</h1>} extra={<Link to="/">{say("page.home")}</Link>} />;
}
