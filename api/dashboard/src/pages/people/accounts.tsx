/** All accounts, for admins: who may what, who may sign in, a password for whoever forgot theirs. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { App, Button, Modal, Select, Space, type TableColumnsType, Tag } from "antd";
import { useState } from "react";

import { api, body, type Schemas } from "../../api/client";
import { useSession } from "../../frame/session-context";
import { Copied } from "../../kit/copy";
import { Listing } from "../../kit/listing";
import { Problem, toldOf } from "../../kit/problem";
import { when } from "../../kit/shown";
import { useWords } from "../../words/say";
import { Sure } from "../account/revoke";
import { people } from "./words";

type Account = Schemas["Account"];
type Role = Account["role"];

const ROLES: readonly Role[] = ["viewer", "engineer", "releaser", "admin"];
const KEEP = { name: null, role: null, active: null } as const;

function change(account: Account, wish: Partial<Schemas["AccountEdit"]>) {
  const params = { path: { id: account.id }, header: { "If-Match": account.etag } };
  return body(api.PATCH("/api/v1/accounts/{id}", { params, body: { ...KEEP, ...wish } }));
}

export function Accounts() {
  const { say, lang } = useWords(people);
  const search = useSearch({ from: "/accounts" });
  const columns: TableColumnsType<Account> = [
    { title: say("people.login"), dataIndex: "login" },
    { title: say("people.name"), dataIndex: "name" },
    { title: say("people.role"), render: (_, row) => <RoleOf key={row.etag} row={row} /> },
    {
      title: say("column.state"),
      render: (_, row) => (
        <>
          <Tag color={row.active ? "success" : "default"}>{say(row.active ? "people.active" : "people.inactive")}</Tag>
          {row.password_once ? <Tag color="warning">{say("people.once")}</Tag> : null}
        </>
      ),
    },
    { title: say("column.created"), render: (_, row) => when(row.created_at, lang) },
  ];
  return (
    <Listing<Account>
      name={["accounts", "all"]}
      title={say("account.all")}
      search={search}
      scoped={false}
      searched={say("people.search")}
      ask={({ mine: _, ...asked }) => body(api.GET("/api/v1/accounts", { params: { query: asked } }))}
      columns={columns}
      head={<Link to="/audit">{say("account.audit")}</Link>}
      actions={(row) => <Actions row={row} />}
    />
  );
}

function RoleOf({ row }: { row: Account }) {
  const { say, label } = useWords(people);
  const { message } = App.useApp();
  const queries = useQueryClient();
  const sent = useMutation({
    mutationFn: (role: Role) => change(row, { role }),
    onSuccess: () => void message.success(say("edit.done")),
    onError: (error) => {
      const told = toldOf(error, say);
      void message.error(`${told.title}${told.detail}`);
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: ["accounts"] }),
  });
  return (
    <Select<Role>
      size="small"
      style={{ width: 120 }}
      aria-label={`${say("people.role")} ${row.login}`}
      value={sent.isPending ? sent.variables : row.role}
      loading={sent.isPending}
      options={ROLES.map((role) => ({ value: role, label: label("role", role) }))}
      onChange={(role) => sent.mutate(role)}
    />
  );
}

function Actions({ row }: { row: Account }) {
  const { say } = useWords(people);
  const { account } = useSession();
  const [resetting, setResetting] = useState(false);
  if (row.id === account.id) return <Link to="/account">{say("account.own")}</Link>;
  const word = say(row.active ? "people.disable" : "people.enable");
  return (
    <Space size="small">
      <Sure
        topic="accounts"
        word={word}
        called={row.login}
        ask={say(row.active ? "people.disable_ask" : "people.enable_ask", { login: row.login })}
        end={() => change(row, { active: !row.active })}
        danger={row.active}
      />
      <Button type="link" size="small" aria-label={`${say("people.reset")} ${row.login}`} onClick={() => setResetting(true)}>
        {say("people.reset")}
      </Button>
      {resetting ? <Reset row={row} close={() => setResetting(false)} /> : null}
    </Space>
  );
}

function Reset({ row, close }: { row: Account; close: () => void }) {
  const { say, lang } = useWords(people);
  const queries = useQueryClient();
  const made = useMutation({
    mutationFn: () => body(api.POST("/api/v1/accounts/{id}/password", { params: { path: { id: row.id } } })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["accounts"] }),
  });
  return (
    <Modal
      open
      title={`${say("people.reset")} · ${row.login}`}
      okText={made.data ? say("people.given") : say("people.reset")}
      cancelText={say("action.cancel")}
      confirmLoading={made.isPending}
      onOk={() => (made.data ? close() : made.mutate())}
      onCancel={close}
    >
      {made.data ? (
        <>
          <p>{say("people.reset_done", { time: when(made.data.expires_at, lang) })}</p>
          <Copied text={made.data.password} label={say("people.once")} />
        </>
      ) : (
        <p>{say("people.reset_ask", { login: row.login })}</p>
      )}
      {made.isError ? <Problem error={made.error} /> : null}
    </Modal>
  );
}
