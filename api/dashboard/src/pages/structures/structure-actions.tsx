/** What can be done with a structure; in its list and on its page. */
import { DeleteButton } from "../../kit/delete";
import { EditButton } from "../../kit/edit";
import { useWords } from "../../words/say";
import { fileOf, type Structure, STRUCTURE_CHARS_MAX, structureCalls } from "./calls";

export function StructureActions({ row }: { row: Structure }) {
  const { say } = useWords();
  return (
    <>
      <EditButton
        topic="structures"
        called={row.name}
        owner={row.owner}
        now={{ name: row.name, note: row.note }}
        nameMax={STRUCTURE_CHARS_MAX}
        save={(words) => structureCalls.edit(row, words)}
      />
      <a href={fileOf(row)} download={row.source.name} aria-label={`${say("action.download")} ${row.name}`}>
        {say("action.download")}
      </a>
      <DeleteButton
        name={row.name}
        owner={row.owner}
        dependents={() => structureCalls.dependents(row.id)}
        remove={() => structureCalls.remove(row)}
      />
    </>
  );
}
