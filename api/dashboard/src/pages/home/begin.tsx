/** The way from a training's weights to a comparison, step by step, for those who are here for the first time. */
import { Link } from "@tanstack/react-router";

import { useWords } from "../../words/say";
import { home } from "./words";

const STEPS = [
  ["/models/pth", "begin.pth", "begin.pth_why"],
  ["/structures", "begin.structure", "begin.structure_why"],
  ["/templates", "begin.template", "begin.template_why"],
  ["/conversions/new", "begin.convert", "begin.convert_why"],
  ["/datasets/new", "begin.dataset", "begin.dataset_why"],
  ["/tests/new", "begin.test", "begin.test_why"],
  ["/compare", "begin.compare", "begin.compare_why"],
] as const;

export function Begin({ open }: { open: boolean }) {
  const { say } = useWords(home);
  return (
    <details className="panel" open={open}>
      <summary>{say("begin.title")}</summary>
      <ol>
        {STEPS.map(([to, what, why]) => (
          <li key={to}>
            <Link to={to as string}>{say(what)}</Link> {say(why)}
          </li>
        ))}
      </ol>
    </details>
  );
}
