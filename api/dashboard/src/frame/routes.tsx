/** Every page and its address; what a page shows stands in its address, so that a link shows it again. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

import { listSearch } from "../kit/list-search";
import { Missing } from "./missing";
import { Shell } from "./shell";

const root = createRootRoute({ component: Shell, notFoundComponent: Missing });

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

export const router = createRouter({ routeTree: root.addChildren([home, pth, nvidia, ascend]), defaultPreload: "intent" });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
