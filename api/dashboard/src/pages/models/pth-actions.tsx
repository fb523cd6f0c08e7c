/** What can be done with a PTH model; in its list and on its page. */
import { DeleteButton } from "../../kit/delete";
import { EditButton } from "../../kit/edit";
import { useWords } from "../../words/say";
import { NAME_CHARS_MAX, type Pth, pthCalls } from "./calls";

export function PthActions({ row }: { row: Pth }) {
  const { say } = useWords();
  return (
    <>
      <EditButton
        topic="models"
        called={row.name}
        owner={row.owner}
        now={{ name: row.name, note: row.note }}
        nameMax={NAME_CHARS_MAX}
        save={(words) => pthCalls.edit(row, words)}
      />
      <a href={pthCalls.file(row)} download aria-label={`${say("action.download")} ${row.name}`}>
        {say("action.download")}
      </a>
      <DeleteButton
        name={row.name}
        owner={row.owner}
        dependents={() => pthCalls.dependents(row.id)}
        remove={() => pthCalls.remove(row)}
      />
    </>
  );
}
