/** A template to read: main part and sub-templates, field by field. */
import { Link } from "@tanstack/react-router";
import { Descriptions, Tag } from "antd";

import { useWords } from "../../words/say";
import { lines, type SubForm, type TemplateForm } from "./document";
import type { Named } from "./form";
import { templates } from "./words";

const CLASSES_SHOWN_MAX = 60;
const COLUMNS = { xs: 1, sm: 1, md: 1, lg: 2 } as const;

export function ReadForm({ form, known }: { form: TemplateForm; known: readonly Named[] }) {
  const { say } = useWords(templates);
  return (
    <>
      <h2>{say("template.main")}</h2>
      <Descriptions
        bordered
        size="small"
        column={COLUMNS}
        items={[
          { key: "repo", label: say("template.repo"), children: form.repo },
          { key: "method", label: say("template.method"), children: form.method },
          { key: "version", label: say("template.version"), children: form.version },
          { key: "threshold", label: say("template.threshold"), children: form.error_threshold },
        ]}
      />
      {form.sub_templates.map((sub) => (
        <Sub key={sub.name} sub={sub} structure={known.find((each) => each.id === sub.architecture)?.name} />
      ))}
    </>
  );
}

function Sub({ sub, structure }: { sub: SubForm; structure: string | undefined }) {
  const { say } = useWords(templates);
  return (
    <>
      <h2>{sub.name}</h2>
      <Descriptions
        bordered
        size="small"
        column={COLUMNS}
        items={[
          {
            key: "architecture",
            label: say("sub.architecture"),
            children: (
              <Link to="/structures/$id" params={{ id: sub.architecture }}>
                {structure ?? sub.architecture}
              </Link>
            ),
          },
          { key: "key", label: say("sub.key"), children: sub.state_dict_key || say("sub.whole_file") },
          { key: "type", label: say("sub.type"), children: sub.model_type },
          { key: "method", label: say("sub.method"), children: sub.method || say("sub.method_none") },
          { key: "input", label: say("sub.input_name"), children: sub.input_name },
          { key: "shape", label: say("sub.input_shape"), children: sub.input_shape },
          { key: "mean", label: say("sub.mean"), children: sub.mean_values },
          { key: "scale", label: say("sub.scale"), children: sub.scale_values },
          { key: "batch", label: say("sub.max_batch"), children: sub.max_batch },
          { key: "classes", label: say("sub.num_classes"), children: sub.num_classes },
          ...sub.tasks.map((task) => ({
            key: `task ${task.name}`,
            label: `${say("task.name")} · ${task.name}`,
            span: "filled" as const,
            children: <Classes names={lines(task.classes)} />,
          })),
          ...sub.args.map((arg) => ({
            key: `arg ${arg.name}`,
            label: `args · ${arg.name}`,
            children: <code>{`${arg.kind}: ${arg.value}`}</code>,
          })),
        ]}
      />
    </>
  );
}

function Classes({ names }: { names: readonly string[] }) {
  const { say } = useWords(templates);
  return (
    <>
      {names.slice(0, CLASSES_SHOWN_MAX).map((name) => (
        <Tag key={name}>{name}</Tag>
      ))}
      {names.length > CLASSES_SHOWN_MAX ? "… " : null}
      {say("task.count", { count: names.length })}
    </>
  );
}
