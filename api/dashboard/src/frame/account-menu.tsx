/** Who is signed in, at the head of every page: name and role, own page, accounts, signing out. */
import { DownOutlined } from "@ant-design/icons";
import { Link } from "@tanstack/react-router";
import { App, Button, Dropdown, type MenuProps } from "antd";

import { toldOf } from "../kit/problem";
import { useWords } from "../words/say";
import { useSession } from "./session-context";

export function AccountMenu() {
  const { say, label } = useWords();
  const { message } = App.useApp();
  const { account, can, signOut } = useSession();
  const out = () => signOut().catch((error: Error) => void message.error(toldOf(error, say).title));
  const forAdmins = [
    { key: "accounts", label: <Link to="/accounts">{say("account.all")}</Link> },
    { key: "audit", label: <Link to="/audit">{say("account.audit")}</Link> },
  ];
  const items: MenuProps["items"] = [
    {
      key: "who",
      type: "group",
      label: `${account.login} · ${label("role", account.role)}`,
      children: [
        { key: "own", label: <Link to="/account">{say("account.own")}</Link> },
        ...(can("admin") ? forAdmins : []),
        { key: "out", label: say("account.sign_out"), onClick: () => void out() },
      ],
    },
  ];
  return (
    <Dropdown menu={{ items }} trigger={["click"]} autoFocus>
      <Button type="text" className="who" aria-haspopup="menu" aria-label={`${say("account.menu")} ${account.name}`}>
        <span className="who-name">{account.name}</span>
        <DownOutlined aria-hidden />
      </Button>
    </Dropdown>
  );
}
