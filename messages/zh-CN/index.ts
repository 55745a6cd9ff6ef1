import accounts from "./accounts.json";
import attemptsCloud from "./attempts.cloud.json";
import attemptsHome from "./attempts.home.json";
import attempts from "./attempts.json";
import clouds from "./clouds.json";
import collections from "./collections.json";
import collectionsRestore from "./collections.restore.json";
import consoles from "./consoles.json";
import consolesTerminal from "./consoles.terminal.json";
import costs from "./costs.json";
import courses from "./courses.json";
import desktop from "./desktop.json";
import errorsAccounts from "./errors.accounts.json";
import errorsAttempts from "./errors.attempts.json";
import errorsClouds from "./errors.clouds.json";
import errorsCollections from "./errors.collections.json";
import errorsCommon from "./errors.common.json";
import errorsConsoles from "./errors.consoles.json";
import errorsCosts from "./errors.costs.json";
import errorsCourses from "./errors.courses.json";
import errorsHome from "./errors.home.json";
import errorsHomefiles from "./errors.homefiles.json";
import errorsHosts from "./errors.hosts.json";
import errorsInstances from "./errors.instances.json";
import errorsJobs from "./errors.jobs.json";
import errorsRecordings from "./errors.recordings.json";
import errorsTerminal from "./errors.terminal.json";
import errorsWarm from "./errors.warm.json";
import errorsWatches from "./errors.watches.json";
import errorsWorkspaces from "./errors.workspaces.json";
import experiments from "./experiments.json";
import frame from "./frame.json";
import homefiles from "./homefiles.json";
import hosts from "./hosts.json";
import jobs from "./jobs.json";
import recordings from "./recordings.json";
import templatesCloud from "./templates.cloud.json";
import templates from "./templates.json";
import ui from "./ui.json";
import uiTerminal from "./ui.terminal.json";
import warmCloud from "./warm.cloud.json";
import warm from "./warm.json";
import watches from "./watches.json";
import workspacesCloud from "./workspaces.cloud.json";
import workspacesInside from "./workspaces.inside.json";
import workspaces from "./workspaces.json";
import workspacesPause from "./workspaces.pause.json";
import workspacesReset from "./workspaces.reset.json";
import workspacesUnsaved from "./workspaces.unsaved.json";

export default {
  accounts,
  "attempts.cloud": attemptsCloud,
  "attempts.home": attemptsHome,
  attempts,
  clouds,
  collections,
  "collections.restore": collectionsRestore,
  consoles,
  "consoles.terminal": consolesTerminal,
  costs,
  courses,
  desktop,
  "errors.accounts": errorsAccounts,
  "errors.attempts": errorsAttempts,
  "errors.clouds": errorsClouds,
  "errors.collections": errorsCollections,
  "errors.common": errorsCommon,
  "errors.consoles": errorsConsoles,
  "errors.costs": errorsCosts,
  "errors.courses": errorsCourses,
  "errors.home": errorsHome,
  "errors.homefiles": errorsHomefiles,
  "errors.hosts": errorsHosts,
  "errors.instances": errorsInstances,
  "errors.jobs": errorsJobs,
  "errors.recordings": errorsRecordings,
  "errors.terminal": errorsTerminal,
  "errors.warm": errorsWarm,
  "errors.watches": errorsWatches,
  "errors.workspaces": errorsWorkspaces,
  experiments,
  frame,
  homefiles,
  hosts,
  jobs,
  recordings,
  "templates.cloud": templatesCloud,
  templates,
  ui,
  "ui.terminal": uiTerminal,
  "warm.cloud": warmCloud,
  warm,
  watches,
  "workspaces.cloud": workspacesCloud,
  "workspaces.inside": workspacesInside,
  workspaces,
  "workspaces.pause": workspacesPause,
  "workspaces.reset": workspacesReset,
  "workspaces.unsaved": workspacesUnsaved,
};
