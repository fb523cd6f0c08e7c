/** The first page: what runs now, the last results, the machines, and where a newcomer begins. Light: no table of Ant Design. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import "./home.css";
import { api, body, type Schemas } from "../../api/client";
import { Linked } from "../../kit/linked";
import { Problem } from "../../kit/problem";
import { short, when } from "../../kit/shown";
import { State } from "../../kit/state";
import { useWords } from "../../words/say";
import { Begin } from "./begin";
import { home } from "./words";

type Job = Schemas["Job"];
const ROWS = 8;

interface PanelProps {
  title: string;
  found: { isError: boolean; error: Error | null; isPending: boolean; refetch: () => unknown };
  empty: string;
  rows: ReactNode[];
  heads: string[];
}

/** A small table with its heading; its height is kept while it is read. */
function Panel({ title, found, empty, rows, heads }: PanelProps) {
  return (
    <div className="panel">
      <h2>{title}</h2>
      {found.isError && found.error !== null ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      {rows.length > 0 ? (
        <div className="panel-scroll" role="region" aria-label={title} tabIndex={0}>
          <table>
            <thead>
              <tr>
                {heads.map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>{rows}</tbody>
          </table>
        </div>
      ) : null}
      {rows.length === 0 && !found.isPending && !found.isError ? <p>{empty}</p> : null}
    </div>
  );
}

function JobLink({ job }: { job: Job }) {
  return (
    <Link to="/jobs/$id" params={{ id: job.id }}>
      {job.name || short(job.id)}
    </Link>
  );
}

function Running() {
  const { say, label } = useWords(home);
  const found = useQuery({
    queryKey: ["jobs", "home", "running"],
    queryFn: () => body(api.GET("/api/v1/jobs", { params: { query: { limit: ROWS, state: "running" } } })),
  });
  const rows = (found.data?.items ?? []).map((job) => (
    <tr key={job.id}>
      <td>
        <JobLink job={job} />
      </td>
      <td>{label("kind", job.kind)}</td>
      <td>{job.progress ? label("stage", job.progress.stage) : ""}</td>
      <td>
        <progress max={1} value={job.progress?.fraction ?? 0} aria-label={`${say("column.progress")} ${job.name}`} />{" "}
        {Math.round((job.progress?.fraction ?? 0) * 100)}%
      </td>
    </tr>
  ));
  const heads = [say("home.job"), say("column.kind"), say("home.stage"), say("column.progress")];
  return <Panel title={say("home.running")} found={found} empty={say("home.nothing_runs")} rows={rows} heads={heads} />;
}

function Recent({ jobs }: { jobs: ReturnType<typeof useRecent> }) {
  const { say, label, lang } = useWords(home);
  const rows = (jobs.data?.items ?? []).map((job) => (
    <tr key={job.id}>
      <td>
        <JobLink job={job} />
      </td>
      <td>{label("kind", job.kind)}</td>
      <td>
        <State state={job.state} />
      </td>
      <td>
        {job.outputs.map((each) => (
          <Linked key={`${each.noun}${each.id}`} to={{ ...each, name: each.name || say("home.result") }} />
        ))}
      </td>
      <td>{when(job.updated_at, lang)}</td>
    </tr>
  ));
  const heads = [say("home.job"), say("column.kind"), say("column.state"), say("home.made"), say("column.updated")];
  return <Panel title={say("home.recent")} found={jobs} empty={say("home.no_jobs")} rows={rows} heads={heads} />;
}

function useRecent() {
  return useQuery({
    queryKey: ["jobs", "home", "recent"],
    queryFn: () => body(api.GET("/api/v1/jobs", { params: { query: { limit: ROWS } } })),
  });
}

function Tests() {
  const { say, lang } = useWords(home);
  const found = useQuery({
    queryKey: ["tests", "home"],
    queryFn: () => body(api.GET("/api/v1/tests", { params: { query: { limit: ROWS, state: "completed" } } })),
  });
  const rows = (found.data?.items ?? []).map((test) => (
    <tr key={test.id}>
      <td>
        <Linked to={{ noun: "test", id: test.id, name: `${test.model}@${test.version}`, deleted: false }} />
      </td>
      <td>{test.dataset}</td>
      <td>{test.precision}</td>
      <td className="figure">{test.accuracy === null ? "–" : `${(test.accuracy * 100).toFixed(2)}%`}</td>
      <td>{when(test.job.updated_at, lang)}</td>
    </tr>
  ));
  const heads = [say("home.model"), say("home.dataset"), say("home.precision"), say("home.accuracy"), say("column.updated")];
  return <Panel title={say("home.results")} found={found} empty={say("home.no_results")} rows={rows} heads={heads} />;
}

function Machines() {
  const { say, label, lang } = useWords(home);
  const found = useQuery({ queryKey: ["agents"], queryFn: () => body(api.GET("/api/v1/agents")), refetchInterval: 10_000 });
  const rows = (found.data?.items ?? []).map((agent) => (
    <tr key={agent.agent}>
      <td>{agent.agent}</td>
      <td>{label("platform", agent.platform)}</td>
      <td>{label("agent_state", agent.state)}</td>
      <td>{agent.device_present ? agent.device : say("home.no_device")}</td>
      <td>{when(agent.seen_at, lang)}</td>
    </tr>
  ));
  const heads = [say("home.machine"), say("home.platform"), say("column.state"), say("home.device"), say("home.seen")];
  return <Panel title={say("home.machines")} found={found} empty={say("home.no_machines")} rows={rows} heads={heads} />;
}

export function Home() {
  const { say } = useWords(home);
  const jobs = useRecent();
  const newcomer = jobs.data?.items.length === 0;
  return (
    <>
      <div className="page-head">
        <h1>{say("menu.home")}</h1>
      </div>
      {newcomer ? <Begin open /> : null}
      <div className="panels">
        <Running />
        <Machines />
        <Recent jobs={jobs} />
        <Tests />
      </div>
      {newcomer ? null : <Begin open={false} />}
    </>
  );
}
