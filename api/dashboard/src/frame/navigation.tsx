/** The menu at the side: areas with their pages, as plain links, so that it is there before everything else. */
import { Link, useRouterState } from "@tanstack/react-router";
import { useId, useState } from "react";

import { useWords } from "../words/say";
import { ENTRIES, type Entry, entryOf, PATHS } from "./menu";

const EXACT = { exact: true } as const;

export function Navigation() {
  const { say } = useWords();
  const here = useRouterState({ select: (state) => entryOf(state.location.pathname, PATHS) });
  const id = useId();
  // where there is little room it is folded, and folds again behind whoever has chosen
  const [open, setOpen] = useState(false);
  return (
    <nav className="navigation" aria-label={say("app.menu")}>
      <button type="button" className="menu-button" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        {say("app.menu")}
      </button>
      <ul id={id} className={open ? "open" : ""} onClick={() => setOpen(false)}>
        {ENTRIES.map((entry) => (entry.inside ? <Area key={entry.to} {...entry} here={here} /> : <Place key={entry.to} {...entry} here={here} />))}
      </ul>
    </nav>
  );
}

interface Props extends Entry {
  /** The entry that the reader is at. */
  here: string | null;
}

function Area({ word, icon, inside, here }: Props) {
  const { say } = useWords();
  const id = useId();
  return (
    <li>
      <span className="area" id={id}>
        {icon}
        {say(word)}
      </span>
      <ul aria-labelledby={id}>
        {inside?.map((entry) => (
          <Place key={entry.to} {...entry} here={here} />
        ))}
      </ul>
    </li>
  );
}

function Place({ to, word, icon, here }: Props) {
  const { say } = useWords();
  return (
    <li>
      <Link to={to} activeOptions={EXACT} aria-current={to === here ? "page" : undefined}>
        {icon}
        {say(word)}
      </Link>
    </li>
  );
}
