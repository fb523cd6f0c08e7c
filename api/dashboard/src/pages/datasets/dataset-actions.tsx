/** What can be done with a dataset; in its list and on its page. */
import { DeleteButton } from "../../kit/delete";
import { EditButton } from "../../kit/edit";
import { useWords } from "../../words/say";
import { type Dataset, datasetCalls, files } from "./calls";
import { datasets } from "./words";

export function DatasetActions({ row, version }: { row: Dataset; version?: string | undefined }) {
  const { say } = useWords(datasets);
  return (
    <>
      <EditButton
        topic="datasets"
        called={row.name}
        now={{ name: row.name, note: row.note }}
        save={(words) => datasetCalls.edit(row, words)}
      />
      {row.versions.length > 0 ? (
        <a href={files.pack(row.id, version)} download aria-label={`${say("action.download")} ${row.name}`}>
          {say("action.download")}
        </a>
      ) : null}
      <DeleteButton
        name={row.name}
        dependents={() => datasetCalls.dependents(row.id)}
        remove={() => datasetCalls.remove(row)}
      />
    </>
  );
}
