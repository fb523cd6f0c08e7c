/** The dictionary: its lists with their defaults, each edited as a whole; what another one did meanwhile is not lost. */
import { Button, Card, Form, Input, Select, Tag } from "antd";
import { useState } from "react";

import { api, body } from "../../api/client";
import { useSession } from "../../frame/session-context";
import { useDictionary } from "../../kit/dictionary";
import { FormDialog } from "../../kit/form-dialog";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { entriesOf, isPreset, type List, type Row, rowsOf } from "./entries";
import { system } from "./words";

function Rows({ list, rows, change }: { list: List; rows: Row[]; change: (rows: Row[]) => void }) {
  const { say } = useWords(system);
  const edit = (key: number, some: Partial<Row>) => change(rows.map((row) => (row.key === key ? { ...row, ...some } : row)));
  return (
    <>
      {rows.map((row, index) => (
        <div key={row.key} className="entry-row">
          <Input
            aria-label={`${say("column.name")} ${index + 1}`}
            maxLength={100}
            value={row.name}
            onChange={(event) => edit(row.key, { name: event.target.value })}
          />
          {isPreset(list) ? (
            <Input
              aria-label={`${say("dictionary.values")} ${index + 1}`}
              value={row.values}
              onChange={(event) => edit(row.key, { values: event.target.value })}
            />
          ) : null}
          <Button
            aria-label={`${say("dictionary.remove")} ${row.name}`}
            onClick={() => change(rows.filter((each) => each.key !== row.key))}
          >
            {say("dictionary.remove")}
          </Button>
        </div>
      ))}
      <Button onClick={() => change([...rows, { key: Math.max(-1, ...rows.map((row) => row.key)) + 1, name: "", values: "" }])}>
        {say("dictionary.add")}
      </Button>
    </>
  );
}

function Edit({ list, close }: { list: List; close: () => void }) {
  const { say, label } = useWords(system);
  const [form] = Form.useForm<{ default: string }>();
  const [rows, setRows] = useState(() => rowsOf(list));
  const names = rows.map((row) => row.name.trim()).filter(Boolean);
  const save = (fields: { default: string }) =>
    body(
      api.PUT("/api/v1/dictionary/{name}", {
        params: { path: { name: list.name }, header: { "If-Match": list.etag } },
        body: { entries: entriesOf(rows), default: fields.default },
      }),
    );
  return (
    <FormDialog
      title={say("dictionary.edit", { list: label("dictionary", list.name) })}
      form={form}
      initial={{ default: list.default }}
      topic="dictionary"
      save={save}
      done={say("dictionary.saved")}
      close={close}
    >
      <Rows list={list} rows={rows} change={setRows} />
      <Form.Item name="default" label={say("dictionary.default")} rules={[{ required: true, message: say("field.required") }]}>
        <Select aria-label={say("dictionary.default")} options={names.map((name) => ({ value: name, label: name }))} />
      </Form.Item>
    </FormDialog>
  );
}

export function DictionaryLists() {
  const { say, label } = useWords(system);
  const { can } = useSession();
  const found = useDictionary();
  const [editing, setEditing] = useState<List | null>(null);
  return (
    <Card size="small" title={<h2>{say("dictionary.title")}</h2>}>
      <p>{say("dictionary.about")}</p>
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      {[...(found.data?.values() ?? [])].map((list) => (
        <div key={list.name} className="entry-list">
          <h3>{label("dictionary", list.name)}</h3>
          <div>
            {list.entries.map((entry) => (
              <Tag key={entry.name} {...(entry.name === list.default ? { color: "processing" } : {})}>
                {entry.name}
                {entry.values.length > 0 ? ` = ${entry.values.join(", ")}` : ""}
                {entry.name === list.default ? `（${say("dictionary.default")}）` : ""}
              </Tag>
            ))}
          </div>
          <Button
            size="small"
            disabled={!can("admin")}
            title={can("admin") ? "" : say("dictionary.admins")}
            aria-label={say("dictionary.edit", { list: label("dictionary", list.name) })}
            onClick={() => setEditing(list)}
          >
            {say("action.edit")}
          </Button>
        </div>
      ))}
      {editing ? <Edit list={editing} close={() => setEditing(null)} /> : null}
    </Card>
  );
}
