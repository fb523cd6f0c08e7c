/** What stands around every page: menu, language, theme, whether the page is live. */
import { BgColorsOutlined } from "@ant-design/icons";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Badge, Button, Layout, Menu, type MenuProps } from "antd";
import { useLive } from "../api/live";
import { useWords } from "../words/say";
import { ENTRIES, type Entry, entryOf, PATHS } from "./menu";
import { useTheme } from "./theme-context";

function Live() {
  const state = useLive();
  const { say } = useWords();
  return (
    <span role="status">
      <Badge status={state === "open" ? "success" : "error"} text={say(`live.${state}`)} />
    </span>
  );
}

export function Shell() {
  const { say, lang, use } = useWords();
  const theme = useTheme();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const item = (entry: Entry): NonNullable<MenuProps["items"]>[number] =>
    entry.inside
      ? { key: entry.to, icon: entry.icon, label: say(entry.word), children: entry.inside.map(item) }
      : { key: entry.to, icon: entry.icon, label: <Link to={entry.to}>{say(entry.word)}</Link> };
  const other = theme.mode === "dark" ? "light" : "dark";
  return (
    <Layout className="shell">
      <a className="skip" href="#content">
        {say("app.skip")}
      </a>
      <Layout.Header className="head">
        <span className="brand">{say("app.name")}</span>
        <span className="grow" />
        <Live />
        <Button
          type="text"
          icon={<BgColorsOutlined aria-hidden />}
          aria-label={say(`app.theme.${other}`)}
          onClick={() => theme.use(other)}
        />
        <Button type="text" lang={lang === "zh" ? "en" : "zh-CN"} onClick={() => use(lang === "zh" ? "en" : "zh")}>
          {say("app.language")}
        </Button>
      </Layout.Header>
      <Layout>
        <Layout.Sider width={208} theme={theme.mode} breakpoint="lg" collapsedWidth={0}>
          <nav aria-label={say("app.menu")}>
            <Menu
              mode="inline"
              selectedKeys={[entryOf(path, PATHS)]}
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
