/** The daemon's own words for what it sends, by the names of its document. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Alert = Schemas["Alert"];
export type Assessment = Schemas["Assessment"];
export type AttributionStatus = Schemas["AttributionStatus"];
export type Band = Schemas["Band"];
export type Baseline = Schemas["Baseline"];
export type CameraReport = Schemas["CameraReport"];
export type ChartPoint = Schemas["ChartPoint"];
export type Contributor = Schemas["Contributor"];
export type DailyLoad = Schemas["DailyLoad"];
export type EnvironmentReport = Schemas["EnvironmentReport"];
export type CorrectionRecord = Schemas["CorrectionRecord"];
export type FeatureValue = Schemas["FeatureValue"];
export type FusedValue = Schemas["FusedValue"];
export type Index = Schemas["Index"];
export type Level = Schemas["Level"];
export type MoundReport = Schemas["MoundReport"];
export type PitchRecord = Schemas["PitchRecord"];
export type PitchShown = Schemas["PitchShown"];
export type Pitcher = Schemas["Pitcher"];
export type Place = Schemas["Place"];
export type ProblemDetails = Schemas["ProblemDetails"];
export type Proposal = Schemas["Proposal"];
export type Readiness = Schemas["Readiness"];
export type Report = Schemas["Report"];
export type SourceStatus = Schemas["SourceStatus"];
export type Staff = Schemas["Staff"];
export type StaffRow = Schemas["StaffRow"];
export type State = Schemas["State"];
export type StatusReport = Schemas["StatusReport"];
export type TrendPoint = Schemas["TrendPoint"];
export type Unit = Schemas["Unit"];
export type UpstreamStatus = Schemas["UpstreamStatus"];
export type Usual = Schemas["Usual"];
export type VerdictAbsent = Schemas["VerdictAbsent"];
export type WorkloadReport = Schemas["WorkloadReport"];

/** Whatever comes over `/api/live`. */
export type LiveMessage = Schemas["SnapshotMessage"] | Schemas["Beat"] | Schemas["Numbered"];
