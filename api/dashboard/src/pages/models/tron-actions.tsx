/** What can be done with a Tron model; in its list and on its page. */
import { Link } from "@tanstack/react-router";

import { DeleteButton } from "../../kit/delete";
import { EditButton } from "../../kit/edit";
import { useWords } from "../../words/say";
import { type Tron, tronCalls } from "./calls";
import { models } from "./words";

export function TronActions({ row, inList = false }: { row: Tron; inList?: boolean }) {
  const { say } = useWords(models);
  const called = `${row.name}@${row.version}`;
  return (
    <>
      {inList ? (
        <Link to="/models/trons/$id" params={{ id: row.id }} search={{ tab: "describe" }} aria-label={`${say("tron.describe")} ${called}`}>
          {say("tron.describe")}
        </Link>
      ) : null}
      <EditButton
        topic="models"
        called={called}
        owner={row.owner}
        now={{ name: row.name, note: row.note }}
        save={(words) => tronCalls.edit(row, words)}
      />
      {row.revisions.length > 0 ? (
        <a href={tronCalls.file(row)} download aria-label={`${say("action.download")} ${called}`}>
          {say("action.download")}
        </a>
      ) : null}
      <DeleteButton
        name={called}
        owner={row.owner}
        dependents={() => tronCalls.dependents(row.id)}
        remove={() => tronCalls.remove(row)}
      />
    </>
  );
}
