import { describeSink } from "./behaviour.ts";
import { diskPlace, mapPlace, memPlace, treePlace } from "./places.ts";

describeSink("a Map", mapPlace);
describeSink("a tree", treePlace);
describeSink("memfs", memPlace);
describeSink("a disk", diskPlace);
