/** What the pages of a job over images share: its head with state and actions, what it waits for, what it ran as. */
import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, Descriptions, Skeleton, Space } from "antd";
import type { ReactNode } from "react";

import type { Schemas } from "../../api/client";
import { Backend, Fallbacks, type Used } from "../../kit/backend";
import { hasEnded, JobActions } from "../../kit/job-actions";
import { JobProgress } from "../../kit/job-progress";
import { placeOf } from "../../kit/linked";
import { Problem } from "../../kit/problem";
import { short, when } from "../../kit/shown";
import { State } from "../../kit/state";
import { useWords } from "../../words/say";
import { tests } from "./words";

/** A row of what is told: its name, and what it is. */
export type Row = [name: string, children: ReactNode];

interface OfJob {
  job: Schemas["Job"];
  model_id: string;
  model: string;
  version: string;
  used?: Used | null;
}

interface Props<T extends OfJob> {
  id: string;
  title: string;
  note?: string;
  found: UseQueryResult<T>;
  /** What this kind of job tells between its model and when it was asked for. */
  rows: (of: T) => Row[];
  /** What a completed one has. */
  children: (of: T) => ReactNode;
}

export function JobPage<T extends OfJob>({ id, title, note, found, rows, children }: Props<T>) {
  const { say } = useWords(tests);
  const of = found.data;
  return (
    <div className="test-page">
      <div className="page-head">
        <h1>{title}</h1>
        {of ? (
          <Space>
            <State state={of.job.state} />
            <JobActions job={of.job} />
          </Space>
        ) : (
          <code>{short(id)}</code>
        )}
      </div>
      {note ? <p>{note}</p> : null}
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      {found.isPending ? <Skeleton active /> : null}
      {of && !hasEnded(of.job) ? (
        <Alert type="info" title={say("result.waiting")} description={<JobProgress job={of.job} />} />
      ) : null}
      {of?.job.message ? <Alert type="error" title={of.job.message} /> : null}
      {of ? <Detail of={of} rows={rows(of)} /> : null}
      {of?.job.state === "completed" ? children(of) : null}
    </div>
  );
}

function Detail({ of, rows }: { of: OfJob; rows: Row[] }) {
  const { say, lang } = useWords(tests);
  const model = <Link to={placeOf("tron", of.model_id) ?? ""}>{`${of.model} ${of.version}`}</Link>;
  const all: Row[] = [[say("tests.model"), model], ...rows, [say("column.created"), when(of.job.requested_at, lang)]];
  if (of.used) {
    const used = (
      <div>
        <Backend used={of.used} />
        <Fallbacks used={of.used} />
      </div>
    );
    all.push([say("tests.backend"), used]);
  }
  const items = all.map(([name, shown]) => ({ key: name, label: name, children: shown }));
  return <Descriptions size="small" bordered column={{ xs: 1, md: 2, xl: 3 }} items={items} />;
}
