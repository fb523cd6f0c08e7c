/** One job of any kind: how it stands, what it was given and made, why it failed, its stages and its log. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Alert, Card, Descriptions, Skeleton } from "antd";
import { type ReactNode, useMemo } from "react";

import "./jobs.css";
import { api, body, type Schemas } from "../../api/client";
import { hasEnded, JobActions } from "../../kit/job-actions";
import { JobProgress } from "../../kit/job-progress";
import { Linked } from "../../kit/linked";
import { Problem } from "../../kit/problem";
import { duration, short, when } from "../../kit/shown";
import { State } from "../../kit/state";
import { useWords } from "../../words/say";
import type { JobSearch } from "./job-search";
import { stagesOf } from "./log-lines";
import { LogView } from "./log-view";
import { History, Stages, useNow } from "./stages";
import { useLog } from "./use-log";
import { Verification } from "./verification";
import { jobs } from "./words";

type Job = Schemas["Job"];

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card size="small" title={<h2>{title}</h2>}>
      {children}
    </Card>
  );
}

/** Why it ended badly, or waits, and what to do. */
function Standing({ job }: { job: Job }) {
  const { say } = useWords(jobs);
  if (job.message) {
    const type = job.state === "cancelled" ? "warning" : "error";
    return <Alert type={type} showIcon title={say(`job.why_${type}`)} description={job.message} />;
  }
  if (job.state === "queued" && job.waiting_message) {
    return <Alert type="info" showIcon title={say("job.waits")} description={job.waiting_message} />;
  }
  return null;
}

function Links({ links }: { links: Job["inputs"] }) {
  const { say, label } = useWords(jobs);
  return (
    <ul className="plain">
      {links.map((link) => (
        <li key={`${link.noun}${link.id ?? link.name}`}>
          {say("list.named", { name: label("noun", link.noun) })}
          <Linked to={link} />
        </li>
      ))}
    </ul>
  );
}

function shownSetting(value: unknown, yes: string, no: string): string {
  return value === true ? yes : value === false ? no : String(value);
}

function About({ job }: { job: Job }) {
  const { say, label, lang } = useWords(jobs);
  const now = useNow(!hasEnded(job));
  const end = hasEnded(job) ? new Date(job.updated_at).getTime() : now;
  const settings = Object.entries(job.settings).filter(([, value]) => value !== null && value !== "");
  return (
    <Descriptions
      size="small"
      column={{ xs: 1, md: 2, xl: 3 }}
      items={[
        { key: "kind", label: say("column.kind"), children: label("kind", job.kind) },
        { key: "state", label: say("column.state"), children: <State state={job.state} /> },
        { key: "progress", label: say("column.progress"), children: <JobProgress job={job} /> },
        { key: "asked", label: say("job.requested"), children: when(job.requested_at, lang) },
        { key: "took", label: say("job.so_far"), children: duration((end - new Date(job.requested_at).getTime()) / 1000, lang) },
        { key: "agent", label: say("job.agent"), children: job.agent || "–" },
        { key: "attempts", label: say("job.attempts"), children: `${job.epoch} / ${job.attempts_max}` },
        { key: "id", label: "ID", children: <code>{job.id}</code> },
        ...(job.retry_of
          ? [{ key: "of", label: say("job.retry_of"), children: <Linked to={{ noun: "job", id: job.retry_of, name: short(job.retry_of), deleted: false }} /> }]
          : []),
        ...settings.map(([name, value]) => ({
          key: name,
          label: label("setting", name),
          children: shownSetting(value, say("job.yes"), say("job.no")),
        })),
        ...(job.overridden.length > 0
          ? [{ key: "overridden", label: say("job.overridden"), children: job.overridden.join("、") }]
          : []),
      ]}
    />
  );
}

function Found({ job, search }: { job: Job; search: JobSearch }) {
  const { say } = useWords(jobs);
  const navigate = useNavigate();
  const attempt = Math.min(search.attempt ?? job.epoch, job.epoch);
  const running = job.state === "running";
  const log = useLog(job.id, attempt, job.logs, running);
  const ended = useMemo(() => (running && attempt === job.epoch ? null : new Date(job.updated_at)), [running, attempt, job]);
  const stages = useMemo(() => stagesOf(log.log.texts, new Date(job.requested_at), ended), [log.log, job.requested_at, ended]);
  const go = (next: JobSearch) => void navigate({ to: ".", search: { ...search, ...next } as never, replace: true });
  return (
    <div className="job-sections">
      <Standing job={job} />
      <Section title={say("job.about")}>
        <About job={job} />
      </Section>
      <Section title={say("job.inputs")}>
        <Links links={job.inputs} />
      </Section>
      <Section title={say("job.outputs")}>
        {job.outputs.length > 0 ? <Links links={job.outputs} /> : <p>{say(hasEnded(job) ? "job.made_nothing" : "job.not_yet")}</p>}
      </Section>
      {job.max_abs_error === null ? null : (
        <Section title={say("verify.title")}>
          <div className="verification">
            <Verification job={job} />
          </div>
        </Section>
      )}
      <Section title={say("job.stages")}>
        <Stages stages={stages} running={running} />
      </Section>
      <Section title={say("job.log")}>
        <LogView job={job} attempt={attempt} shown={log} search={search} go={go} />
      </Section>
      <Section title={say("job.history")}>
        <History job={job} />
      </Section>
    </div>
  );
}

/** Back to the list that the job stands in; other kinds stand in none of their own. */
const LISTS = { conversion: ["/conversions", "menu.conversions"], inference: ["/tests", "menu.tests"] } as const;

function Back({ kind }: { kind: string }) {
  const { say } = useWords(jobs);
  const [to, word] = kind === "conversion" || kind === "inference" ? LISTS[kind] : [];
  return to && word ? <Link to={to}>{say("job.back", { list: say(word) })}</Link> : null;
}

export function JobPage() {
  const { say } = useWords(jobs);
  const { id } = useParams({ from: "/jobs/$id" });
  const search = useSearch({ from: "/jobs/$id" });
  const found = useQuery({
    queryKey: ["jobs", id],
    queryFn: () => body(api.GET("/api/v1/jobs/{id}", { params: { path: { id } } })),
  });
  const job = found.data;
  return (
    <>
      <div className="page-head">
        {job ? <Back kind={job.kind} /> : null}
        <h1>{say("job.title", { name: job?.name || short(id) })}</h1>
        {job ? <State state={job.state} /> : null}
        <span style={{ flex: 1 }} />
        {job ? <JobActions job={job} /> : null}
      </div>
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      {found.isPending ? <Skeleton active /> : null}
      {job ? <Found job={job} search={search} key={id} /> : null}
    </>
  );
}
