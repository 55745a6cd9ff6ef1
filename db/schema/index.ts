// Every table of every noun, for queries that join across nouns. Not an entry to the nouns' rules.
export * from "./accounts";
export * from "./audit";
export * from "./clouds";
export * from "./consoles";
export * from "./courses";
export * from "./executor";
export * from "./experiments";
export * from "./templates";
export * from "./workspaces";
