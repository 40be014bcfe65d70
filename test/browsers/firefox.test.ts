import { testBrowser } from "./suite.ts";

testBrowser("Firefox");
