/** The stages of an attempt with their times, and what happened to the job before and between. */
import { useQuery } from "@tanstack/react-query";
import { Table, Timeline } from "antd";
import { useEffect, useState } from "react";

import { api, body, type Schemas } from "../../api/client";
import { Problem } from "../../kit/problem";
import { duration, when } from "../../kit/shown";
import { useWords } from "../../words/say";
import type { Stage } from "./log-lines";
import { jobs } from "./words";

type Job = Schemas["Job"];
const TICK_MS = 1000;

/** The time, once a second while it is needed. */
export function useNow(ticking: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!ticking) return;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}

export function Stages({ stages, running }: { stages: Stage[]; running: boolean }) {
  const { say, label, lang } = useWords(jobs);
  const now = useNow(running);
  if (stages.length === 0) return <p>{say("stages.none")}</p>;
  const seconds = (stage: Stage) => stage.seconds ?? Math.max(0, (now - stage.began.getTime()) / 1000);
  return (
    <Table<Stage>
      rowKey={(stage) => `${stage.name}${stage.began.getTime()}`}
      size="small"
      pagination={false}
      dataSource={stages}
      aria-label={say("job.stages")}
      columns={[
        { title: say("stages.stage"), render: (_, stage) => label("stage", stage.name) },
        { title: say("stages.began"), render: (_, stage) => when(stage.began.toISOString(), lang) },
        {
          title: say("stages.took"),
          render: (_, stage) => `${duration(seconds(stage), lang)}${stage.seconds === null ? ` · ${say("stages.now")}` : ""}`,
        },
      ]}
    />
  );
}

/** All that was said about the job, from the log itself; asked for again when its state or attempt changes. */
export function History({ job }: { job: Job }) {
  const { say, label, lang } = useWords(jobs);
  const told = useQuery({
    queryKey: ["story", job.id, job.state, job.epoch, job.cancelling],
    queryFn: () => body(api.GET("/api/v1/entities/{id}/events", { params: { path: { id: job.id } } })),
  });
  if (told.isError && told.data === undefined) return <Problem error={told.error} again={() => void told.refetch()} />;
  const who = (said: Schemas["Said"]) => (said.source.startsWith("/mo/agents/") ? said.source.slice("/mo/agents/".length) : "");
  return (
    <Timeline
      aria-label={say("job.history")}
      items={(told.data?.items ?? []).map((said) => ({
        key: said.id,
        content: (
          <>
            {label("event", said.name)}
            {who(said) ? ` · ${who(said)}` : ""} <time dateTime={said.time}>{when(said.time, lang)}</time>
          </>
        ),
      }))}
    />
  );
}
