/**
 * What people ask of the service and what it answers, as one file, so that the topics share one theatre: a laptop AWS whose functions
 * are warm after the first rollback. One topic alone: npx vitest run --project e2e -t '<words of its tests>'.
 */
import './main-job.e2e.ts';
import './requests.e2e.ts';
import './log.e2e.ts';
import './frontend.e2e.ts';
// Last, as it freezes the whole service for a moment.
import './refusals.e2e.ts';
