/** How far a job is: its stage in words and a bar; a queued one says what it waits for. */
import { Progress } from "antd";

import type { Schemas } from "../api/client";
import { useWords } from "../words/say";
import { short } from "./shown";

type Job = Schemas["Job"];

/** 0..100; null where there is nothing to show. */
export function percentOf(job: Job): number | null {
  if (job.state === "completed") return 100;
  return job.state === "running" && job.progress ? Math.round(job.progress.fraction * 100) : null;
}

export function JobProgress({ job }: { job: Job }) {
  const { say, label } = useWords();
  if (job.state === "queued") {
    const place = job.position === null ? "" : say("queue.position", { position: job.position });
    return <span title={job.waiting_message}>{place || job.waiting_message}</span>;
  }
  const percent = percentOf(job);
  if (percent === null) return null;
  const stage = job.state === "running" && job.progress ? label("stage", job.progress.stage) : "";
  return (
    <div className="job-progress">
      <Progress percent={percent} size="small" aria-label={`${say("column.progress")} ${job.name || short(job.id)}`} />
      {stage ? <span>{stage}</span> : null}
    </div>
  );
}
