/** What stands around every page: menu, language, theme, who is signed in, whether the page is live. */
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Layout, Menu, type MenuProps } from "antd";

import { useWords } from "../words/say";
import { AccountMenu } from "./account-menu";
import { Live } from "./live";
import { ENTRIES, type Entry, entryOf, PATHS } from "./menu";
import { useScrollByKeyboard } from "./scroll-by-keyboard";
import { useTheme } from "./theme-context";
import { Tools } from "./tools";

export function Shell() {
  const { say } = useWords();
  const theme = useTheme();
  useScrollByKeyboard(say("list.wide"));
  const path = useRouterState({ select: (state) => state.location.pathname });
  const here = entryOf(path, PATHS);
  const item = (entry: Entry): NonNullable<MenuProps["items"]>[number] =>
    entry.inside
      ? { key: entry.to, icon: entry.icon, label: say(entry.word), children: entry.inside.map(item) }
      : { key: entry.to, icon: entry.icon, label: <Link to={entry.to}>{say(entry.word)}</Link> };
  return (
    <Layout className="shell">
      <a className="skip" href="#content">
        {say("app.skip")}
      </a>
      <Layout.Header className="head">
        <span className="brand">{say("app.name")}</span>
        <span className="grow" />
        <Live />
        <Tools />
        <AccountMenu />
      </Layout.Header>
      <Layout>
        <Layout.Sider width={208} theme={theme.mode} breakpoint="lg" collapsedWidth={0}>
          <nav aria-label={say("app.menu")}>
            <Menu
              mode="inline"
              selectedKeys={here === null ? [] : [here]}
              defaultOpenKeys={ENTRIES.filter((each) => each.inside).map((each) => each.to)}
              items={ENTRIES.map(item)}
            />
          </nav>
        </Layout.Sider>
        <Layout.Content id="content" tabIndex={-1} className="content" role="main">
          <Outlet />
        </Layout.Content>
      </Layout>
    </Layout>
  );
}
