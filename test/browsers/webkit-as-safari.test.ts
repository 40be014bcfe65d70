import { testBrowser } from "./suite.ts";

testBrowser("WebKitGTK with Safari's features");
