/** 分类任务信息 and 统计维度: filled in, changed, deleted; a deleted task takes the dimension made of it along. */
import { Button, Empty, Form as Layout, Select, Space, Switch } from "antd";

import { useWords } from "../../words/say";
import { asTask, DIMENSIONS_MAX, tasksOf, withoutTask } from "./form-state";
import type { Editing } from "./new-page";
import { testForm } from "./new-words";

const WIDTH = { width: 240 };

export function TasksField({ draft, change, form }: Editing) {
  const { say } = useWords(testForm);
  const pairs = tasksOf(draft, form);
  const called = (each: { name: string; classes: number }) => ({
    value: each.name,
    label: say("new.tasks.classes", { name: each.name, count: each.classes }),
  });
  const taken = new Set(pairs.map((each) => each.dataset_task));
  const answered = new Set(pairs.map((each) => each.task));
  const free = form?.dataset_tasks.find((each) => !taken.has(each.name));
  const head = form?.model_tasks.find((each) => !answered.has(each.name));
  const put = (at: number, part: { task?: string; dataset_task?: string }) =>
    change({ tasks: pairs.map((each, place) => (place === at ? { ...each, ...part } : each)) });
  return (
    <Layout.Item label={say("new.tasks")} extra={say("new.tasks.hint")}>
      {pairs.map((pair, at) => (
        <Space key={pair.task} wrap className="form-row">
          <Select
            style={WIDTH}
            aria-label={`${say("new.tasks.model")} ${at + 1}`}
            value={pair.task}
            options={(form?.model_tasks ?? []).map(called)}
            onChange={(task) => put(at, { task })}
          />
          ←
          <Select
            style={WIDTH}
            aria-label={`${say("new.tasks.dataset")} ${at + 1}`}
            value={pair.dataset_task}
            options={(form?.dataset_tasks ?? []).map(called)}
            onChange={(dataset_task) => put(at, { dataset_task })}
          />
          <Button
            danger
            size="small"
            aria-label={say("new.tasks.delete", { name: pair.dataset_task })}
            onClick={() => change(withoutTask(draft, form, pair.dataset_task))}
          >
            {say("action.delete")}
          </Button>
        </Space>
      ))}
      <Space>
        <Button
          size="small"
          disabled={!free || !head}
          onClick={() =>
            free && head ? change({ tasks: [...pairs, { task: head.name, dataset_task: free.name }] }) : undefined
          }
        >
          {say("new.tasks.add")}
        </Button>
        <Button size="small" disabled={draft.tasks === null} onClick={() => change({ tasks: null })}>
          {say("new.tasks.reset")}
        </Button>
      </Space>
    </Layout.Item>
  );
}

export function DimensionsField({ draft, change, form }: Editing) {
  const { say } = useWords(testForm);
  const known = form?.dimensions ?? [];
  const chosen = new Set(draft.dimensions.map((each) => each.name));
  const free = known.filter((each) => !chosen.has(each.name));
  const option = (each: { name: string; values: number }) => ({
    value: each.name,
    label: say("new.dimensions.values", { name: each.name, count: each.values }),
  });
  return (
    <Layout.Item label={say("new.dimensions")} extra={say("new.dimensions.hint")}>
      {draft.dimensions.map((own, at) => {
        const head = known.find((each) => each.name === own.name)?.as_task ?? false;
        return (
          <Space key={own.name} wrap className="form-row">
            <Select
              style={WIDTH}
              aria-label={`${say("new.dimensions")} ${at + 1}`}
              value={own.name}
              options={known.filter((each) => each.name === own.name || !chosen.has(each.name)).map(option)}
              onChange={(name) =>
                change({ dimensions: draft.dimensions.map((each, place) => (place === at ? { name, as_task: false } : each)) })
              }
            />
            <span>
              <Switch
                size="small"
                aria-label={`${say("new.dimensions.as_task")} ${own.name}`}
                disabled={!head}
                checked={own.as_task ?? false}
                onChange={(on) => change(asTask(draft, own.name, on))}
              />{" "}
              {say(head ? "new.dimensions.as_task" : "new.dimensions.no_head")}
            </span>
            <Button
              danger
              size="small"
              aria-label={say("new.dimensions.delete", { name: own.name })}
              onClick={() => change({ dimensions: draft.dimensions.filter((each) => each.name !== own.name) })}
            >
              {say("action.delete")}
            </Button>
          </Space>
        );
      })}
      {form && known.length === 0 ? <Empty image={null} description={say("new.dimensions.none")} /> : null}
      <Button
        size="small"
        disabled={free.length === 0 || draft.dimensions.length >= DIMENSIONS_MAX}
        onClick={() => (free[0] ? change({ dimensions: [...draft.dimensions, { name: free[0].name, as_task: false }] }) : undefined)}
      >
        {say("new.dimensions.add")}
      </Button>
    </Layout.Item>
  );
}
