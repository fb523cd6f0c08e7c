/** Columns that the lists of jobs over images share: which, of what model, how it stands, when it was asked for. */
import { Link } from "@tanstack/react-router";
import type { TableColumnsType } from "antd";

import type { Schemas } from "../../api/client";
import { StateOfJob } from "../../kit/state-of-job";
import { placeOf } from "../../kit/linked";
import { short, when } from "../../kit/shown";
import { useWords } from "../../words/say";
import { tests } from "./words";

interface OfJob {
  id: string;
  job: Schemas["Job"];
  model_id: string;
  model: string;
  version: string;
}

/** `own`: what this kind of job tells between its state and when it was asked for. */
export function useJobColumns<T extends OfJob>(noun: "quick_check" | "parity", own: TableColumnsType<T>): TableColumnsType<T> {
  const { say, lang } = useWords(tests);
  return [
    {
      title: say("column.id"),
      render: (_, row) => (
        <Link to={placeOf(noun, row.id) ?? ""}>
          <code>{short(row.id)}</code>
        </Link>
      ),
    },
    {
      title: say("tests.model"),
      render: (_, row) => <Link to={placeOf("tron", row.model_id) ?? ""}>{`${row.model} ${row.version}`}</Link>,
    },
    {
      title: say("column.state"),
      render: (_, row) => <StateOfJob job={row.job} />,
    },
    ...own,
    { title: say("column.created"), render: (_, row) => when(row.job.requested_at, lang) },
  ];
}
