/** A new conversion: the PTH model, the execution parameters and the template, with what this job changes in it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, App, Button, Card, Skeleton } from "antd";
import { type ReactNode, useState } from "react";

import "./jobs.css";
import { api, body, type Schemas } from "../../api/client";
import { Choose } from "../../kit/choose";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { CodeError, overridesOf, type Texts, textsOf } from "./conversion-form";
import { type Asked, ImagesPart, ModelPart, ParametersPart } from "./conversion-parts";
import { conversionForm as conversions } from "./conversion-form-words";
import { Labelled } from "./labelled";
import { TemplateFields } from "./template-fields";

const templates = (asked: { search?: string; limit: number }) => body(api.GET("/api/v1/templates", { params: { query: asked } }));

function useTemplate(id: string | null) {
  return useQuery({
    queryKey: ["templates", id],
    queryFn: () => body(api.GET("/api/v1/templates/{id}", { params: { path: { id: id ?? "" } } })),
    enabled: id !== null,
  });
}

/** What is sent: only what was said; the server knows the rest. */
function wishOf(asked: Asked, pth: string, template: string, overrides: Record<string, unknown>) {
  return {
    pth_id: pth,
    template_id: template,
    name: asked.name.trim(),
    version: asked.version.trim() || null,
    // the client's types let a free document hold nothing: it is checked by the server
    overrides: overrides as Record<string, never>,
    merge_operators: asked.merge,
    copy_parameters: asked.copy,
    dataset_id: asked.dataset,
    version_job_id: asked.dataset === null ? null : asked.datasetVersion,
  };
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card size="small" title={<h2>{title}</h2>}>
      {children}
    </Card>
  );
}

function Chosen({ template, texts, change }: { template: Schemas["Template"]; texts: Texts; change: (now: Texts) => void }) {
  return (
    <>
      {template.messages.map((message) => (
        <Alert key={message} type="warning" showIcon title={message} style={{ marginBottom: 12 }} />
      ))}
      <TemplateFields before={textsOf(template.document ?? {})} now={texts} change={change} />
    </>
  );
}

/** A field that is no JSON is said in the page's words; everything else says the API. */
function Refusal({ error }: { error: Error }) {
  const { say, label } = useWords(conversions);
  if (error instanceof CodeError) {
    return <Alert type="error" showIcon role="alert" title={say("conversion.no_json", { field: label("field", error.field) })} />;
  }
  return <Problem error={error} />;
}

/** What the form holds; the model and the template stand in the address. */
function useAsked(): { asked: Asked; change: (some: Partial<Asked>) => void } {
  const search = useSearch({ from: "/conversions/new" });
  const navigate = useNavigate();
  const [rest, setRest] = useState<Omit<Asked, "pth" | "template">>({ name: "", version: "", merge: true, copy: true, dataset: null, datasetVersion: null });
  const asked: Asked = { ...rest, pth: search.pth ?? null, template: search.template ?? null };
  const change = ({ pth, template, ...some }: Partial<Asked>) => {
    setRest((was) => ({ ...was, ...some }));
    if (pth === undefined && template === undefined) return;
    const ids = { pth: pth === undefined ? asked.pth : pth, template: template === undefined ? asked.template : template };
    const next = Object.fromEntries(Object.entries(ids).filter(([, id]) => id !== null));
    void navigate({ to: "/conversions/new", search: next, replace: true });
  };
  return { asked, change };
}

function useSend(asked: Asked, before: Texts | null, texts: Texts | null) {
  const { say } = useWords(conversions);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { message } = App.useApp();
  return useMutation({
    mutationFn: async () => {
      if (asked.pth === null || asked.template === null || before === null || texts === null) return null;
      const wish = wishOf(asked, asked.pth, asked.template, overridesOf(before, texts));
      return body(api.POST("/api/v1/conversions", { body: wish }));
    },
    onSuccess: (answer) => {
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      if (answer === null) return;
      void message.success(say("conversion.sent"));
      if ("kind" in answer) void navigate({ to: "/jobs/$id", params: { id: answer.id } });
      else void navigate({ to: "/conversions" });
    },
  });
}

interface TemplateProps {
  template: ReturnType<typeof useTemplate>;
  asked: Asked;
  texts: Texts | null;
  choose: (template: string | null) => void;
  edit: (texts: Texts) => void;
}

function TemplatePart({ template, asked, texts, choose, edit }: TemplateProps) {
  const { say } = useWords(conversions);
  return (
    <Part title={say("conversion.step_template")}>
      <Labelled id="conversion-template" label={say("conversion.choose_template")} hint={say("conversion.template_hint")}>
        <Choose
          id="conversion-template"
          name={["templates", "list"]}
          ask={templates}
          known={template.data ? [template.data] : []}
          label={say("conversion.choose_template")}
          value={asked.template}
          onChange={choose}
        />
      </Labelled>
      {template.isError ? <Problem error={template.error} again={() => void template.refetch()} /> : null}
      {asked.template !== null && template.isPending ? <Skeleton active /> : null}
      {template.data && texts !== null ? <Chosen template={template.data} texts={texts} change={edit} /> : null}
    </Part>
  );
}

export function ConversionNew() {
  const { say } = useWords(conversions);
  const { asked, change } = useAsked();
  const [edited, setEdited] = useState<{ of: string | null; texts: Texts } | null>(null);
  const template = useTemplate(asked.template);
  const before = template.data ? textsOf(template.data.document ?? {}) : null;
  const texts = edited !== null && edited.of === asked.template ? edited.texts : before;
  const send = useSend(asked, before, texts);
  const ready = asked.pth !== null && texts !== null;
  return (
    <>
      <div className="page-head">
        <h1>{say("conversion.new_title")}</h1>
      </div>
      <div className="job-sections">
        <Part title={say("conversion.step_model")}>
          <ModelPart asked={asked} change={change} />
        </Part>
        <Part title={say("conversion.parameters")}>
          <ParametersPart asked={asked} change={change} />
        </Part>
        <TemplatePart
          template={template}
          asked={asked}
          texts={texts}
          choose={(chosen) => change({ template: chosen })}
          edit={(now) => setEdited({ of: asked.template, texts: now })}
        />
        <Part title={say("conversion.step_images")}>
          <ImagesPart asked={asked} change={change} />
        </Part>
        {send.isError ? <Refusal error={send.error} /> : null}
        <div className="page-head">
          <Button type="primary" disabled={!ready} loading={send.isPending} onClick={() => send.mutate()}>
            {say("conversion.confirm")}
          </Button>
          <span>{say(ready ? "conversion.starts" : "conversion.incomplete")}</span>
        </div>
      </div>
    </>
  );
}
