/** Cancelling a job, and asking for it again. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { App, Button, Popconfirm } from "antd";

import { api, body, type Schemas } from "../api/client";
import { useWords } from "../words/say";
import { useWhyNot } from "./may";
import { toldOf } from "./problem";

type Job = Schemas["Job"];
/** 202: it was said, but cannot be seen yet. */
type Answer = Job | Schemas["Accepted"];
const ENDED = new Set(["completed", "failed", "cancelled", "quarantined"]);
const AGAIN = new Set(["failed", "cancelled", "quarantined"]);

export function hasEnded(job: Pick<Job, "state">): boolean {
  return ENDED.has(job.state);
}

function useAct(act: (id: string) => Promise<Answer>, done: (job: Job) => void) {
  const { say } = useWords();
  const { message, notification } = App.useApp();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (answer) => {
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      if ("kind" in answer) done(answer);
      else void message.info(say("job.accepted"));
    },
    onError: (error) => {
      const { title, detail } = toldOf(error, say);
      notification.error({ title, description: detail });
    },
  });
}

const cancel = (id: string) => body(api.POST("/api/v1/jobs/{id}/cancel", { params: { path: { id } } }));
const retry = (id: string) => body(api.POST("/api/v1/jobs/{id}/retry", { params: { path: { id } } }));

/** What may be done with the job now; a new one opens when it is asked for again. */
export function JobActions({ job, small = false }: { job: Job; small?: boolean }) {
  const { say } = useWords();
  const navigate = useNavigate();
  const stop = useAct(cancel, () => undefined);
  const again = useAct(retry, (made) => void navigate({ to: "/jobs/$id", params: { id: made.id } }));
  const whyNot = useWhyNot(job.owner);
  const may = { disabled: whyNot !== null, title: whyNot ?? "" };
  const looks = small ? ({ type: "link", size: "small" } as const) : {};
  if (AGAIN.has(job.state)) {
    return (
      <Button
        {...looks}
        {...may}
        loading={again.isPending}
        aria-label={`${say("action.retry")} ${job.name}`}
        onClick={() => again.mutate(job.id)}
      >
        {say("action.retry")}
      </Button>
    );
  }
  if (hasEnded(job)) return null;
  return (
    <Popconfirm
      title={say("job.cancel_ask", { name: job.name })}
      okText={say("job.cancel_yes")}
      cancelText={say("job.cancel_no")}
      onConfirm={() => stop.mutate(job.id)}
      disabled={job.cancelling || may.disabled}
    >
      <Button
        {...looks}
        danger
        title={may.title}
        disabled={job.cancelling || may.disabled}
        loading={stop.isPending}
        aria-label={`${job.cancelling ? say("job.cancelling") : say("action.cancel")} ${job.name}`}
      >
        {job.cancelling ? say("job.cancelling") : say("action.cancel")}
      </Button>
    </Popconfirm>
  );
}
