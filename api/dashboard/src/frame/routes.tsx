/** Every page and its address; what a page shows stands in its address, so that a link shows it again. */
import { CatchBoundary, createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { listSearch } from "../kit/list-search";
import { datasetSearch, newSearch as newDatasetSearch } from "../pages/datasets/search";
import { newSearch as newConversionSearch } from "../pages/jobs/conversion-form";
import { comparisonQuery } from "../pages/compare/comparison";
import { compareSearch, said } from "../pages/compare/search";
import { jobSearch } from "../pages/jobs/job-search";
import { tronSearch } from "../pages/models/search";
import { auditSearch } from "../pages/people/audit-search";
import { structureSearch } from "../pages/structures/search";
import { diffSearch, templateSearch } from "../pages/templates/search";
import { newSearch, resultSearch, testsSearch } from "../pages/tests/search";
import { spokenLang } from "../words/say";
import { Missing } from "./missing";
import { queries } from "./queries";
import { Shell } from "./shell";

const root = createRootRoute({ notFoundComponent: Missing });

const own = createRoute({
  getParentRoute: () => root,
  path: "/account",
  component: lazyRouteComponent(() => import("../pages/account/account"), "OwnAccount"),
});
const accounts = createRoute({
  getParentRoute: () => root,
  path: "/accounts",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("../pages/people/accounts"), "Accounts"),
});
const audit = createRoute({
  getParentRoute: () => root,
  path: "/audit",
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import("../pages/people/audit"), "Audit"),
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("../pages/home/home"), "Home"),
});
const pth = createRoute({
  getParentRoute: () => root,
  path: "/models/pth",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("../pages/models/pth-list"), "PthList"),
});
const nvidia = createRoute({
  getParentRoute: () => root,
  path: "/models/nvidia",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("../pages/models/tron-list"), "NvidiaList"),
});
const ascend = createRoute({
  getParentRoute: () => root,
  path: "/models/ascend",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("../pages/models/tron-list"), "AscendList"),
});
const datasets = createRoute({
  getParentRoute: () => root,
  path: "/datasets",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("../pages/datasets/dataset-list"), "DatasetList"),
});
const datasetNew = createRoute({
  getParentRoute: () => root,
  path: "/datasets/new",
  validateSearch: newDatasetSearch,
  component: lazyRouteComponent(() => import("../pages/datasets/new-page"), "NewPage"),
});
const dataset = createRoute({
  getParentRoute: () => root,
  path: "/datasets/$id",
  validateSearch: datasetSearch,
  component: lazyRouteComponent(() => import("../pages/datasets/dataset-page"), "DatasetPage"),
});
const tests = createRoute({
  getParentRoute: () => root,
  path: "/tests",
  validateSearch: testsSearch,
  component: lazyRouteComponent(() => import("../pages/tests/tests-list"), "TestsList"),
});
const testNew = createRoute({
  getParentRoute: () => root,
  path: "/tests/new",
  validateSearch: newSearch,
  component: lazyRouteComponent(() => import("../pages/tests/new-page"), "NewPage"),
});
const test = createRoute({
  getParentRoute: () => root,
  path: "/tests/$id",
  validateSearch: resultSearch,
  component: lazyRouteComponent(() => import("../pages/tests/result-page"), "ResultPage"),
});
const quickChecks = createRoute({
  getParentRoute: () => root,
  path: "/quick-checks",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("../pages/tests/quick-checks"), "QuickChecks"),
});
const quickCheck = createRoute({
  getParentRoute: () => root,
  path: "/quick-checks/$id",
  validateSearch: resultSearch,
  component: lazyRouteComponent(() => import("../pages/tests/quick-check"), "QuickCheckPage"),
});
const parities = createRoute({
  getParentRoute: () => root,
  path: "/parities",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("../pages/tests/parities"), "Parities"),
});
const parity = createRoute({
  getParentRoute: () => root,
  path: "/parities/$id",
  component: lazyRouteComponent(() => import("../pages/tests/parity-page"), "ParityPage"),
});

const conversions = createRoute({
  getParentRoute: () => root,
  path: "/conversions",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("../pages/jobs/conversions"), "Conversions"),
});
const conversionNew = createRoute({
  getParentRoute: () => root,
  path: "/conversions/new",
  validateSearch: newConversionSearch,
  component: lazyRouteComponent(() => import("../pages/jobs/conversion-new"), "ConversionNew"),
});
const job = createRoute({
  getParentRoute: () => root,
  path: "/jobs/$id",
  validateSearch: jobSearch,
  component: lazyRouteComponent(() => import("../pages/jobs/job-page"), "JobPage"),
});
const system = createRoute({
  getParentRoute: () => root,
  path: "/system",
  component: lazyRouteComponent(() => import("../pages/system/system"), "System"),
});

const pthOne = createRoute({
  getParentRoute: () => root,
  path: "/models/pth/$id",
  component: lazyRouteComponent(() => import("../pages/models/pth"), "PthPage"),
});
const tron = createRoute({
  getParentRoute: () => root,
  path: "/models/trons/$id",
  validateSearch: tronSearch,
  component: lazyRouteComponent(() => import("../pages/models/tron"), "TronPage"),
});
const structures = createRoute({
  getParentRoute: () => root,
  path: "/structures",
  validateSearch: structureSearch,
  component: lazyRouteComponent(() => import("../pages/structures/structure-list"), "StructureList"),
});
const structure = createRoute({
  getParentRoute: () => root,
  path: "/structures/$id",
  component: lazyRouteComponent(() => import("../pages/structures/structure"), "StructurePage"),
});
const templates = createRoute({
  getParentRoute: () => root,
  path: "/templates",
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import("../pages/templates/template-list"), "TemplateList"),
});
const templateNew = createRoute({
  getParentRoute: () => root,
  path: "/templates/new",
  validateSearch: templateSearch,
  component: lazyRouteComponent(() => import("../pages/templates/template-new"), "TemplateNew"),
});
const templateDiff = createRoute({
  getParentRoute: () => root,
  path: "/templates/diff",
  validateSearch: diffSearch,
  component: lazyRouteComponent(() => import("../pages/templates/diff"), "TemplateDiffPage"),
});
const template = createRoute({
  getParentRoute: () => root,
  path: "/templates/$id",
  validateSearch: templateSearch,
  component: lazyRouteComponent(() => import("../pages/templates/template"), "TemplatePage"),
});
const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare",
  validateSearch: compareSearch,
  loaderDeps: ({ search }) => ({ tasks: search.tasks, base: search.base }),
  // asked for while the page's scripts are on their way; the page waits for it itself
  loader: ({ deps }) => {
    const asked = comparisonQuery(said(deps), spokenLang());
    if (asked.enabled) void queries.prefetchQuery(asked);
  },
  component: lazyRouteComponent(() => import("../pages/compare/compare-page"), "ComparePage"),
});

const pages = [
  own,
  accounts,
  audit,
  home,
  pth,
  pthOne,
  tron,
  nvidia,
  ascend,
  conversions,
  conversionNew,
  job,
  structures,
  structure,
  templates,
  templateNew,
  templateDiff,
  template,
  system,
  tests,
  testNew,
  test,
  quickChecks,
  quickCheck,
  parities,
  parity,
  datasets,
  datasetNew,
  dataset,
  compare,
];

/** What goes wrong in the shell is said like what goes wrong in a page. */
function Guarded({ children }: { children: ReactNode }) {
  return (
    <CatchBoundary getResetKey={() => "shell"}>
      <Shell>{children}</Shell>
    </CatchBoundary>
  );
}

/** The shell stands around all pages; it is there while the scripts of a page are still on their way. */
export const router = createRouter({ routeTree: root.addChildren(pages), defaultPreload: "intent", InnerWrap: Guarded });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
