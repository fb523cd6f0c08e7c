/** The browsers that one is signed in with; each but this one can be signed out from here. */
import { useQuery } from "@tanstack/react-query";
import { Card, Table, type TableColumnsType, Tag } from "antd";

import { api, body, type Schemas } from "../../api/client";
import { Problem } from "../../kit/problem";
import { NOTHING_YET, short, when } from "../../kit/shown";
import { useWords } from "../../words/say";
import { Sure } from "./revoke";
import { account } from "./words";

type Open = Schemas["OpenSession"];

const end = (id: string) => api.DELETE("/api/v1/sessions/{id}", { params: { path: { id } } });

export function Sessions() {
  const { say, lang } = useWords(account);
  const found = useQuery({ queryKey: ["sessions"], queryFn: () => body(api.GET("/api/v1/sessions")) });
  const columns: TableColumnsType<Open> = [
    {
      title: say("session.client"),
      render: (_, row) => (
        <>
          {row.client || "—"} {row.current ? <Tag color="success">{say("session.current")}</Tag> : null}
        </>
      ),
    },
    { title: say("session.address"), dataIndex: "address" },
    { title: say("session.seen"), render: (_, row) => when(row.seen_at, lang) },
    { title: say("session.expires"), render: (_, row) => when(row.expires_at, lang) },
    {
      title: say("column.actions"),
      fixed: "right",
      render: (_, row) =>
        row.current ? null : (
          <Sure
            topic="sessions"
            word={say("account.sign_out")}
            called={short(row.id)}
            ask={say("session.ask")}
            end={() => end(row.id)}
          />
        ),
    },
  ];
  return (
    <Card size="small" title={<h2>{say("session.title")}</h2>}>
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      <Table<Open>
        rowKey="id"
        size="small"
        columns={columns}
        dataSource={found.data?.items ?? []}
        loading={found.isPending}
        pagination={false}
        scroll={{ x: "max-content" }}
        locale={{ emptyText: NOTHING_YET }}
      />
    </Card>
  );
}
