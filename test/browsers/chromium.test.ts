import { testBrowser } from "./suite.ts";

testBrowser("Chromium");
