import { testBrowser } from "./suite.ts";

testBrowser("WebKitGTK");
