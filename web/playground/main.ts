import { byId } from "./elements/dom.ts";
import { Playground } from "./playground.ts";

new Playground().start(byId("editor"));
