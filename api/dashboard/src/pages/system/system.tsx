/** The system: its machines, its queue, how far its read models are behind, and the dictionary. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, Card, Descriptions, Table, Tag } from "antd";

import "./system.css";
import { api, body, type Schemas } from "../../api/client";
import { type Health, useHealth } from "../../api/fresh";
import { Problem } from "../../kit/problem";
import { NOTHING_YET, short, when } from "../../kit/shown";
import { useWords } from "../../words/say";
import { DictionaryLists } from "./dictionary";
import { system } from "./words";

type Agent = Schemas["Agent"];
const STATES: Record<string, string> = { ready: "success", draining: "warning", lost: "error" };
const LOOK_MS = 10_000;
const QUEUE_ROWS = 50;

function Agents() {
  const { say, label, lang } = useWords(system);
  const found = useQuery({ queryKey: ["agents"], queryFn: () => body(api.GET("/api/v1/agents")), refetchInterval: LOOK_MS });
  const sandbox = (agent: Agent) =>
    agent.sandbox_failed.length > 0
      ? say("system.sandbox_failed", { probes: agent.sandbox_failed.join(", ") })
      : agent.sandbox || say("system.sandbox_none");
  return (
    <Card size="small" title={<h2>{say("system.agents")}</h2>}>
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      <Table<Agent>
        rowKey="agent"
        size="small"
        aria-label={say("system.agents")}
        pagination={false}
        scroll={{ x: "max-content" }}
        loading={found.isPending}
        dataSource={found.data?.items ?? []}
        locale={{ emptyText: found.isPending ? NOTHING_YET : say("system.no_agents") }}
        columns={[
          { title: say("column.name"), dataIndex: "agent" },
          { title: say("system.platform"), render: (_, agent) => label("platform", agent.platform) },
          {
            title: say("column.state"),
            render: (_, agent) => <Tag color={STATES[agent.state] ?? "default"}>{label("agent_state", agent.state)}</Tag>,
          },
          { title: say("system.device"), render: (_, agent) => (agent.device_present ? agent.device : say("system.no_device")) },
          {
            title: say("system.slots"),
            render: (_, agent) =>
              Object.entries(agent.slots)
                .map(([name, slots]) => `${label("slot", name)} ${slots}`)
                .join(" · "),
          },
          { title: say("system.sandbox"), render: (_, agent) => sandbox(agent) },
          { title: say("system.host"), dataIndex: "host" },
          { title: say("system.seen"), render: (_, agent) => when(agent.seen_at, lang) },
        ]}
      />
    </Card>
  );
}

function Answers({ well }: { well: boolean }) {
  const { say } = useWords(system);
  return <Tag color={well ? "success" : "error"}>{say(well ? "system.ready" : "system.not_ready")}</Tag>;
}

function lagItems(health: Health, say: ReturnType<typeof useWords<typeof system>>["say"]) {
  return Object.entries(health.lag).map(([topic, records]) => ({
    key: topic,
    label: say("system.topic", { topic }),
    children: String(records),
  }));
}

function HealthCard() {
  const { say, label } = useWords(system);
  const found = useHealth();
  const health = found.data;
  return (
    <Card size="small" className="health" title={<h2>{say("system.health")}</h2>}>
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      {health?.projector_message ? <Alert type="error" showIcon title={health.projector_message} /> : null}
      {health ? (
        <Descriptions
          size="small"
          column={{ xs: 1, md: 2, xl: 3 }}
          items={[
            { key: "kafka", label: "Kafka", children: <Answers well={health.kafka} /> },
            { key: "postgres", label: "PostgreSQL", children: <Answers well={health.postgres} /> },
            { key: "projector", label: say("system.projector"), children: label("projector", health.projector_state) },
            {
              key: "lag",
              label: say("system.lag"),
              children: `${say(health.stale ? "system.stale" : "system.fresh")} · ${say("system.lag_value", {
                records: Object.values(health.lag).reduce((sum, each) => sum + each, 0),
                seconds: health.lag_seconds.toFixed(1),
              })}`,
            },
            { key: "schema", label: say("system.schema"), children: health.schema },
            ...lagItems(health, say),
          ]}
        />
      ) : null}
    </Card>
  );
}

function Queue() {
  const { say, label } = useWords(system);
  const found = useQuery({
    queryKey: ["jobs", "queue"],
    queryFn: () => body(api.GET("/api/v1/jobs", { params: { query: { state: "queued", limit: QUEUE_ROWS } } })),
  });
  const jobs = found.data?.items ?? [];
  const more = found.data !== undefined && found.data.next !== null;
  const text = jobs.length === 0 ? say("system.queue_empty") : say(more ? "system.queue_more" : "system.queue_some", { jobs: jobs.length });
  return (
    <Card size="small" title={<h2>{say("system.queue")}</h2>}>
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : <p>{text}</p>}
      {jobs.length > 0 ? (
        <Table<Schemas["Job"]>
          rowKey="id"
          size="small"
          aria-label={say("system.queue")}
          pagination={false}
          scroll={{ x: "max-content" }}
          dataSource={jobs}
          columns={[
            {
              title: say("system.job"),
              render: (_, job) => (
                <Link to="/jobs/$id" params={{ id: job.id }}>
                  {job.name || short(job.id)}
                </Link>
              ),
            },
            { title: say("column.kind"), render: (_, job) => label("kind", job.kind) },
            { title: say("system.slots"), render: (_, job) => label("slot", job.resource) },
            { title: say("system.why"), render: (_, job) => job.waiting_message },
          ]}
        />
      ) : null}
    </Card>
  );
}

export function System() {
  const { say } = useWords(system);
  return (
    <>
      <div className="page-head">
        <h1>{say("menu.system")}</h1>
      </div>
      <div className="system-parts">
        <HealthCard />
        <Queue />
        <Agents />
        <DictionaryLists />
      </div>
    </>
  );
}
