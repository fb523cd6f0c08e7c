/** Tokens for programs: what each may, when it was used, a new one, revoking. */
import { useQuery } from "@tanstack/react-query";
import { Button, Card, Table, type TableColumnsType } from "antd";
import { useState } from "react";

import { api, body, type Schemas } from "../../api/client";
import { Problem } from "../../kit/problem";
import { NOTHING_YET, when } from "../../kit/shown";
import { useWords } from "../../words/say";
import { Sure } from "./revoke";
import { TokenNew } from "./token-new";
import { account } from "./words";

type Token = Schemas["Token"];

const end = (id: string) => api.DELETE("/api/v1/tokens/{id}", { params: { path: { id } } });

export function Tokens() {
  const { say, label, lang } = useWords(account);
  const [making, setMaking] = useState(false);
  const found = useQuery({ queryKey: ["tokens"], queryFn: () => body(api.GET("/api/v1/tokens")) });
  const columns: TableColumnsType<Token> = [
    { title: say("column.name"), dataIndex: "name" },
    { title: say("token.scopes"), render: (_, row) => row.scopes.map((each) => label("scope", each)).join(say("token.and")) },
    { title: say("column.created"), render: (_, row) => when(row.created_at, lang) },
    { title: say("session.expires"), render: (_, row) => when(row.expires_at, lang) },
    { title: say("token.used"), render: (_, row) => (row.used_at === null ? say("token.never") : when(row.used_at, lang)) },
    {
      title: say("column.actions"),
      render: (_, row) => (
        <Sure topic="tokens" word={say("token.revoke")} called={row.name} ask={say("token.ask", { name: row.name })} end={() => end(row.id)} />
      ),
    },
  ];
  return (
    <Card
      size="small"
      title={<h2>{say("token.title")}</h2>}
      extra={<Button onClick={() => setMaking(true)}>{say("token.new")}</Button>}
    >
      <p>{say("token.why")}</p>
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      <Table<Token>
        rowKey="id"
        size="small"
        columns={columns}
        dataSource={found.data?.items ?? []}
        loading={found.isPending}
        pagination={false}
        scroll={found.isPending ? {} : { x: "max-content" }}
        locale={{ emptyText: found.isPending ? NOTHING_YET : say("list.empty") }}
      />
      {making ? <TokenNew close={() => setMaking(false)} /> : null}
    </Card>
  );
}
