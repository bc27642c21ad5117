/**
 * What starts a rollback and what holds it, alarms and approvals, and all parts of an application in one; one file, so that the topics
 * share one theatre. Data and configuration alone, and what may go wrong with them: data-faults, database-faults.
 */
import './alarms.e2e.ts';
import './approvals.e2e.ts';
import './full.e2e.ts';
